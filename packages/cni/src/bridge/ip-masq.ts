// ipMasq of the bridge plugin: what a pod sends out of its network is masqueraded by rules of its own (containernetworking/plugins
// pkg/ip/ipmasq_linux.go). The flannel delegate asks for it where flanneld itself does not masquerade.

import type { ConfigOp } from "@kubehop/netstack";
import { sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** Longest chain name the plugins make. */
const CHAIN_LENGTH = 28;

export interface Masqueraded {
  /** Name of the CNI network. */
  readonly network: string;
  /** Container id. */
  readonly id: string;
  /** What enters the chain: the pod's address, or in old releases its network. */
  readonly source: string;
  /** The pod's network, which is left alone. */
  readonly subnet: string;
}

/** FormatChainName: `CNI-` and 24 hex digits. */
export function masqueradeChain(network: string, id: string): string {
  return `CNI-${bytesToHex(sha512(utf8ToBytes(network + id)))}`.slice(0, CHAIN_LENGTH);
}

/** SetupIPMasq. */
export function setupIpMasq(pod: Masqueraded): ConfigOp[] {
  const chain = masqueradeChain(pod.network, pod.id);
  return [nat("-N", chain), ...rulesOf(pod, chain).map((rule) => nat("-A", ...rule))];
}

/** TeardownIPMasq. */
export function teardownIpMasq(pod: Masqueraded): ConfigOp[] {
  const chain = masqueradeChain(pod.network, pod.id);
  const [jump = []] = rulesOf(pod, chain).slice(-1);
  return [nat("-D", ...jump), nat("-F", chain), nat("-X", chain)];
}

function rulesOf({ network, id, source, subnet }: Masqueraded, chain: string): string[][] {
  const comment = ["-m", "comment", "--comment", `name: "${network}" id: "${id}"`];
  return [
    [chain, "-d", subnet, "-j", "ACCEPT", ...comment],
    [chain, "!", "-d", "224.0.0.0/4", "-j", "MASQUERADE", ...comment],
    ["POSTROUTING", "-s", source, "-j", chain, ...comment],
  ];
}

function nat(...words: string[]): ConfigOp {
  return { op: "iptables", args: ["-t", "nat", ...words] };
}
