// Random rules on a kernel that cannot be told what to choose: a rule gets the probability 1 or 0 before it is asked.

import type { ConfigOp } from "@kubehop/netstack";
import type { Pin, ScriptItem } from "./script.ts";

/** Rule text whose random rules are all given this probability. */
export function withProbability(text: string, value: "0" | "1"): string {
  return text.replaceAll(/(?<=--probability )\S+/g, value);
}

export interface PinBatch {
  readonly ns: string;
  readonly ops: readonly ConfigOp[];
}

/** What the rules of one world are set to. */
export class PinBoard {
  /** By namespace, then by rule. */
  readonly #set = new Map<string, Map<string, boolean>>();

  /** Rules of a namespace were rewritten: nothing is known of them. */
  forget(item: Extract<ScriptItem, { kind: "config" }>): void {
    if (item.ops.some(({ op }) => op === "iptables" || op === "iptables-restore")) this.#set.delete(item.ns);
  }

  /** What has to be changed so that these rules answer as they did. */
  batches(pins: readonly Pin[]): PinBatch[] {
    return pins.flatMap((pin): PinBatch[] => {
      const rules = this.#set.get(pin.ns) ?? new Map<string, boolean>();
      const key = `${pin.backend} ${pin.table} ${pin.chain} ${pin.ruleNo}`;
      if (rules.get(key) === pin.hit) return [];
      this.#set.set(pin.ns, rules.set(key, pin.hit));
      return [{ ns: pin.ns, ops: [replaceRule(pin)] }];
    });
  }
}

function replaceRule({ backend, table, chain, ruleNo, text, hit }: Pin): ConfigOp {
  const rule = withProbability(text, hit ? "1" : "0");
  return {
    op: "iptables-restore",
    text: `*${table}\n-R ${chain} ${ruleNo}${rule}\nCOMMIT\n`,
    noflush: true,
    backend,
  };
}
