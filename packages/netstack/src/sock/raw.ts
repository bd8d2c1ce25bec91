// A raw socket that brings its own IPv4 header (net/ipv4/raw.c: raw_sendmsg and raw_send_hdrinc, IP_HDRINCL).

import type { Ipv4 } from "../addr/ipv4.ts";
import { ipLocalOut } from "../ipv4/ip-output.ts";
import { ipRouteOutput } from "../ipv4/route.ts";
import { flowKey, RTCF_BROADCAST } from "../ipv4/rtable.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { CHECKSUM_NONE, skbFromBytes } from "../skb/packet.ts";
import type { Packet } from "../skb/packet.ts";
import { getU16, setU16, setU32 } from "../wire/bytes.ts";
import { ipDaddr, ipHdrLen, ipProto, ipSaddr } from "../wire/ipv4-fields.ts";
import type { SockErrno } from "./errno.ts";
import { IP_HLEN } from "./ip-xmit.ts";

/** The socket's own protocol, which routing rules see; the header's may be another. */
const IPPROTO_RAW = 255;

/**
 * sendto(header's destination): the packet enters at LOCAL_OUT. The kernel writes total length and header checksum, and an id and a source address
 * where they are 0. Routing sees the destination alone. EINVAL: no header; EMSGSIZE: longer than the device carries; EACCES: a
 * broadcast; EPERM: dropped by a rule; ENETUNREACH …: no route.
 */
export function rawSend(ns: NetNamespace, bytes: Uint8Array): SockErrno | undefined {
  const err = rawSendHdrinc(ns, bytes);
  ns.world.softirq();
  return err;
}

function rawSendHdrinc(ns: NetNamespace, bytes: Uint8Array): SockErrno | undefined {
  if (bytes.length < IP_HLEN) return "EINVAL";
  const flow = flowKey(ipDaddr(bytes, 0) as Ipv4, { proto: IPPROTO_RAW });
  const route = ipRouteOutput(ns, flow);
  if (typeof route === "string") return route;
  if ((route.flags & RTCF_BROADCAST) !== 0) return "EACCES";
  if (bytes.length > route.dev.mtu) return "EMSGSIZE";
  if (ipHdrLen(bytes, 0) > bytes.length) return "EINVAL";
  const pkt = ns.world.adopt(skbFromBytes(bytes));
  pkt.nh = pkt.head;
  pkt.ipSummed = CHECKSUM_NONE;
  pkt.route = route;
  fillHeader(ns, pkt, flow.saddr);
  return ipLocalOut(ns, null, pkt);
}

function fillHeader(ns: NetNamespace, { buf, nh }: Packet, saddr: Ipv4): void {
  if (ipSaddr(buf, nh) === 0) setU32(buf, nh + 12, saddr);
  if (getU16(buf, nh + 4) === 0)
    setU16(buf, nh + 4, ns.ipv4.selectIdent(ipDaddr(buf, nh) as Ipv4, ipSaddr(buf, nh) as Ipv4, ipProto(buf, nh)));
}
