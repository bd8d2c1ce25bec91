// What chance decides, decided by a script: one combination of the answers that random rules can give. A rule that is asked again in the
// same run (a SYN that is repeated) answers as before.

import type { PickRule } from "@kubehop/netstack";
import type { Cluster } from "./cluster.ts";

/** An answer that was given, and whether the other one is possible too. */
interface Given {
  readonly hit: boolean;
  readonly open: boolean;
}

export class Choices {
  readonly #script: readonly Given[];
  readonly #given: Given[] = [];
  readonly #known = new Map<string, boolean>();

  /** Without a script every rule that can be taken is. */
  constructor(script: readonly Given[] = []) {
    this.#script = script;
  }

  /** Random rules of all namespaces are answered from here until what is returned is called. */
  force({ world }: Pick<Cluster, "world">): () => void {
    const namespaces = [...world.namespaces.values()];
    for (const ns of namespaces)
      ns.xt.pick = (rule, { table, chain, ruleNo }) => this.#answer(`${ns.name} ${table} ${chain} ${ruleNo}`, rule);
    return () => {
      for (const ns of namespaces) ns.xt.pick = null;
    };
  }

  /** The next combination, by depth first search over the answers that were asked for; undefined: this was the last. */
  next(): Choices | undefined {
    const last = this.#given.findLastIndex(({ hit, open }) => hit && open);
    return last < 0 ? undefined : new Choices([...this.#given.slice(0, last), { hit: false, open: true }]);
  }

  #answer(place: string, rule: Parameters<PickRule>[0]): boolean {
    const known = this.#known.get(place);
    if (known !== undefined) return known;
    const given = this.#script[this.#given.length] ?? firstAnswer(rule.conditions);
    this.#given.push(given);
    this.#known.set(place, given.hit);
    return given.hit;
  }
}

/** To be taken, unless its probability is 0. */
function firstAnswer(conditions: string): Given {
  const [, not, probability] = /--mode random( !)? --probability ([\d.]+)/.exec(conditions) ?? [];
  const share = Number(probability);
  const certain = share === 0 || share === 1;
  return { hit: certain ? (share === 1) !== (not !== undefined) : true, open: !certain };
}
