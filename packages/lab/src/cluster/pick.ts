// Forcing a random endpoint choice. A choice is made among the rules of a chain of the nat table that lead to a DNAT and have a random
// match; it is forced where one of the chain's rules leads to the wanted address. All other random rules keep their chance.

import type { NetNamespace, PickRule, XtBackend } from "@kubehop/netstack";

type Rule = Parameters<PickRule>[0];
type Table = NonNullable<ReturnType<XtBackend["table"]>>;

/** How far a rule or chain leads. */
const NOWHERE = 0;
const TO_SOME_DNAT = 1;
const TO_THE_POD = 2;
type Reach = typeof NOWHERE | typeof TO_SOME_DNAT | typeof TO_THE_POD;

/** What a random rule is answered; "elsewhere": it chooses among other endpoints. */
type Answer = boolean | "elsewhere";

/** Choices are forced from its construction until `close`. */
export class EndpointPick {
  readonly #podIP: string;
  readonly #namespaces: readonly NetNamespace[];
  #leads = false;
  #used = false;
  #elsewhere: string | undefined;

  /** Rules are taken as they stand now. `podIP`: canonical text. */
  constructor(namespaces: readonly NetNamespace[], podIP: string) {
    this.#podIP = podIP;
    this.#namespaces = namespaces;
    for (const ns of namespaces) this.#pin(ns);
  }

  /** Some node has rules that lead to the pod. */
  get leads(): boolean {
    return this.#leads;
  }

  /** A choice was forced. */
  get used(): boolean {
    return this.#used;
  }

  /** `chain KUBE-SVC-… on node1`, whose random choice had no way to the pod; undefined: there was none. */
  get elsewhere(): string | undefined {
    return this.#elsewhere;
  }

  close(): void {
    for (const ns of this.#namespaces) ns.xt.pick = null;
  }

  #pin(ns: NetNamespace): void {
    const answers = new Map<Rule, Map<string, Answer>>();
    for (const name of ["nft", "legacy"] as const) {
      const table = ns.xt.uses(name) ? ns.xt.backend(name).table("nat") : undefined;
      if (table !== undefined) this.#resolve(table, answers);
    }
    ns.xt.pick = (rule, { table, chain }) => {
      const answer = table === "nat" ? answers.get(rule)?.get(chain) : undefined;
      if (answer === undefined) return undefined;
      if (answer === "elsewhere") {
        this.#elsewhere ??= `chain ${chain} on ${ns.name}`;
        return undefined;
      }
      this.#used = true;
      return answer;
    };
  }

  #resolve(table: Table, answers: Map<Rule, Map<string, Answer>>): void {
    const reaches = new Reaches(table, this.#podIP);
    for (const [name, { rules }] of table.chains) {
      const here = reaches.ofChain(name);
      if (here === TO_THE_POD) this.#leads = true;
      for (const rule of rules) {
        const reach = isRandom(rule) ? reaches.ofRule(rule) : NOWHERE;
        if (reach === NOWHERE) continue;
        const known = answers.get(rule) ?? new Map<string, Answer>();
        answers.set(rule, known.set(name, here === TO_THE_POD ? reach === TO_THE_POD : "elsewhere"));
      }
    }
  }
}

/** Where rules and chains of a table lead; chains never call each other in circles. */
class Reaches {
  readonly #table: Table;
  readonly #podIP: string;
  readonly #known = new Map<string, Reach>();

  constructor(table: Table, podIP: string) {
    this.#table = table;
    this.#podIP = podIP;
  }

  ofChain(name: string): Reach {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const rules = this.#table.chains.get(name)?.rules ?? [];
    const reach = rules.reduce<Reach>((far, rule) => Math.max(far, this.ofRule(rule)) as Reach, NOWHERE);
    this.#known.set(name, reach);
    return reach;
  }

  ofRule({ chainName, action }: Rule): Reach {
    if (chainName !== "") return this.ofChain(chainName);
    const destination = /^ -j DNAT --to-destination ([\d.]*)/.exec(action)?.[1];
    if (destination === undefined) return NOWHERE;
    return destination === this.#podIP ? TO_THE_POD : TO_SOME_DNAT;
  }
}

function isRandom({ conditions }: Rule): boolean {
  return conditions.includes(" -m statistic --mode random ");
}
