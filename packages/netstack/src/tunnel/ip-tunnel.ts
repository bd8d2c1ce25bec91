// The outer IPv4 packet of a tunnel (net/ipv4/ip_tunnel_core.c: iptunnel_xmit; net/ipv4/udp_tunnel_core.c: udp_tunnel_xmit_skb).

import type { Ipv4 } from "../addr/ipv4.ts";
import { skbScrub } from "../dev/scrub.ts";
import { skbClearHashIfNotL4 } from "./flow-hash.ts";
import { ipLocalOut } from "../ipv4/ip-output.ts";
import type { Route } from "../ipv4/route.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { CHECKSUM_PARTIAL } from "../skb/packet.ts";
import { getU16, setU16 } from "../wire/bytes.ts";
import { csumFold, csumPartial, foldSum, pseudoSum } from "../wire/checksum.ts";
import { ETH_P_IP } from "../wire/ethernet.ts";
import { IPPROTO_TCP, IPPROTO_UDP, ipHdrLen, ipProto, ipWriteUnchecked } from "../wire/ipv4-fields.ts";

const TUNNEL_RECURSION_LIMIT = 3;
const UDP_HLEN = 8;
const IP_HLEN = 20;

export interface UdpTunnel {
  readonly saddr: Ipv4;
  readonly daddr: Ipv4;
  readonly sport: number;
  readonly dport: number;
  readonly tos: number;
  readonly ttl: number;
  /** IP_DF or 0. */
  readonly df: number;
  /** Write an outer UDP checksum. */
  readonly csum: boolean;
  /** The tunnel device stands in another namespace than its socket. */
  readonly xnet: boolean;
}

/** udp_tunnel_xmit_skb: `pkt.head` is the tunnel header; pkt.dev stays the tunnel device, which POST_ROUTING sees as IN. The mark stays. False: refused here. */
export function udpTunnelXmitSkb(net: NetNamespace, route: Route, pkt: Packet, t: UdpTunnel): boolean {
  pkt.push(UDP_HLEN);
  const b = pkt.buf;
  const uh = pkt.head;
  setU16(b, uh, t.sport);
  setU16(b, uh + 2, t.dport);
  setU16(b, uh + 4, pkt.len);
  setU16(b, uh + 6, 0);
  if (t.csum) udpSetCsum(pkt, uh, t);
  return iptunnelXmit(net, route, pkt, t);
}

/** lco_csum: an inner packet whose own checksum is still to be made sums up to the complement of its pseudo-header sum. */
function innerCsumStart(pkt: Packet): { start: number; sum: number } | null {
  const nh = pkt.innerNh;
  const b = pkt.buf;
  const start = nh + ipHdrLen(b, nh);
  const proto = ipProto(b, nh);
  if (proto === IPPROTO_TCP) return { start, sum: ~getU16(b, start + 16) & 0xffff };
  return proto === IPPROTO_UDP ? { start, sum: ~getU16(b, start + 6) & 0xffff } : null;
}

/** udp_set_csum (RFC 7348 §5 allows zero; the kernel's default is a checksum). */
function udpSetCsum(pkt: Packet, uh: number, t: UdpTunnel): void {
  const pseudo = pseudoSum(t.saddr, t.daddr, IPPROTO_UDP, pkt.len);
  const inner = pkt.ipSummed === CHECKSUM_PARTIAL && pkt.innerNh >= 0 ? innerCsumStart(pkt) : null;
  if (inner === null) {
    pkt.ipSummed = CHECKSUM_PARTIAL;
    pkt.innerNh = -1;
    setU16(pkt.buf, uh + 6, foldSum(pseudo));
    return;
  }
  const sum = csumFold(csumPartial(pkt.buf, uh, inner.start - uh, pseudo + inner.sum));
  setU16(pkt.buf, uh + 6, sum === 0 ? 0xffff : sum);
}

/** iptunnel_xmit: the outer packet is one of this host: it traverses OUTPUT with a fresh connection state. */
function iptunnelXmit(net: NetNamespace, route: Route, pkt: Packet, t: UdpTunnel): boolean {
  // dev_recursion_level: a tunnel whose outer packets go into tunnels again (four on 6.18).
  if (net.world.xmitDepth > TUNNEL_RECURSION_LIMIT) {
    kfreeSkb(net, pkt, "NOT_SPECIFIED", "iptunnel_xmit", "a tunnel within tunnels");
    return false;
  }
  skbScrub(pkt, t.xnet);
  skbClearHashIfNotL4(pkt);
  pkt.route = route;
  pkt.push(IP_HLEN);
  pkt.nh = pkt.head;
  pkt.protocol = ETH_P_IP;
  const id = net.ipv4.selectIdent(t.daddr, t.saddr, IPPROTO_UDP);
  const fragOff = route.mtuLocked ? 0 : t.df;
  ipWriteUnchecked(pkt.buf, pkt.nh, t.tos, pkt.len, id, fragOff, t.ttl, IPPROTO_UDP, t.saddr, t.daddr);
  ipLocalOut(net, null, pkt);
  return true;
}
