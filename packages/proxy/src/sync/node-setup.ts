/**
 * What kube-proxy asks of its node besides the restore input: sysctls when it starts, and the chains and jumps
 * that it makes one iptables call at a time.
 */
import { KUBE_PROXY_CANARY } from "../chains/names.ts";
import type { NodeFacts } from "../model/input.ts";
import { localhostNodePorts } from "../render/fixed-rules.ts";
import type { Features } from "../version/features.ts";
import { jumpArgs, jumpsOf } from "../version/jump-rows.ts";

/** A chain that must exist: `iptables -t table -N chain`, where "exists already" is success. */
export interface EnsureChain {
  readonly ensure: "chain";
  readonly create: readonly string[];
}

/** A rule that must exist: `-C`, and only if that fails `-I`, which puts it first in its chain. */
export interface EnsureRule {
  readonly ensure: "rule";
  readonly check: readonly string[];
  readonly prepend: readonly string[];
}

export type Ensure = EnsureChain | EnsureRule;

/** sysctl settings at start, in order. `ip_forward` and `bridge-nf-call-iptables` are read at most, never set. */
export function startupSysctls(
  node: NodeFacts,
  features: Features,
): readonly (readonly [key: string, value: string])[] {
  const settings: (readonly [string, string])[] = [
    ["net.netfilter.nf_conntrack_tcp_timeout_established", "86400"],
    ["net.netfilter.nf_conntrack_tcp_timeout_close_wait", "3600"],
  ];
  if (localhostNodePorts({ node, features })) settings.push(["net.ipv4.conf.all.route_localnet", "1"]);
  return settings;
}

/** Empty chains whose disappearance shows that somebody flushed the tables. */
export function canaryChains(features: Features): readonly EnsureChain[] {
  return features.canary ? ["mangle", "nat", "filter"].map((table) => ensureChain(table, KUBE_PROXY_CANARY)) : [];
}

/** Chains with a jump to them, and the jumps, in the release's order. */
export function ensureJumps(minor: number): readonly Ensure[] {
  const seen = new Set<string>();
  const steps: Ensure[] = [];
  for (const row of jumpsOf(minor)) {
    const chain = `${row.table} ${row.to}`;
    if (!seen.has(chain)) steps.push(ensureChain(row.table, row.to));
    seen.add(chain);
    const rule = [row.from, ...jumpArgs(row)];
    steps.push({
      ensure: "rule",
      check: ["-t", row.table, "-C", ...rule],
      prepend: ["-t", row.table, "-I", ...rule],
    });
  }
  return steps;
}

function ensureChain(table: string, chain: string): EnsureChain {
  return { ensure: "chain", create: ["-t", table, "-N", chain] };
}
