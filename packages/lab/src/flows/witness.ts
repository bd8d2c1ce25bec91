// What decided a flow's fate, kept while its packets are on their way: the rules that translated, marked or refused, and other deaths.

import type { Step, Tracer } from "@kubehop/netstack";
import { originText } from "../explain/background.ts";
import { StoryMemory } from "../explain/memory.ts";
import type { RuleStep } from "../explain/rule-text.ts";
import type { RunningCluster } from "../model/running-cluster.ts";

/** Targets that decide where a packet goes, under which source, or that it goes no further. */
const DECIDES = /(?:^| )-j (?:DNAT|SNAT|MASQUERADE|REDIRECT|NETMAP|MARK|DROP|REJECT)\b/;

/** Lines a fate is explained by. */
const SHOWN = 6;

interface Decision {
  readonly rule: RuleStep;
  /** The rule that led into its chain; undefined in a built-in chain. */
  readonly entry: RuleStep | undefined;
}

export class Witness implements Tracer {
  readonly #memory: StoryMemory;
  readonly #story: (Decision | string)[] = [];
  /** By packet: the jumps that have been taken, by the chain they lead to. */
  readonly #jumps = new Map<string, RuleStep>();
  #learned = false;

  constructor(cluster: RunningCluster) {
    this.#memory = new StoryMemory(cluster, { step: (step) => this.#look(step) });
  }

  step(step: Step): void {
    this.#memory.step(step);
  }

  /** An ICMP error went out that makes its receiver take another route or MTU from then on. */
  get learned(): boolean {
    return this.#learned;
  }

  /** The decisions in their order, each once: `node1 nat KUBE-SVC-… 2 → KUBE-SEP-… -j DNAT …  Service default/web`. */
  lines(): string[] {
    const lines = this.#story.map((found) => (typeof found === "string" ? found : this.#decisionText(found)));
    return [...new Set(lines)].slice(0, SHOWN);
  }

  #look(step: Step): void {
    if (step.kind === "rule") this.#lookAtRule(step);
    else if (step.kind === "drop" && step.reason !== "NETFILTER_DROP")
      this.#story.push(`${step.ns} dropped ${step.reason}${step.detail === "" ? "" : ` (${step.detail})`}`);
    else if (step.kind === "answer")
      this.#learned ||= step.type === ICMP_REDIRECT || (step.type === 3 && step.code === 4);
  }

  #lookAtRule(rule: RuleStep): void {
    const { pkt, ns, chain, text, verdict } = rule;
    const isPolicy = rule.rule === 0 && verdict === "DROP";
    if (isPolicy || DECIDES.test(text)) this.#story.push({ rule, entry: this.#jumps.get(`${pkt} ${ns} ${chain}`) });
    this.#jumps.set(`${pkt} ${ns} ${verdict}`, rule);
  }

  #decisionText({ rule, entry }: Decision): string {
    const { ns, table, chain } = rule;
    if (rule.rule === 0) return `${ns} ${table} ${chain} policy DROP`;
    const way = entry === undefined ? `${chain} ${rule.rule}` : `${entry.chain} ${entry.rule} → ${chain} ${rule.rule}`;
    const owner = originText(this.#memory.met(entry ?? rule)?.origin);
    return `${ns} ${table} ${way} ${/-j .*/.exec(rule.text)?.[0] ?? ""}${owner === "" ? "" : `  (${owner})`}`;
  }
}

/** include/uapi/linux/icmp.h. */
const ICMP_REDIRECT = 5;
