// The address a received packet was "really" sent to, for answers (net/ipv4/fib_frontend.c: fib_compute_spec_dst).

import type { Ipv4 } from "../../addr/ipv4.ts";
import { isZeronet } from "../../addr/ipv4.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { Packet } from "../../skb/packet.ts";
import { ipDaddr, ipSaddr, ipTos } from "../../wire/ipv4-fields.ts";
import { fibResultPrefsrc } from "../route-output.ts";
import { flowKey, RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST } from "../rtable.ts";
import { RT_SCOPE_LINK, RT_SCOPE_UNIVERSE } from "../rt-types.ts";
import { inetSelectAddr } from "./addr-type.ts";
import type { FibResult } from "./fib-types.ts";
import { fibResNh } from "./fib-types.ts";

/** The destination itself when it is ours, else the address this host would use towards the sender. */
export function fibComputeSpecDst(ns: NetNamespace, pkt: Packet): Ipv4 {
  const { dev, route } = pkt;
  const saddr = ipSaddr(pkt.buf, pkt.nh);
  if (route !== null && (route.flags & (RTCF_BROADCAST | RTCF_MULTICAST | RTCF_LOCAL)) === RTCF_LOCAL)
    return ipDaddr(pkt.buf, pkt.nh);
  if (isZeronet(saddr)) return inetSelectAddr(ns, dev, saddr, RT_SCOPE_LINK);
  const mark = dev !== null && dev.inDev.srcValidMark ? pkt.mark : 0;
  const res: FibResult = { alias: null, nhSel: 0 };
  const key = flowKey(saddr, { iif: ns.lo.ifindex, tos: ipTos(pkt.buf, pkt.nh) & 0x1c, mark });
  const nh = ns.fib.lookup(key, res) === null ? fibResNh(res) : null;
  if (nh !== null && res.alias !== null) return fibResultPrefsrc(ns, res.alias, nh);
  return inetSelectAddr(ns, dev, saddr, RT_SCOPE_UNIVERSE);
}
