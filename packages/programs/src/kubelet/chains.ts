// The iptables rules that kubelet keeps on its node, by release (pkg/kubelet/kubelet_network_linux.go), in the order it ensures
// them. Since kube-proxy has its own (gate IPTablesOwnershipCleanup) little is left.

import { tokenize } from "@kubehop/netstack/rules";
import type { Ensured } from "../node/ensure.ts";

interface Row {
  /** First and last minor release with the row. */
  readonly first: number;
  readonly last?: number;
  readonly table: Ensured["table"];
  readonly chain: string;
  readonly spec?: string;
  readonly at?: "append" | "insert";
}

/** Last minor release with the chains that kube-proxy has too. */
const CLEANUP = 26;
/** The masquerade bit. */
const MASQ = "0x4000/0x4000";
const LOCALNET = `! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`;
const SNAT = `-m comment --comment "kubernetes service traffic requiring SNAT"`;
/** Where iptables has --random-fully it stands here. */
const FULLY = "%R";

const ROWS: readonly Row[] = [
  { first: 27, table: "mangle", chain: "KUBE-IPTABLES-HINT" },
  { first: 17, table: "mangle", chain: "KUBE-KUBELET-CANARY" },
  { first: 17, table: "nat", chain: "KUBE-KUBELET-CANARY" },
  { first: 17, table: "filter", chain: "KUBE-KUBELET-CANARY" },
  { first: 0, last: CLEANUP, table: "nat", chain: "KUBE-MARK-DROP" },
  { first: 0, last: CLEANUP, table: "nat", chain: "KUBE-MARK-DROP", spec: "-j MARK --set-xmark 0x8000/0x8000" },
  { first: 0, table: "filter", chain: "KUBE-FIREWALL" },
  {
    first: 0,
    last: CLEANUP,
    table: "filter",
    chain: "KUBE-FIREWALL",
    spec: `-m comment --comment "kubernetes firewall for dropping marked packets" -m mark --mark 0x8000/0x8000 -j DROP`,
  },
  { first: 19, table: "filter", chain: "KUBE-FIREWALL", spec: LOCALNET },
  { first: 0, table: "filter", chain: "OUTPUT", spec: "-j KUBE-FIREWALL", at: "insert" },
  { first: 0, table: "filter", chain: "INPUT", spec: "-j KUBE-FIREWALL", at: "insert" },
  { first: 0, last: CLEANUP, table: "nat", chain: "KUBE-MARK-MASQ" },
  { first: 0, last: CLEANUP, table: "nat", chain: "KUBE-POSTROUTING" },
  { first: 0, last: CLEANUP, table: "nat", chain: "KUBE-MARK-MASQ", spec: "-j MARK --set-xmark 0x4000/0x4000" },
  {
    first: 0,
    last: CLEANUP,
    table: "nat",
    chain: "POSTROUTING",
    spec: `-m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING`,
    at: "insert",
  },
  { first: 0, last: 15, table: "nat", chain: "KUBE-POSTROUTING", spec: `${SNAT} -m mark --mark ${MASQ} -j MASQUERADE` },
  {
    first: 16,
    last: 18,
    table: "nat",
    chain: "KUBE-POSTROUTING",
    spec: `${SNAT} -m mark --mark ${MASQ} -j MASQUERADE${FULLY}`,
  },
  // PR 92035: the mark is cleared, so that a packet that passes twice is masqueraded once.
  { first: 19, last: CLEANUP, table: "nat", chain: "KUBE-POSTROUTING", spec: `-m mark ! --mark ${MASQ} -j RETURN` },
  { first: 19, last: CLEANUP, table: "nat", chain: "KUBE-POSTROUTING", spec: "-j MARK --xor-mark 0x4000" },
  { first: 19, last: CLEANUP, table: "nat", chain: "KUBE-POSTROUTING", spec: `${SNAT} -j MASQUERADE${FULLY}` },
];

/** `minor` of Kubernetes 1.x; `randomFully`: the node's iptables knows --random-fully (1.6.2 and later). */
export function kubeletRules(minor: number, randomFully: boolean): Ensured[] {
  const fully = randomFully ? " --random-fully" : "";
  return ROWS.filter((row) => minor >= row.first && (row.last === undefined || minor <= row.last)).map(
    ({ table, chain, spec, at }) => ({
      table,
      chain,
      ...(spec === undefined ? {} : { spec: tokenize(spec.replace(FULLY, fully)) }),
      ...(at === undefined ? {} : { at }),
    }),
  );
}
