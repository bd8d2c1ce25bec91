// UDP and UDP-Lite (nf_conntrack_proto_udp.c): a flow is answered or not; one that goes on two seconds after its beginning is a stream.

import type { Packet } from "../../skb/packet.ts";
import { IPPROTO_UDP, ipProto } from "../../wire/ipv4-fields.ts";
import { UDP_HLEN, udpCheck, udpLen } from "../../wire/udp-fields.ts";
import type { HookNum } from "../hooks.ts";
import type { ConntrackNet } from "./conntrack-net.ts";
import type { Conntrack } from "./conntrack.ts";
import { IPS_ASSURED, IPS_CONFIRMED, IPS_NAT_CLASH, IPS_SEEN_REPLY } from "./conntrack.ts";
import { IPCT_ASSURED } from "./events.ts";
import type { CtVerdict } from "./l4proto.ts";
import { CT_ACCEPT, CT_INVALID, mustVerify, nfCtRefreshAcct, nfIpChecksumBad } from "./l4proto.ts";
import type { CtDir } from "./tuple.ts";

/** Virtual ms after which an answered flow counts as a stream. */
const STREAM_AFTER = 2000;

/** udp_error; for UDP-Lite the length field is the checksum coverage, whose checksum is not verified here. */
function udpError(net: ConntrackNet, pkt: Packet, uh: number, hook: HookNum): boolean {
  const room = pkt.tail - uh;
  if (room < UDP_HLEN) return true;
  if (ipProto(pkt.buf, pkt.nh) !== IPPROTO_UDP) return false;
  const len = udpLen(pkt.buf, uh);
  if (len > room || len < UDP_HLEN) return true;
  return udpCheck(pkt.buf, uh) !== 0 && mustVerify(net, hook) && nfIpChecksumBad(pkt, uh, IPPROTO_UDP, hook);
}

/** nf_conntrack_udp_packet. */
export function nfConntrackUdpPacket(
  net: ConntrackNet,
  ct: Conntrack,
  pkt: Packet,
  uh: number,
  dir: CtDir,
  hook: HookNum,
): CtVerdict {
  if (udpError(net, pkt, uh, hook)) return CT_INVALID;
  if (!ct.has(IPS_CONFIRMED)) ct.udpStreamAt = net.now + STREAM_AFTER;
  if (!ct.has(IPS_SEEN_REPLY)) {
    nfCtRefreshAcct(net, ct, dir, pkt, net.sysctl.udpTimeout);
    return CT_ACCEPT;
  }
  const stream = net.now > ct.udpStreamAt;
  nfCtRefreshAcct(net, ct, dir, pkt, stream ? net.sysctl.udpTimeoutStream : net.sysctl.udpTimeout);
  if (stream && !ct.has(IPS_NAT_CLASH | IPS_ASSURED)) {
    ct.status |= IPS_ASSURED;
    net.cacheEvent(ct, IPCT_ASSURED);
  }
  return CT_ACCEPT;
}
