// The one-line answers of `kubectl apply` and `kubectl delete`.
import type { Kind } from "../api/kinds.ts";
import type { ApplyResult } from "../controllers/control-plane.ts";
import { kubectlFlavour } from "./flavour.ts";
import { objectWord } from "./get.ts";

/** `service/web created`, before 1.11 `service "web" created`. */
export function applyLine(kind: Kind, name: string, result: ApplyResult, version: string): string {
  const subject = kubectlFlavour(version).slashNames
    ? `${objectWord(kind)}/${name}`
    : `${objectWord(kind)} ${JSON.stringify(name)}`;
  return `${subject} ${result}\n`;
}

/** `service "web" deleted`, from 1.34 on with the namespace. */
export function deleteLine(kind: Kind, namespace: string, name: string, version: string): string {
  const where = kubectlFlavour(version).deletedFrom && namespace !== "" ? ` from ${namespace} namespace` : "";
  return `${objectWord(kind)} ${JSON.stringify(name)} deleted${where}\n`;
}
