// Reassembly (net/ipv4/ip_fragment.c). Queues are per user, so that a packet conntrack put together is not mixed with local delivery.

import type { Timer } from "@kubehop/sim";
import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { DropReason } from "../skb/drop-reason.ts";
import { consumeSkb, kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { CHECKSUM_NONE, PACKET_HOST, SKB_HEADROOM } from "../skb/packet.ts";
import { setU16 } from "../wire/bytes.ts";
import { ICMP_EXC_FRAGTIME, ICMP_TIME_EXCEEDED } from "../wire/icmp-fields.ts";
import {
  IP_DF,
  IP_MF,
  IP_OFFSET,
  ipDaddr,
  ipFragOff,
  ipHdrLen,
  ipId,
  ipProto,
  ipSaddr,
  ipSendCheck,
  ipTos,
} from "../wire/ipv4-fields.ts";
import { IPSKB_FRAG_PMTU } from "./ip-cb.ts";
import { ipRouteInput } from "./route-input.ts";

/** enum ip_defrag_users: who asks; conntrack adds its zone, the bridge has its own number. */
export const IP_DEFRAG_LOCAL_DELIVER = 0;
export const IP_DEFRAG_CONNTRACK_IN = 2;
export const IP_DEFRAG_CONNTRACK_OUT = 0x10003;
export const IP_DEFRAG_CONNTRACK_BRIDGE_IN = 0x20004;

/** One received piece. */
interface Piece {
  readonly pkt: Packet;
  readonly offset: number;
  readonly len: number;
}

/** struct ipq. */
export class FragQueue {
  readonly saddr: Ipv4;
  readonly daddr: Ipv4;
  readonly id: number;
  readonly proto: number;
  readonly user: number;
  /** Ascending offset, no overlaps. */
  readonly pieces: Piece[] = [];
  /** Total payload length once the last fragment is in, else the highest end seen. */
  len = 0;
  lastIn = false;
  received = 0;
  maxSize = 0;
  maxDfSize = 0;
  timer: Timer | null = null;
  done = false;
  dev: NetDevice | null = null;

  constructor(pkt: Packet, user: number) {
    const b = pkt.buf;
    this.saddr = ipSaddr(b, pkt.nh);
    this.daddr = ipDaddr(b, pkt.nh);
    this.id = ipId(b, pkt.nh);
    this.proto = ipProto(b, pkt.nh);
    this.user = user;
  }

  matches(pkt: Packet, user: number): boolean {
    const b = pkt.buf;
    return this.saddr === ipSaddr(b, pkt.nh) && this.daddr === ipDaddr(b, pkt.nh) && this.user === user && !this.done;
  }
}

/**
 * ip_defrag: hand over a fragment (head at the IPv4 header). "queued": the packet is no longer the caller's, it waits or was
 * dropped. "done": `pkt` now is the whole packet.
 */
export function ipDefrag(ns: NetNamespace, pkt: Packet, user: number): "queued" | "done" {
  ns.ipv4.mib.IpReasmReqds++;
  const queue = findQueue(ns, pkt, user);
  return queue === null ? discard(ns, pkt, "NOMEM") : queueFragment(ns, queue, pkt);
}

function queueKey(b: Uint8Array, nh: number): number {
  return ipId(b, nh) * 256 + ipProto(b, nh);
}

/** inet_frag_find: null when a new queue would hold more memory than allowed. */
function findQueue(ns: NetNamespace, pkt: Packet, user: number): FragQueue | null {
  const key = queueKey(pkt.buf, pkt.nh);
  const list = ns.ipv4.fragQueues.get(key) ?? [];
  const found = list.find((q) => q.matches(pkt, user));
  if (found !== undefined) return found;
  if (ns.ipv4.fragMemory > ns.ipv4.sysctls.ipfrag_high_thresh) return null;
  const queue = new FragQueue(pkt, user);
  queue.timer = ns.world.clock.schedule(ns.ipv4.sysctls.ipfrag_time * 1000, () => {
    ipExpire(ns, queue);
    ns.world.softirq();
  });
  ns.ipv4.fragQueues.set(key, [...list, queue]);
  return queue;
}

/** ip_frag_queue. */
function queueFragment(ns: NetNamespace, queue: FragQueue, pkt: Packet): "queued" | "done" {
  const b = pkt.buf;
  const field = ipFragOff(b, pkt.nh);
  const offset = (field & IP_OFFSET) * 8;
  const hlen = ipHdrLen(b, pkt.nh);
  const more = (field & IP_MF) !== 0;
  // A middle fragment carries whole units of 8 bytes.
  if (more) pkt.trim(hlen + ((pkt.len - hlen) & ~7));
  const len = pkt.len - hlen;
  const end = offset + len;
  if (end > 65535 || len === 0) return discard(ns, pkt, "NOT_SPECIFIED");
  if (!more) {
    if (end < queue.len || (queue.lastIn && end !== queue.len)) return discard(ns, pkt, "NOT_SPECIFIED");
    queue.lastIn = true;
    queue.len = end;
  } else if (end > queue.len) {
    if (queue.lastIn) return discard(ns, pkt, "NOT_SPECIFIED");
    queue.len = end;
  }
  const refused = insertPiece(ns, queue, { pkt, offset, len });
  if (refused !== null) return refused;
  noteSizes(queue, pkt, field);
  if (queue.lastIn && queue.received === queue.len && queue.pieces[0]?.offset === 0) return reassemble(ns, queue, pkt);
  if (ns.world.tracer !== null)
    ns.world.trace(ns, pkt, "ip_frag_queue", { kind: "queue", where: "waits for more fragments" });
  return "queued";
}

/** Duplicates are dropped alone; an overlap discards the whole datagram (RFC 5722 applied to IPv4). */
function insertPiece(ns: NetNamespace, queue: FragQueue, piece: Piece): "queued" | null {
  const { pieces } = queue;
  let at = pieces.findIndex((p) => p.offset >= piece.offset);
  if (at < 0) at = pieces.length;
  const before = pieces[at - 1];
  const after = pieces[at];
  const end = piece.offset + piece.len;
  const inside = [before, after].some((p) => p !== undefined && p.offset <= piece.offset && p.offset + p.len >= end);
  if (inside) return discard(ns, piece.pkt, "DUP_FRAG");
  if (
    (before !== undefined && before.offset + before.len > piece.offset) ||
    (after !== undefined && after.offset < end)
  ) {
    // inet_frag_destroy gives a reason only where time ran out (INET_FRAG_DROP); what waited here ends without one.
    for (const p of pieces) consumeSkb(ns, p.pkt, "inet_frag_destroy");
    unlink(ns, queue);
    return discard(ns, piece.pkt, "NOT_SPECIFIED", "overlapping fragments: the whole datagram is discarded");
  }
  pieces.splice(at, 0, piece);
  ns.ipv4.fragMemory += truesize(piece);
  queue.received += piece.len;
  queue.dev = piece.pkt.dev;
  return null;
}

function noteSizes(queue: FragQueue, pkt: Packet, field: number): void {
  const size = pkt.len;
  queue.maxSize = Math.max(queue.maxSize, size);
  if ((field & IP_DF) !== 0) queue.maxDfSize = Math.max(queue.maxDfSize, size);
}

function discard(ns: NetNamespace, pkt: Packet, reason: DropReason, detail = ""): "queued" {
  ns.ipv4.mib.IpReasmFails++;
  kfreeSkb(ns, pkt, reason, "ip_frag_queue", detail);
  return "queued";
}

/** ip_frag_reasm: the packet that completed the set becomes the whole, with the first fragment's headers. */
function reassemble(ns: NetNamespace, queue: FragQueue, pkt: Packet): "done" {
  const first = queue.pieces[0] as Piece;
  const hlen = ipHdrLen(first.pkt.buf, first.pkt.nh);
  const front = first.pkt.mac >= 0 ? first.pkt.nh - first.pkt.mac : 0;
  const buf = new Uint8Array(SKB_HEADROOM + front + hlen + queue.len);
  const nh = SKB_HEADROOM + front;
  buf.set(first.pkt.buf.subarray(first.pkt.nh - front, first.pkt.nh + hlen), SKB_HEADROOM);
  for (const p of queue.pieces) {
    const from = p.pkt.nh + ipHdrLen(p.pkt.buf, p.pkt.nh);
    buf.set(p.pkt.buf.subarray(from, from + p.len), nh + hlen + p.offset);
  }
  const tos = queue.pieces.reduce((sum, p) => sum | (ipTos(p.pkt.buf, p.pkt.nh) & 3), 0);
  for (const p of queue.pieces) if (p.pkt !== pkt) consumeSkb(ns, p.pkt, "ip_frag_reasm");
  morph(pkt, first.pkt);
  pkt.buf = buf;
  pkt.mac = front > 0 ? SKB_HEADROOM : -1;
  pkt.head = nh;
  pkt.nh = nh;
  pkt.tail = buf.length;
  pkt.ipSummed = CHECKSUM_NONE;
  finishHeader(queue, pkt, tos);
  pkt.fragSizes = queue.pieces.map((p) => p.len);
  ns.ipv4.mib.IpReasmOKs++;
  unlink(ns, queue);
  if (ns.world.tracer !== null)
    ns.world.trace(ns, pkt, "ip_frag_reasm", {
      kind: "note",
      text: `put together from ${queue.pieces.length} fragments`,
    });
  return "done";
}

/** skb_morph: what is known about the first fragment is known about the whole; only the device is that of the last to come. */
function morph(pkt: Packet, first: Packet): void {
  pkt.pktType = first.pktType;
  pkt.iif = first.iif;
  pkt.mark = first.mark;
  pkt.ct = first.ct;
  pkt.ctinfo = first.ctinfo;
  pkt.nfTrace = first.nfTrace;
  pkt.nfBridge = first.nfBridge;
  pkt.route = first.route;
  pkt.ipcb = first.ipcb;
  pkt.ipOpt = first.ipOpt;
  pkt.hash = first.hash;
  pkt.l4Hash = first.l4Hash;
  pkt.csumValid = first.csumValid;
}

function finishHeader(queue: FragQueue, pkt: Packet, ecn: number): void {
  const b = pkt.buf;
  const nh = pkt.nh;
  pkt.fragMaxSize = Math.max(queue.maxSize, queue.maxDfSize);
  setU16(b, nh + 2, pkt.len);
  // DF stays only when the largest fragment had it: then nothing larger may leave again.
  const df = queue.maxDfSize === queue.maxSize;
  if (df) pkt.ipcb |= IPSKB_FRAG_PMTU;
  setU16(b, nh + 6, df ? IP_DF : 0);
  b[nh + 1] = ((b[nh + 1] as number) & ~3) | (ecn === 0 ? 0 : ecn);
  ipSendCheck(b, nh);
}

/** What a waiting piece costs beside its data (SKB_TRUESIZE). */
function truesize(piece: Piece): number {
  return piece.len + 640;
}

function unlink(ns: NetNamespace, queue: FragQueue): void {
  queue.done = true;
  for (const p of queue.pieces) ns.ipv4.fragMemory -= truesize(p);
  if (queue.timer !== null) ns.world.clock.cancel(queue.timer);
  const key = queue.id * 256 + queue.proto;
  const rest = (ns.ipv4.fragQueues.get(key) ?? []).filter((q) => q !== queue);
  if (rest.length > 0) ns.ipv4.fragQueues.set(key, rest);
  else ns.ipv4.fragQueues.delete(key);
}

/** fqdir_exit: the namespace goes and with it all queues; nobody is told. */
export function ipFragsExitNet(ns: NetNamespace): void {
  for (const queue of [...ns.ipv4.fragQueues.values()].flat()) {
    unlink(ns, queue);
    for (const p of queue.pieces) kfreeSkb(ns, p.pkt, "FRAG_REASM_TIMEOUT", "fqdir_exit");
  }
}

/** ip_expire: time is up. Only the final destination tells the sender, and only about a datagram whose beginning it has. */
function ipExpire(ns: NetNamespace, queue: FragQueue): void {
  if (queue.done) return;
  unlink(ns, queue);
  ns.ipv4.mib.IpReasmFails++;
  ns.ipv4.mib.IpReasmTimeout++;
  const first = queue.pieces[0];
  if (first !== undefined && first.offset === 0) answerExpiry(ns, queue, first.pkt);
  for (const p of queue.pieces) kfreeSkb(ns, p.pkt, "FRAG_REASM_TIMEOUT", "ip_expire");
}

function answerExpiry(ns: NetNamespace, queue: FragQueue, pkt: Packet): void {
  const dev = queue.dev;
  if (dev === null || dev.ns !== ns) return;
  if (ipRouteInput(pkt, queue.daddr, queue.saddr, ipTos(pkt.buf, pkt.nh), dev) !== null) return;
  const byConntrack = queue.user !== IP_DEFRAG_LOCAL_DELIVER;
  if (byConntrack && (pkt.route?.isLocal !== true || pkt.pktType !== PACKET_HOST)) return;
  ns.ipv4.icmpSend(pkt, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0);
}
