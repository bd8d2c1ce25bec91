// Configuration of agents, as installers keep it in ConfigMaps.
import { parse } from "yaml";
import { type Dumped, textAt } from "./dumped.ts";

export function configMap(objects: readonly Dumped[], name: string, key: string): string | undefined {
  const found = objects.find((object) => object.kind === "ConfigMap" && object.name === name);
  return textAt(found?.value, "data", key);
}

/** A configuration file inside a ConfigMap; undefined where it is none. */
export function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return parse(text) as unknown;
  } catch {
    return undefined;
  }
}
