// A packet that was too long for a device: shorter segments, a shorter device where it began, or a longer one where it was lost.

import { VXLAN_OVERHEAD } from "@kubehop/cni";
import { type Candidate, typed } from "../candidate.ts";
import type { Clue, Evidence } from "../evidence.ts";
import { isNode, placeName } from "../places.ts";

/** Headers of IPv4 and TCP without options. */
const HEADERS = 40;

interface TooLong {
  /** The device it was too long for; undefined where a route's MTU was the limit. */
  readonly dev: string | undefined;
  readonly bytes: number | undefined;
  readonly limit: number;
}

/** What the drop says: `1500 bytes, MTU of eth0 is 1450`, or `DF and longer than 1450`. */
function tooLong({ step }: Clue): TooLong | undefined {
  if (step.kind !== "drop") return undefined;
  const device = /^(\d+) bytes, MTU of (\S+) is (\d+)/.exec(step.detail);
  if (device !== null) return { dev: device[2], bytes: Number(device[1]), limit: Number(device[3]) };
  const route = /^DF and longer than (\d+)/.exec(step.detail);
  return route === null ? undefined : { dev: undefined, bytes: undefined, limit: Number(route[1]) };
}

export function mtuCandidates(clue: Clue, evidence: Evidence): Candidate[] {
  const found = tooLong(clue);
  if (found === undefined) return [];
  const way = evidence.clues.filter(({ step }) => step.pkt === clue.step.pkt);
  const fits = found.limit - (way.some(({ step }) => step.kind === "encap") ? VXLAN_OVERHEAD : 0);
  return [
    ...atSender(way, fits, clue, evidence),
    ...clamps(way, fits, clue, evidence),
    ...longer(found, clue, evidence),
  ];
}

function atSender(way: readonly Clue[], fits: number, { metIn }: Clue, { cluster }: Evidence): Candidate[] {
  const first = way.find(({ step }) => step.kind === "xmit")?.step;
  const place = first === undefined ? undefined : placeName(cluster, first.ns);
  if (first?.kind !== "xmit" || place === undefined) return [];
  return [typed(place, `ip link set dev ${first.dev} mtu ${fits}`, metIn, { touches: "mtu" })];
}

/** Both ends are told a size that fits. */
function clamps(way: readonly Clue[], fits: number, { metIn }: Clue, { cluster }: Evidence): Candidate[] {
  // Where it was lost it may have been inside of another packet.
  if (!way.some(({ packet }) => packet?.protocol === "tcp")) return [];
  const nodes = [...new Set(way.map(({ step }) => step.ns))].filter((ns) => isNode(cluster, ns));
  return nodes.map((node) =>
    typed(
      node,
      `iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss ${fits - HEADERS}`,
      metIn,
      { touches: "insert", family: "clamp the MSS" },
    ),
  );
}

function longer({ dev, bytes }: TooLong, { step, metIn }: Clue, { cluster }: Evidence): Candidate[] {
  const place = placeName(cluster, step.ns);
  if (dev === undefined || bytes === undefined || place === undefined) return [];
  return [typed(place, `ip link set dev ${dev} mtu ${bytes}`, metIn, { touches: "mtu" })];
}
