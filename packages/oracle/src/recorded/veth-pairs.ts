// Which two ends of a recorded lab are one veth pair: by the recorder's names where it keeps to them, else by the indexes that each end
// tells of the other (`eth0@if7`), which must leave one answer.

import type { ConfigOp } from "@kubehop/netstack";
import { RecordingError } from "./corpus.ts";
import type { RecordedLink, Recording } from "./format.ts";

interface End {
  readonly ns: string;
  readonly link: RecordedLink;
}

/** One `ip link add … type veth peer …` for each pair, with the namespace where it is typed. */
export function vethOps(recording: Recording): [string, ConfigOp][] {
  const left = new Set(vethEnds(recording));
  const ops: [string, ConfigOp][] = [];
  const pair = (end: End, peer: End): void => {
    left.delete(end);
    left.delete(peer);
    ops.push([end.ns, linkAdd(end, peer)]);
  };
  for (const end of left) {
    const peer = [...left].find((other) => isNamedPair(end, other));
    if (peer !== undefined) pair(end, peer);
  }
  for (const end of left) {
    const peers = [...left].filter((other) => other !== end && isIndexPair(end, other));
    if (peers.length !== 1)
      throw new RecordingError(
        `${end.ns}/${end.link.ifname}: its veth peer is ${peers.length === 0 ? "not there" : "not told"}`,
      );
    pair(end, peers[0] as End);
  }
  return ops;
}

function vethEnds(recording: Recording): End[] {
  return Object.entries(recording.lab).flatMap(([ns, { links }]) =>
    links.filter((link) => link.linkinfo.info_kind === "veth").map((link) => ({ ns, link })),
  );
}

/** `eth0` of pod X ↔ `veth-X` on its node, `eth0` of a node or client ↔ `p-X` in the underlay. */
function isNamedPair(end: End, other: End): boolean {
  return other.link.ifname === "eth0" && /^(?:veth|p)-(.+)$/.exec(end.link.ifname)?.[1] === other.ns;
}

/** Only an end in another namespace has a link_netnsid. */
function isIndexPair({ ns, link }: End, { ns: otherNs, link: other }: End): boolean {
  const near = link.link_netnsid === undefined;
  return near === (ns === otherNs) && link.link_index === other.ifindex && other.link_index === link.ifindex;
}

function linkAdd({ link }: End, { ns: netns, link: peer }: End): ConfigOp {
  return {
    op: "link-add",
    name: link.ifname,
    address: link.address,
    mtu: link.mtu,
    ifindex: link.ifindex,
    link: {
      type: "veth",
      peer: { name: peer.ifname, netns, address: peer.address, mtu: peer.mtu, ifindex: peer.ifindex },
    },
  };
}
