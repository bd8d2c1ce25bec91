/** Whole dumps of layouts 1.10 and 1.28, rule by rule. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderIptables } from "../../src/index.ts";
import { declaredChains, dumpRules } from "../support/canonical.ts";
import { GOLDEN_SERVICES, NODE } from "../support/services.ts";

/** Rules and chains of kube-proxy's own chains in a dump, per table. */
function golden(version: string, table: string): { rules: string[]; chains: string[] } {
  const text = readFileSync(new URL(`../support/golden/dump-${version}.txt`, import.meta.url), "utf8");
  const section = text.split("*").find((s) => s.startsWith(table)) ?? "";
  const lines = section.split("\n");
  return {
    rules: lines.filter((l) => l.startsWith("-A KUBE-")),
    // The canary is created by a separate call, not by the restore input.
    chains: lines.filter((l) => l.startsWith(":") && !l.includes("CANARY")).map((l) => l.slice(1).split(" ")[0] ?? ""),
  };
}

describe.each(["1.10", "1.28"])("layout %s", (version) => {
  const rendered = renderIptables({ version, node: NODE, services: GOLDEN_SERVICES });

  it.each(["nat", "filter"] as const)("table %s has the rules of the dump, in its order", (table) => {
    expect(dumpRules(rendered[table])).toEqual(golden(version, table).rules);
  });

  it.each(["nat", "filter"] as const)("table %s declares the chains of the dump", (table) => {
    expect(declaredChains(rendered[table])).toEqual(golden(version, table).chains);
  });
});
