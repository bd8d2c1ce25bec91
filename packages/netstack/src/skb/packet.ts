// sk_buff in miniature: bytes with headroom and the metadata that travels with them (include/linux/skbuff.h).
// Headers are read and written in place, as the kernel does, so that malformed input, checksums and quoting need no second representation.

import type { NetDevice } from "../dev/net-device.ts";
import type { Conntrack } from "../netfilter/conntrack/conntrack.ts";
import type { NfBridgeInfo } from "../netfilter/br_netfilter/nf-bridge-info.ts";
import type { Route } from "../ipv4/route.ts";
import type { Sock } from "../sock/sock.ts";

/** pkt_type, include/uapi/linux/if_packet.h. */
export const PACKET_HOST = 0;
export const PACKET_BROADCAST = 1;
export const PACKET_MULTICAST = 2;
export const PACKET_OTHERHOST = 3;
export const PACKET_OUTGOING = 4;
export const PACKET_LOOPBACK = 5;
export type PktType = 0 | 1 | 2 | 3 | 4 | 5;

/**
 * ip_summed. NONE: the checksum stands in the packet and is unverified. UNNECESSARY: verified. COMPLETE: the sum over the packet as it
 * arrived is known (`csumGood`: and fits); forwarding forgets it. PARTIAL: only the pseudo-header sum stands there.
 */
export const CHECKSUM_NONE = 0;
export const CHECKSUM_UNNECESSARY = 1;
export const CHECKSUM_COMPLETE = 2;
export const CHECKSUM_PARTIAL = 3;

/** ctinfo, include/uapi/linux/netfilter/nf_conntrack_common.h. UNTRACKED is NF_CT_UNTRACKED of the kernel. */
export const IP_CT_ESTABLISHED = 0;
export const IP_CT_RELATED = 1;
export const IP_CT_NEW = 2;
export const IP_CT_IS_REPLY = 3;
export const IP_CT_ESTABLISHED_REPLY = 3;
export const IP_CT_RELATED_REPLY = 4;
export const IP_CT_UNTRACKED = 7;

/** Room that a new packet keeps before its data: Ethernet + outer IPv4 + UDP + VXLAN + Ethernet, and IP options. */
export const SKB_HEADROOM = 128;

export class Packet {
  /** Identity in journeys; kept through encapsulation, new for copies (see `parent`). */
  id = 0;
  /** Journey id of the packet this one was copied from or that caused it (flood copy, fragment, ICMP error, RST); 0 if none. */
  parent = 0;
  buf: Uint8Array;
  /** Offset of the first byte of data (skb->data): the link header at devices, the network header in IPv4. */
  head: number;
  /** Offset behind the last byte. */
  tail: number;
  /** Offset of the link header, -1 when there is none. */
  mac = -1;
  /** Offset of the network header (valid from rx on, and for locally built packets). */
  nh = 0;
  /** Ethertype (u16) of the network header. */
  protocol = 0;
  dev: NetDevice | null = null;
  /** ifindex the packet was last received on; 0 for locally generated. */
  iif = 0;
  pktType: PktType = PACKET_HOST;
  /** fwmark, u32. */
  mark = 0;
  ct: Conntrack | null = null;
  /** Meaningful with `ct`, or IP_CT_UNTRACKED without. */
  ctinfo = 0;
  /** Set by the TRACE target. */
  nfTrace = false;
  route: Route | null = null;
  ipSummed = CHECKSUM_NONE;
  /** Meaningful with CHECKSUM_COMPLETE. */
  csumGood = false;
  /** csum_valid: some checksum of this packet was verified here or earlier; an ICMP error asks no further. */
  csumValid = false;
  /** Offset of the inner network header of an encapsulated packet whose CHECKSUM_PARTIAL is the inner one's; -1 otherwise. */
  innerNh = -1;
  nfBridge: NfBridgeInfo | null = null;
  /** Owning socket of a locally generated packet. */
  sk: Sock | null = null;
  /** Largest fragment seen when defragmented (IPCB frag_max_size), 0 = was whole. */
  fragMaxSize = 0;
  /** Payload bytes of the fragments this packet was put together from (skb frag_list), so that output can cut it the same way; null otherwise. */
  fragSizes: readonly number[] | null = null;
  /** IPCB flags (ipv4/ip-cb.ts); 0 when fresh. */
  ipcb = 0;
  /** Parsed offset of RR/SRR/timestamp options for ip_options, null without options. */
  ipOpt: unknown = null;
  /** VLAN tag lifted into metadata, -1 without. */
  vlanTci = -1;
  /** Flow hash, 0 until somebody asked for it (skb_get_hash). One of a transport flow (l4_hash) stays when a tunnel wraps the packet or unwraps it. */
  hash = 0;
  l4Hash = false;
  /** ignore_df: may be fragmented although DF is set. */
  ignoreDf = false;
  /** It left a tunnel (gro_cells), and goes on in one list with those that left it at the same time. */
  groCell = false;
  /** Looped back by lo: keeps conntrack and route. */
  loopback = false;

