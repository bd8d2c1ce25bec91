// Is the source of a received packet believable (net/ipv4/fib_frontend.c: fib_validate_source)?

import type { Ipv4 } from "../../addr/ipv4.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import type { DropReason } from "../../skb/drop-reason.ts";
import type { Packet } from "../../skb/packet.ts";
import { dissectPorts } from "../flow-dissect.ts";
import { flowKey } from "../rtable.ts";
import { RT_SCOPE_HOST, RTN_LOCAL, RTN_UNICAST } from "../rt-types.ts";
import type { FibResult } from "./fib-types.ts";
import { fibResNh } from "./fib-types.ts";

/** A refusal, or whether the source is on the link of the ingress device (which redirects need). */
export type SourceVerdict = DropReason | boolean;

/** fib_validate_source: `oif` is the output ifindex of the route (0 for local delivery). */
export function fibValidateSource(
  pkt: Packet,
  src: Ipv4,
  dst: Ipv4,
  tos: number,
  oif: number,
  dev: NetDevice,
): SourceVerdict {
  const { ns, inDev } = dev;
  const rpf = inDev.rpFilter;
  if (rpf === 0 && (dev.ifindex !== oif || !inDev.sendRedirects)) {
    if (inDev.acceptLocal) return false;
    if (!ns.fib.hasCustomLocalRoutes && !ns.fib.hasCustomRules)
      return ns.ipv4.addrOwners.has(src | 0) ? "IP_LOCAL_SOURCE" : false;
  }
  return fullCheck(pkt, src, dst, tos, oif, dev, rpf);
}

function fullCheck(
  pkt: Packet,
  src: Ipv4,
  dst: Ipv4,
  tos: number,
  oif: number,
  dev: NetDevice,
  rpf: number,
): SourceVerdict {
  const { ns, inDev } = dev;
  const res: FibResult = { alias: null, nhSel: 0 };
  const key = flowKey(src, {
    saddr: dst,
    iif: oif !== 0 ? oif : ns.lo.ifindex,
    tos,
    mark: inDev.srcValidMark ? pkt.mark : 0,
  });
  if (ns.fib.hasCustomRules) {
    // The way back: what was the source port is the destination's.
    dissectPorts(pkt, key);
    const { sport } = key;
    key.sport = key.dport;
    key.dport = sport;
  }
  const lastResort: SourceVerdict = rpf !== 0 ? "IP_RPFILTER" : false;
  if (ns.fib.lookup(key, res) !== null || res.alias === null) return lastResort;
  const { alias } = res;
  if (alias.type !== RTN_UNICAST) {
    if (alias.type !== RTN_LOCAL) return "IP_INVALID_SOURCE";
    if (!inDev.acceptLocal) return "IP_LOCAL_SOURCE";
  }
  const onLink = alias.info.nhs.some((nh) => nh.dev === dev) || (alias.type === RTN_LOCAL && dev === ns.lo);
  if (onLink) return (fibResNh(res)?.scope ?? 0) >= RT_SCOPE_HOST;
  if (inDev.addrs.length === 0) return lastResort;
  if (rpf === 1) return "IP_RPFILTER";
  // Loose: another way back will do; whether the source is a neighbour here decides about redirects.
  key.oif = dev.ifindex;
  if (ns.fib.lookup(key, res, 0, true) !== null || res.alias?.type !== RTN_UNICAST) return false;
  return (fibResNh(res)?.scope ?? 0) >= RT_SCOPE_HOST;
}
