// Which of the modelled matches and targets the programs and the kernel of this machine have: each is asked for with a few rules.

import { Random } from "@kubehop/sim";
import type { Hook, Table } from "../fuzz/rule-samples.ts";
import { TABLE_HOOKS } from "../fuzz/rule-samples.ts";
import type { RealKernel } from "../live/real-kernel.ts";
import type { Draw } from "./match-draws.ts";
import { MATCH_DRAWS } from "./match-draws.ts";
import type { RuleKit } from "./rule-state.ts";
import { TARGET_DRAWS } from "./target-draws.ts";
import { loadReal } from "./trip.ts";
import { Words } from "./words.ts";

const TRIES = 6;

export function knownHere(real: RealKernel): { readonly kit: RuleKit; readonly refused: readonly string[] } {
  const refused: string[] = [];
  const known = (draws: Readonly<Record<string, Draw>>, letter: "m" | "j"): string[] =>
    Object.entries(draws).flatMap(([name, draw]) => {
      const errors = (["legacy", "nft"] as const).map((kind) => firstError(real, kind, `-${letter} ${name}`, draw));
      const error = errors.find((one) => one !== null);
      if (error === undefined) return [name];
      refused.push(`-${letter} ${name}: ${error}`);
      return [];
    });
  return { kit: { matches: known(MATCH_DRAWS, "m"), targets: known(TARGET_DRAWS, "j") }, refused };
}

/** Null when one of several rules is taken. */
function firstError(real: RealKernel, kind: "legacy" | "nft", word: string, draw: Draw): string | null {
  const w = new Words(new Random(word));
  const [table, hook] = placeFor(draw);
  const protocol = draw.protocols?.[0] ?? null;
  let first: string | null = null;
  for (let i = 0; i < TRIES; i++) {
    const words = draw.words(w, { kind, table, hooks: [hook], protocol });
    const syn = word === "-j TCPMSS" ? " -m tcp --tcp-flags SYN,RST SYN" : "";
    const rule = `${protocol === null ? "" : ` -p ${protocol}`}${syn} ${word} ${words}`;
    const [answer] = loadReal(real, [{ kind, text: `*${table}\n-A ${hook}${rule}\nCOMMIT\n` }]);
    if (answer?.error === "") return null;
    first ??= answer?.error.split("\n", 1)[0] ?? "";
  }
  return first;
}

function placeFor(draw: Draw): [Table, Hook] {
  const tables = (draw.tables ?? ["mangle"]) as readonly Table[];
  for (const table of tables)
    for (const hook of TABLE_HOOKS[table]) if (draw.hooks?.includes(hook) !== false) return [table, hook];
  throw new Error("no place for it");
}
