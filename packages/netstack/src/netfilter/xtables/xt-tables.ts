// The tables of iptables: their hooks and priorities (net/ipv4/netfilter/iptable_*.c; iptables/nft.c: xtables_ipv4).

import type { HookNum } from "../hooks.ts";
import {
  HOOK_NAMES,
  NF_INET_FORWARD,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI,
} from "../hooks.ts";

export interface TableSpec {
  readonly name: string;
  /** In hook order. */
  readonly hooks: readonly HookNum[];
  readonly priority: number;
}

/** In the order in which nft's iptables-save prints them. */
export const XT_TABLES: readonly TableSpec[] = [
  {
    name: "mangle",
    hooks: [NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING],
    priority: NF_IP_PRI.MANGLE,
  },
  { name: "security", hooks: [NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT], priority: NF_IP_PRI.SECURITY },
  { name: "raw", hooks: [NF_INET_PRE_ROUTING, NF_INET_LOCAL_OUT], priority: NF_IP_PRI.RAW },
  { name: "filter", hooks: [NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT], priority: NF_IP_PRI.FILTER },
  // Its priorities are the NAT hooks' own.
  { name: "nat", hooks: [NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING], priority: 0 },
];

export function tableSpec(name: string): TableSpec | undefined {
  return XT_TABLES.find((t) => t.name === name);
}

/** Hook of a built-in chain of the table, undefined for any other name. */
export function builtinHook(spec: TableSpec, chain: string): HookNum | undefined {
  return spec.hooks.find((hook) => HOOK_NAMES[hook] === chain);
}

export function compareNames(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
