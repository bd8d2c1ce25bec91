// The iptables rules of flanneld by release (flannel network/ipmasq.go, network/iptables.go, pkg/iptables, pkg/trafficmngr/iptables), read at each tag,
// as data.
// N is the flannel network, S this node's subnet.

import { atLeast } from "@kubehop/sim";

export interface FlannelRule {
  readonly table: "nat" | "filter";
  readonly chain: string;
  /** Rule text behind the chain name. */
  readonly spec: string;
  /** Where a missing rule is put. */
  readonly at: "append" | "insert";
}

export interface RuleInput {
  /** flannel release, e.g. `0.10.0`. */
  readonly version: string;
  readonly network: string;
  readonly subnet: string;
  /** --ip-masq. */
  readonly ipMasq: boolean;
  /** The iptables binary knows --random-fully (1.6.2 and later). */
  readonly randomFully: boolean;
}

/** Chains flanneld makes for itself, since 0.20.0. */
const FLANNEL_CHAINS = [
  { table: "nat", chain: "FLANNEL-POSTRTG" },
  { table: "filter", chain: "FLANNEL-FWD" },
] as const;

/** Chains that have to be there before the rules; that of masquerading with --ip-masq alone. */
export function chainsOf({ version, ipMasq }: RuleInput): readonly Pick<FlannelRule, "table" | "chain">[] {
  return hasOwnChains(version) ? FLANNEL_CHAINS.filter(({ table }) => ipMasq || table === "filter") : [];
}

function hasOwnChains(version: string): boolean {
  return atLeast(version, "0.20.0");
}

/** All rules in their order: masquerade rules (with --ip-masq), then forward rules. */
export function flannelRules(input: RuleInput): FlannelRule[] {
  return [...(input.ipMasq ? masqueradeRules(input) : []), ...forwardRules(input)];
}

/**
 * 0.21.0 to 0.21.3 hand an empty word to an iptables without --random-fully: iptables refuses it, and none of the masquerade rules
 * comes about (flannel issue 1702, mended in 0.21.4).
 */
function spoiltByEmptyWord({ version, randomFully }: RuleInput): boolean {
  return !randomFully && atLeast(version, "0.21.0") && !atLeast(version, "0.21.4");
}

function masqueradeRules(input: RuleInput): FlannelRule[] {
  if (spoiltByEmptyWord(input)) return [];
  const { version, network: N, subnet: S } = input;
  const own = hasOwnChains(version);
  const chain = own ? "FLANNEL-POSTRTG" : "POSTROUTING";
  const masquerade = input.randomFully && atLeast(version, "0.11.0") ? "MASQUERADE --random-fully" : "MASQUERADE";
  const c = comment(version, "masq");
  const rows: readonly (readonly [first: string, until: string | undefined, spec: string])[] = [
    ["0.20.2", undefined, `-m mark --mark 0x4000/0x4000${c} -j RETURN`],
    ["0.6.0", "0.21.0", `-s ${N} -d ${N}${c} -j RETURN`],
    ["0.21.0", undefined, `-s ${S} -d ${N}${c} -j RETURN`],
    ["0.21.0", undefined, `-s ${N} -d ${S}${c} -j RETURN`],
    // Before 0.21 this RETURN stood behind the first MASQUERADE; the two never match the same packet.
    ["0.21.0", undefined, `! -s ${N} -d ${S}${c} -j RETURN`],
    ["0.6.0", undefined, `-s ${N} ! -d 224.0.0.0/4${c} -j ${masquerade}`],
    ["0.8.0", "0.21.0", `! -s ${N} -d ${S}${c} -j RETURN`],
    ["0.6.0", undefined, `! -s ${N} -d ${N}${c} -j ${masquerade}`],
  ];
  const inForce = rows.filter(
    ([first, until]) => atLeast(version, first) && (until === undefined || !atLeast(version, until)),
  );
  const rules = inForce.map(([, , spec]): FlannelRule => ({ table: "nat", chain, spec, at: "append" }));
  return own ? [jump(version, "nat", "POSTROUTING", "masq", chain), ...rules] : rules;
}

/** Against a FORWARD policy of DROP; none before 0.9.1. */
function forwardRules({ version, network }: RuleInput): FlannelRule[] {
  if (!atLeast(version, "0.9.1")) return [];
  const own = hasOwnChains(version);
  const chain = own ? "FLANNEL-FWD" : "FORWARD";
  const c = comment(version, "forward");
  const rules = [`-s ${network}${c} -j ACCEPT`, `-d ${network}${c} -j ACCEPT`].map((spec): FlannelRule => ({
    table: "filter",
    chain,
    spec,
    at: "append",
  }));
  return own ? [jump(version, "filter", "FORWARD", "forward", chain), ...rules] : rules;
}

/** The jump was inserted first from 0.20.0 on and is appended since 0.21.3. */
function jump(version: string, table: FlannelRule["table"], from: string, what: string, to: string): FlannelRule {
  return {
    table,
    chain: from,
    spec: `${comment(version, what).trimStart()} -j ${to}`,
    at: atLeast(version, "0.21.3") ? "append" : "insert",
  };
}

/** Comments since 0.17.0. */
function comment(version: string, what: string): string {
  return atLeast(version, "0.17.0") ? ` -m comment --comment "flanneld ${what}"` : "";
}
