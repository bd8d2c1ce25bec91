// What must be kept of packets that are long gone: rules as they stood when a packet met them, and who made the entries of conntrack
// that later packets hit.

import type { RuleOrigin, Step, Tracer } from "@kubehop/netstack";
import type { RunningCluster } from "../model/running-cluster.ts";
import { MacOwners } from "./mac-owners.ts";
import type { StepOf } from "./phrases.ts";
import type { RuleStep } from "./rule-text.ts";

interface RuleText {
  readonly text: string;
}

/** A rule as it stood when a packet met it. */
export interface MetRule {
  readonly origin: RuleOrigin | undefined;
  /** All rules of its chain. */
  readonly rules: readonly RuleText[];
  /** Rules of the chain that it leads to, when it jumps or goes there. */
  readonly callee: readonly RuleText[];
}

/** How an entry of conntrack came to be. */
export interface EntryMaker {
  /** Its first packet. */
  readonly pkt: number;
  /** Rules that translated its first packet; empty when none did. */
  readonly rules: readonly RuleStep[];
}

/** Entries remembered: the oldest are forgotten first. */
const MAX_ENTRIES = 20_000;

export class StoryMemory implements Tracer {
  readonly #cluster: RunningCluster;
  readonly #next: Tracer;
  readonly #met = new WeakMap<RuleStep, MetRule>();
  readonly #makers = new Map<string, EntryMaker>();
  /** New connections whose first packet is still in this namespace, by packet. */
  readonly #new = new Map<number, { readonly key: string; readonly rules: RuleStep[] }>();
  readonly #lastRule = new Map<number, RuleStep>();

  readonly owners: MacOwners;

  /** `next` hears every step behind this. */
  constructor(cluster: RunningCluster, next: Tracer) {
    this.#cluster = cluster;
    this.owners = new MacOwners(cluster.world);
    this.#next = next;
  }

  step(step: Step): void {
    if (step.kind === "rule") this.#meet(step);
    else if (step.kind === "neigh") this.owners.look(step);
    else if (step.kind === "ct") this.#tracked(step);
    else if (step.kind === "nat") this.#translated(step);
    else if (step.kind === "confirm") this.#confirmed(step);
    else if (step.kind === "deliver" || step.kind === "drop" || step.kind === "consume") this.#forget(step.pkt);
    this.#next.step(step);
  }

  met(step: RuleStep): MetRule | undefined {
    return this.#met.get(step);
  }

  /** Who made the entry that a packet has hit; undefined: it is older than this memory. */
  makerOf(hit: StepOf<"ct">): EntryMaker | undefined {
    return this.#makers.get(keyOf(hit));
  }

  #meet(step: RuleStep): void {
    this.#lastRule.set(step.pkt, step);
    const { ns, backend: name, table, chain, rule, verdict } = step;
    const backend = this.#cluster.world.namespaces.get(ns)?.xt.backend(name);
    const chains = backend?.table(table)?.chains;
    const own = chains?.get(chain);
    if (own === undefined) return;
    // A policy that lets pass is nobody's deed.
    const policy = verdict === "DROP" ? (own.policyOrigin ?? undefined) : undefined;
    this.#met.set(step, {
      origin: rule === 0 ? policy : own.origin(rule - 1),
      rules: own.rules,
      callee: rule === 0 ? [] : (chains?.get(verdict)?.rules ?? []),
    });
  }

  #tracked(step: StepOf<"ct">): void {
    if (step.state === "NEW" && !step.reply && step.from !== "")
      this.#new.set(step.pkt, { key: keyOf(step), rules: [] });
    else this.#new.delete(step.pkt);
  }

  /** The rule that translates is the one met last; a change without such a rule is conntrack's own (a port that was taken). */
  #translated({ pkt }: StepOf<"nat">): void {
    const rule = this.#lastRule.get(pkt);
    if (rule !== undefined && / -j (?:DNAT|SNAT|MASQUERADE|REDIRECT|NETMAP)\b/.test(` ${rule.text}`))
      this.#new.get(pkt)?.rules.push(rule);
  }

  #confirmed({ pkt }: StepOf<"confirm">): void {
    const made = this.#new.get(pkt);
    this.#new.delete(pkt);
    if (made === undefined) return;
    this.#makers.delete(made.key);
    this.#makers.set(made.key, { pkt, rules: made.rules });
    const [oldest] = this.#makers.size > MAX_ENTRIES ? this.#makers.keys() : [];
    if (oldest !== undefined) this.#makers.delete(oldest);
  }

  #forget(pkt: number): void {
    this.#new.delete(pkt);
    this.#lastRule.delete(pkt);
  }
}

/** An entry by its namespace, protocol, ends and birth. */
function keyOf({ ns, entry, from, to, createdAt }: StepOf<"ct">): string {
  return `${ns} ${entry.slice(0, entry.indexOf(" "))} ${from} ${to} ${createdAt}`;
}
