// What a story says beyond the steps: who has an address, and who wrote a rule.

import { dumpAddrs } from "@kubehop/netstack";
import type { RuleOrigin, Step, Tracer } from "@kubehop/netstack";
import type { RunningCluster } from "../model/running-cluster.ts";

export type RuleStep = Extract<Step, { readonly kind: "rule" }>;

/** Which of several random endpoints a rule stands for. */
export interface EndpointPick {
  readonly chosen: number;
  readonly of: number;
}

/** A rule as it stood when a packet met it. */
interface MetRule {
  readonly origin: RuleOrigin | undefined;
  /** All rules of its chain. */
  readonly rules: readonly { readonly text: string }[];
}

/** Remembers rules when packets meet them: syncs that come later renumber and replace them. */
export class RuleMemory implements Tracer {
  readonly #cluster: RunningCluster;
  readonly #next: Tracer;
  readonly #met = new WeakMap<RuleStep, MetRule>();

  /** `next` hears every step behind this. */
  constructor(cluster: RunningCluster, next: Tracer) {
    this.#cluster = cluster;
    this.#next = next;
  }

  step(step: Step): void {
    if (step.kind === "rule") this.#remember(step);
    this.#next.step(step);
  }

  met(step: RuleStep): MetRule | undefined {
    return this.#met.get(step);
  }

  #remember(step: RuleStep): void {
    const { ns, backend: name, table, chain, rule } = step;
    const backend = this.#cluster.world.namespaces.get(ns)?.xt.backend(name);
    if (backend === undefined) return;
    const rules = backend.table(table)?.chains.get(chain)?.rules ?? [];
    this.#met.set(step, { origin: rule === 0 ? undefined : backend.originOf(table, chain, rule), rules });
  }
}

export class Background {
  readonly #cluster: RunningCluster;
  readonly #memory: RuleMemory;
  readonly #names: ReadonlyMap<string, string>;

  constructor(cluster: RunningCluster, memory: RuleMemory) {
    this.#cluster = cluster;
    this.#memory = memory;
    this.#names = addressBook(cluster);
  }

  /** Machine, pod or Service of an address; undefined: nobody's. */
  nameOf(addr: string): string | undefined {
    return this.#names.get(addr);
  }

  /** `addr:port` with the name behind it. */
  named(end: string): string {
    const name = this.nameOf(end.replace(/:\d+$/, ""));
    return name === undefined ? end : `${end} (${name})`;
  }

  /** Seconds since time 0. */
  seconds(at: number): string {
    return `${((at - this.#cluster.epoch) / 1000).toFixed(3)} s`;
  }

  originOf(step: RuleStep): RuleOrigin | undefined {
    return this.#memory.met(step)?.origin;
  }

  /** Rules with a random match and the one behind them are alternatives; undefined when the rule is none of them. */
  pickOf(step: RuleStep): EndpointPick | undefined {
    const { rule } = step;
    const texts = this.#memory.met(step)?.rules.map(({ text }) => text) ?? [];
    const first = texts.findIndex(isRandom);
    const last = texts.findLastIndex(isRandom) + 1;
    const of = last - first + 1;
    return first < 0 || rule - 1 < first || rule - 1 > last ? undefined : { chosen: rule - first, of };
  }
}

function isRandom(text: string): boolean {
  return text.includes("-m statistic --mode random");
}

function addressBook(cluster: RunningCluster): Map<string, string> {
  const { nodes, hosts, underlay } = cluster.plan.cluster;
  const names = new Map<string, string>();
  for (const { name } of [...nodes, ...(cluster.plan.bare?.namespaces ?? [])])
    for (const [addr, dev] of ownAddresses(cluster, name)) names.set(addr, `${name} ${dev}`);
  for (const service of cluster.control.store.list("Service")) {
    if (service.spec.clusterIP !== undefined) names.set(service.spec.clusterIP, `svc/${service.metadata.name}`);
  }
  for (const pod of cluster.control.store.list("Pod")) {
    if (pod.status.podIP !== undefined && pod.spec.hostNetwork !== true) names.set(pod.status.podIP, pod.metadata.name);
  }
  if (underlay.gateway !== undefined) names.set(underlay.gateway, "gateway");
  for (const { name, ip } of [...nodes, ...hosts]) names.set(ip, name);
  return names;
}

/** Addresses of the devices of a node or namespace, such as those of tunnel ends and bridges. */
function ownAddresses(cluster: RunningCluster, node: string): [addr: string, dev: string][] {
  const ns = cluster.world.namespaces.get(node);
  if (ns === undefined) return [];
  return dumpAddrs(ns).flatMap(({ ifname, addr_info }) =>
    ifname === "lo" ? [] : addr_info.map(({ local }): [string, string] => [local, ifname]),
  );
}

/** `Service default/web:http, web.yaml:10`; the agent when no object stands behind the rule. */
export function originText(origin: RuleOrigin | undefined): string {
  if (origin === undefined) return "";
  return origin.position === undefined ? origin.object : `${origin.object}, ${origin.position}`;
}
