// The flow hash behind a tunnel's source port (net/core/flow_dissector.c: __skb_get_hash_symmetric; include/net/udp.h: udp_flow_src_port).

import type { Packet } from "../skb/packet.ts";
import { getU32 } from "../wire/bytes.ts";
import { ETH_HLEN, ETH_P_IP, ethProto } from "../wire/ethernet.ts";
import {
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
  ipDaddr,
  ipHdrLen,
  ipIsFragment,
  ipProto,
  ipSaddr,
} from "../wire/ipv4-fields.ts";

function mix(h: number, v: number): number {
  const x = Math.imul(h ^ v, 0x9e3779b1);
  return x ^ (x >>> 15);
}

function hasPorts(proto: number): boolean {
  return proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_SCTP || proto === IPPROTO_UDPLITE;
}

/** Ports as two u16 in one number, 0 where there are none: fragments (the first included) are told apart by addresses only. */
function flowPorts(b: Uint8Array, nh: number, tail: number): number {
  const th = nh + ipHdrLen(b, nh);
  return hasPorts(ipProto(b, nh)) && !ipIsFragment(b, nh) && th + 4 <= tail ? getU32(b, th) : 0;
}

/** skb_get_hash of a frame whose link header is at pkt.mac: the hash it has, or its flow's. */
export function skbGetHash(pkt: Packet): number {
  if (pkt.hash !== 0) return pkt.hash;
  const nh = pkt.mac + ETH_HLEN;
  const protocol = ethProto(pkt.buf, pkt.mac);
  pkt.hash = flowHash(pkt.buf, pkt.mac, nh, pkt.tail, protocol);
  pkt.l4Hash = protocol === ETH_P_IP && pkt.tail - nh >= 20 && flowPorts(pkt.buf, nh, pkt.tail) !== 0;
  return pkt.hash;
}

/** skb_clear_hash_if_not_l4: other bytes stand in front now. */
export function skbClearHashIfNotL4(pkt: Packet): void {
  if (!pkt.l4Hash) pkt.hash = 0;
}

/**
 * u32 hash of the frame at `mac`, the same in both directions: addresses and ports are put in order first (__flow_hash_consistentify).
 * Frames that are not IPv4 are told apart by their MAC addresses.
 */
export function flowHash(b: Uint8Array, mac: number, nh: number, tail: number, protocol: number): number {
  if (protocol !== ETH_P_IP || tail - nh < 20) {
    return mix(mix(mix(0, getU32(b, mac)), getU32(b, mac + 4)), getU32(b, mac + 8)) >>> 0;
  }
  const src = ipSaddr(b, nh);
  const dst = ipDaddr(b, nh);
  const ports = flowPorts(b, nh, tail);
  const swap = dst < src || (dst === src && (ports & 0xffff) < ports >>> 16);
  const ordered = swap ? ((ports << 16) | (ports >>> 16)) >>> 0 : ports;
  const h = mix(mix(mix(ipProto(b, nh), swap ? dst : src), swap ? src : dst), ordered);
  return mix(h, h >>> 7) >>> 0;
}

/** udp_flow_src_port: the hash spread over [min, max). */
export function udpFlowSrcPort(hash: number, min: number, max: number): number {
  // Scaling looks at the upper bits only, so the lower ones are folded into them first.
  const h = (hash ^ (hash << 16)) >>> 0;
  return Math.floor((h * (max - min)) / 0x100000000) + min;
}