  constructor(buf: Uint8Array, head: number, tail: number) {
    this.buf = buf;
    this.head = head;
    this.tail = tail;
    this.nh = head;
  }

  /** Bytes from head to tail. */
  get len(): number {
    return this.tail - this.head;
  }

  /** skb_push: grow to the front, reallocating when the headroom is used up. */
  push(n: number): void {
    if (this.head < n) this.growHead(n);
    this.head -= n;
  }

  /** skb_pull. */
  pull(n: number): void {
    this.head += n;
  }

  /** Nothing is left to verify: skb_csum_unnecessary, or a complete sum that fits. */
  get csumSettled(): boolean {
    return this.ipSummed === CHECKSUM_COMPLETE ? this.csumGood : this.ipSummed !== CHECKSUM_NONE;
  }

  /** skb_forward_csum: what is forwarded is summed again by whoever asks. */
  forwardCsum(): void {
    if (this.ipSummed === CHECKSUM_COMPLETE) this.ipSummed = CHECKSUM_NONE;
  }

  /** pskb_trim to `len` bytes of data. */
  trim(len: number): void {
    if (this.len > len) this.tail = this.head + len;
  }

  /** A copy of the data from `from` (default head) to the tail. */
  bytes(from = this.head): Uint8Array {
    return this.buf.slice(from, this.tail);
  }

  private growHead(n: number): void {
    const extra = n - this.head + SKB_HEADROOM;
    const buf = new Uint8Array(this.buf.length + extra);
    buf.set(this.buf, extra);
    this.buf = buf;
    this.head += extra;
    this.tail += extra;
    this.nh += extra;
    if (this.mac >= 0) this.mac += extra;
    if (this.innerNh >= 0) this.innerNh += extra;
  }

  /** skb_copy: own bytes, same metadata (conntrack and route shared). The caller gives it an id. */
  copy(): Packet {
    const c = new Packet(this.buf.slice(), this.head, this.tail);
    c.parent = this.id;
    c.mac = this.mac;
    c.nh = this.nh;
    c.protocol = this.protocol;
    c.dev = this.dev;
    c.iif = this.iif;
    c.pktType = this.pktType;
    c.mark = this.mark;
    c.ct = this.ct;
    c.ctinfo = this.ctinfo;
    c.nfTrace = this.nfTrace;
    c.route = this.route;
    c.ipSummed = this.ipSummed;
    c.csumGood = this.csumGood;
    c.csumValid = this.csumValid;
    c.innerNh = this.innerNh;
    c.nfBridge = this.nfBridge;
    c.sk = this.sk;
    c.fragMaxSize = this.fragMaxSize;
    c.fragSizes = this.fragSizes;
    c.ipcb = this.ipcb;
    c.ipOpt = this.ipOpt;
    c.vlanTci = this.vlanTci;
    c.hash = this.hash;
    c.l4Hash = this.l4Hash;
    c.ignoreDf = this.ignoreDf;
    c.loopback = this.loopback;
    return c;
  }
}

/** alloc_skb with the usual headroom and `len` zero bytes of data. */
export function allocSkb(len: number): Packet {
  return new Packet(new Uint8Array(SKB_HEADROOM + len), SKB_HEADROOM, SKB_HEADROOM + len);
}

/** A packet that holds a copy of these bytes, with the usual headroom. */
export function skbFromBytes(bytes: Uint8Array): Packet {
  const pkt = allocSkb(bytes.length);
  pkt.buf.set(bytes, pkt.head);
  return pkt;
}
