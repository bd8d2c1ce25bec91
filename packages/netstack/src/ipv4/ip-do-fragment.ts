// Cutting a packet into fragments (net/ipv4/ip_output.c: ip_do_fragment).

import type { NetNamespace } from "../netns/net-namespace.ts";
import { consumeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, SKB_HEADROOM } from "../skb/packet.ts";
import { setU16 } from "../wire/bytes.ts";
import { csumFold, csumPartial } from "../wire/checksum.ts";
import {
  IP_DF,
  IP_MF,
  IP_OFFSET,
  IPPROTO_TCP,
  IPPROTO_UDP,
  ipFragOff,
  ipHdrLen,
  ipIsFragment,
  ipProto,
  ipSendCheck,
} from "../wire/ipv4-fields.ts";
import { IPSKB_FRAG_PMTU } from "./ip-cb.ts";
import { ipOptionsFragment } from "./ip-options.ts";

/**
 * Send `pkt` (head at the IPv4 header) as fragments through `output`, none longer than `mtu` nor than the largest one it
 * arrived in. A packet put together from fragments is cut where it was when those cuts still fit. Ends the packet.
 */
export function ipDoFragment(ns: NetNamespace, pkt: Packet, mtu: number, output: (fragment: Packet) => void): void {
  if (pkt.ipSummed === CHECKSUM_PARTIAL) skbChecksumHelp(pkt);
  const hlen = ipHdrLen(pkt.buf, pkt.nh);
  const limit = (pkt.fragMaxSize !== 0 ? Math.min(mtu, pkt.fragMaxSize) : mtu) - hlen;
  const cuts = originalCuts(pkt, hlen, limit) ?? evenCuts(pkt.len - hlen, limit);
  let offset = 0;
  const fragments = cuts.map((len, i) => {
    const fragment = makeFragment(ns, pkt, hlen, offset, len, i + 1 < cuts.length);
    offset += len;
    return fragment;
  });
  if (ns.world.tracer !== null)
    ns.world.trace(ns, pkt, "ip_do_fragment", { kind: "note", text: `sent as ${fragments.length} fragments` });
  consumeSkb(ns, pkt, "ip_do_fragment");
  ns.ipv4.mib.IpFragOKs++;
  for (const fragment of fragments) {
    ns.ipv4.mib.IpFragCreates++;
    output(fragment);
  }
}

/** ip_append_data: a packet made in pieces that fit `mtu` is cut there, whatever device it leaves by in the end. Null: it fits. */
export function appendedPieces(payload: number, hlen: number, mtu: number): readonly number[] | null {
  return hlen + payload <= mtu ? null : evenCuts(payload, mtu - hlen);
}

/** As many bytes as fit, multiples of 8 but for the last. */
function evenCuts(payload: number, limit: number): number[] {
  const cuts: number[] = [];
  for (let left = payload; left > 0;) {
    let len = Math.min(left, limit);
    if (len < left) len &= ~7;
    if (len <= 0) throw new Error(`no fragment fits ${limit} bytes`);
    cuts.push(len);
    left -= len;
  }
  return cuts;
}

/**
 * The fast path over a fragment list: usable when every piece fits and the packet was not itself a fragment. Towards a tunnel
 * device the pieces lack headroom for the outer headers, and the kernel copies into new ones.
 */
function originalCuts(pkt: Packet, hlen: number, limit: number): readonly number[] | null {
  const sizes = pkt.fragSizes;
  if (sizes === null || pkt.dev?.kind === "vxlan" || ipIsFragment(pkt.buf, pkt.nh)) return null;
  if (sizes.reduce((sum, n) => sum + n, 0) !== pkt.len - hlen) return null;
  const fits = sizes.every((n, i) => n <= limit && (i === sizes.length - 1 || n % 8 === 0));
  return fits ? sizes : null;
}

function makeFragment(ns: NetNamespace, pkt: Packet, hlen: number, offset: number, len: number, more: boolean): Packet {
  const fragment = ns.world.adopt(pkt.copy(), pkt);
  // The bytes in front (link header of bridged packets) stay with every fragment.
  const front = Math.max(pkt.head - (pkt.mac >= 0 ? pkt.mac : pkt.head), 0);
  const buf = new Uint8Array(SKB_HEADROOM + front + hlen + len);
  const nh = SKB_HEADROOM + front;
  buf.set(pkt.buf.subarray(pkt.head - front, pkt.head + hlen), SKB_HEADROOM);
  buf.set(pkt.buf.subarray(pkt.head + hlen + offset, pkt.head + hlen + offset + len), nh + hlen);
  fragment.buf = buf;
  fragment.head = nh;
  fragment.nh = nh;
  fragment.mac = pkt.mac >= 0 ? nh - front : -1;
  fragment.tail = nh + hlen + len;
  fragment.fragSizes = null;
  fragmentHeader(pkt, fragment, hlen, offset, len, more);
  return fragment;
}

function fragmentHeader(pkt: Packet, fragment: Packet, hlen: number, offset: number, len: number, more: boolean): void {
  const b = fragment.buf;
  const nh = fragment.nh;
  const orig = ipFragOff(pkt.buf, pkt.nh);
  const df = (pkt.ipcb & IPSKB_FRAG_PMTU) !== 0 ? IP_DF : 0;
  const mf = more || (orig & IP_MF) !== 0 ? IP_MF : 0;
  if (offset > 0 && hlen > 20) ipOptionsFragment(b, nh);
  setU16(b, nh + 2, hlen + len);
  setU16(b, nh + 6, df | mf | ((orig & IP_OFFSET) + (offset >>> 3)));
  ipSendCheck(b, nh);
}

/** skb_checksum_help: put the full checksum where only the pseudo-header sum stands. */
export function skbChecksumHelp(pkt: Packet): void {
  const b = pkt.buf;
  const nh = pkt.innerNh >= 0 ? pkt.innerNh : pkt.nh;
  const th = nh + ipHdrLen(b, nh);
  const at = checksumOffset(ipProto(b, nh));
  if (at >= 0 && th + at + 2 <= pkt.tail) {
    // The field holds the pseudo-header sum, so summing over it adds exactly that.
    const sum = csumFold(csumPartial(b, th, pkt.tail - th));
    setU16(b, th + at, sum === 0 ? 0xffff : sum);
  }
  pkt.ipSummed = CHECKSUM_NONE;
  pkt.innerNh = -1;
}

function checksumOffset(proto: number): number {
  if (proto === IPPROTO_TCP) return 16;
  return proto === IPPROTO_UDP ? 6 : -1;
}
