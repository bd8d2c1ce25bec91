// The TCP tracker: from packet and state to new state, timeout and verdict (nf_conntrack_tcp_packet).

import type { Packet } from "../../skb/packet.ts";
import { IPPROTO_TCP } from "../../wire/ipv4-fields.ts";
import {
  seqBefore,
  TCP_HLEN,
  TCP_RST,
  tcpAckSeq,
  tcpFlags,
  tcpHdrLen,
  tcpSeq,
  tcpWindow,
} from "../../wire/tcp-fields.ts";
import type { HookNum } from "../hooks.ts";
import type { ConntrackNet } from "./conntrack-net.ts";
import type { Conntrack } from "./conntrack.ts";
import { IPS_ASSURED, IPS_CONFIRMED, IPS_FIXED_TIMEOUT, IPS_SEEN_REPLY } from "./conntrack.ts";
import { IPCT_ASSURED, IPCT_PROTOINFO } from "./events.ts";
import type { CtVerdict } from "./l4proto.ts";
import {
  CT_ACCEPT,
  CT_DROP,
  CT_INVALID,
  CT_REPEAT,
  mustVerify,
  nfCtAcct,
  nfCtRefreshAcct,
  nfIpChecksumBad,
} from "./l4proto.ts";
import { TCP_TIMEOUT_RETRANS, TCP_TIMEOUT_UNACK } from "./ct-sysctls.ts";
import {
  getConntrackIndex,
  TCP_ACK_SET,
  TCP_CT_CLOSE,
  TCP_CT_ESTABLISHED,
  TCP_CT_FIN_WAIT,
  TCP_CT_IGNORE,
  TCP_CT_INVALID,
  TCP_CT_LAST_ACK,
  TCP_CT_NONE,
  TCP_CT_SYN_RECV,
  TCP_CT_SYN_SENT,
  TCP_CT_SYN_SENT2,
  TCP_CT_TIME_WAIT,
  TCP_FIN_SET,
  TCP_NONE_SET,
  TCP_RST_SET,
  TCP_SYN_SET,
  TCP_SYNACK_SET,
  tcpFlagsValid,
  tcpIsClosing,
  tcpTransition,
} from "./tcp-states.ts";
import {
  CT_TCP_BE_LIBERAL,
  CT_TCP_CLOSE_INIT,
  CT_TCP_DATA_UNACKNOWLEDGED,
  CT_TCP_EXP_CHALLENGE_ACK,
  CT_TCP_MAXACK_SET,
  CT_TCP_SACK_PERM,
  CT_TCP_SIMULTANEOUS_OPEN,
  CT_TCP_WINDOW_SCALE,
  noteOptions,
  segmentEnd,
  TcpConn,
  tcpInWindow,
  TcpPeer,
} from "./tcp-window.ts";
import type { CtDir } from "./tuple.ts";
import { IP_CT_DIR_ORIGINAL, IP_CT_DIR_REPLY } from "./tuple.ts";

export { TcpConn } from "./tcp-window.ts";

/** Below this rest of life (s) an out-of-window FIN or RST changes nothing. */
const INVALID_CLOSE_MIN = 120;

/** tcp_error: truncated, wrong checksum, impossible flags. */
function tcpError(net: ConntrackNet, pkt: Packet, th: number, hook: HookNum): boolean {
  const hdrLen = tcpHdrLen(pkt.buf, th);
  if (hdrLen < TCP_HLEN || th + hdrLen > pkt.tail) return true;
  if (mustVerify(net, hook) && nfIpChecksumBad(pkt, th, IPPROTO_TCP, hook)) return true;
  return !tcpFlagsValid(tcpFlags(pkt.buf, th));
}

/** tcp_new: null when no connection may begin with this packet. */
function tcpNew(net: ConntrackNet, pkt: Packet, th: number): TcpConn | null {
  const state = tcpTransition(IP_CT_DIR_ORIGINAL, getConntrackIndex(tcpFlags(pkt.buf, th)), TCP_CT_NONE);
  if (state === TCP_CT_INVALID) return null;
  const picked = state !== TCP_CT_SYN_SENT;
  if (picked && net.sysctl.tcpLoose === 0) return null;
  const tcp = new TcpConn();
  const [first, second] = tcp.seen;
  first.end = segmentEnd(pkt.buf, th, pkt.tail);
  first.maxWin = Math.max(1, tcpWindow(pkt.buf, th));
  first.maxEnd = picked ? (first.end + first.maxWin) >>> 0 : first.end;
  if (picked) first.flags = second.flags = CT_TCP_SACK_PERM | CT_TCP_BE_LIBERAL;
  else noteOptions(pkt.buf, th, first);
  tcp.lastIndex = TCP_NONE_SET;
  return tcp;
}

/** A SYN-ACK that answers a SYN which was let through as ignored: both ends agree, so adopt what that SYN said. */
function resync(tcp: TcpConn, dir: CtDir): void {
  const peer = tcp.seen[tcp.lastDir];
  peer.end = peer.maxEnd = tcp.lastEnd;
  peer.maxWin = Math.max(1, tcp.lastWin);
  peer.scale = tcp.lastWscale;
  tcp.lastFlags &= ~CT_TCP_EXP_CHALLENGE_ACK;
  peer.flags = tcp.lastFlags;
  const other = tcp.seen[dir];
  const liberal = other.flags & CT_TCP_BE_LIBERAL;
  Object.assign(other, new TcpPeer());
  other.flags = liberal;
}

/** A packet that may be right although it does not fit: remember it, change nothing. */
function noteIgnored(tcp: TcpConn, pkt: Packet, th: number, dir: CtDir, index: number): void {
  tcp.lastIndex = index;
  tcp.lastDir = dir;
  tcp.lastSeq = tcpSeq(pkt.buf, th);
  tcp.lastEnd = segmentEnd(pkt.buf, th, pkt.tail);
  tcp.lastWin = tcpWindow(pkt.buf, th);
  if (index === TCP_SYN_SET && dir === IP_CT_DIR_ORIGINAL) {
    const seen = new TcpPeer();
    noteOptions(pkt.buf, th, seen);
    tcp.lastWscale = (seen.flags & CT_TCP_WINDOW_SCALE) !== 0 ? seen.scale : 0;
    tcp.lastFlags = seen.flags & (CT_TCP_WINDOW_SCALE | CT_TCP_SACK_PERM);
    // The server may answer with a challenge ACK (RFC 5961 §4), which must not count as the last ACK.
    if (tcp.state === TCP_CT_LAST_ACK) tcp.lastFlags |= CT_TCP_EXP_CHALLENGE_ACK;
  }
  if (tcp.state === TCP_CT_SYN_SENT && index === TCP_ACK_SET && dir === IP_CT_DIR_REPLY)
    tcp.lastAck = tcpAckSeq(pkt.buf, th);
}

/** nf_conntrack_tcp_established. */
function established(ct: Conntrack, tcp: TcpConn): boolean {
  return tcp.state === TCP_CT_ESTABLISHED && ct.has(IPS_ASSURED);
}

/** How a RST that the table would let close the connection is judged: with the window check, without it, as inexact (keep the state), or refused. */
function judgeReset(
  net: ConntrackNet,
  ct: Conntrack,
  tcp: TcpConn,
  pkt: Packet,
  th: number,
  dir: CtDir,
): "check" | "close" | "keep" | "invalid" {
  // Already closing: the tuple may be in use again, the numbers say nothing.
  if (tcpIsClosing(tcp.state)) return "close";
  const peer = tcp.seen[dir === 0 ? 1 : 0];
  const seq = tcpSeq(pkt.buf, th);
  let judged: "check" | "keep" = "check";
  if ((peer.flags & CT_TCP_MAXACK_SET) !== 0 && tcp.lastIndex !== TCP_SYN_SET) {
    if (seq === 0 && !established(ct, tcp)) return "check";
    if (seqBefore(seq, peer.maxAck) && net.sysctl.tcpIgnoreInvalidRst === 0) return "invalid";
    if (!established(ct, tcp) || seq === peer.maxAck) return "check";
    // Directly behind the last data of a train.
    if (tcp.lastIndex === TCP_ACK_SET && tcp.lastDir === dir && seq === tcp.lastEnd) return "check";
    judged = "keep";
  }
  return answersIgnored(ct, tcp, pkt, th, dir) ? "close" : judged;
}

/** The RST answers a SYN or ACK that was let through although it did not fit. Nobody answers his own segment (recorded on 6.18). */
function answersIgnored(ct: Conntrack, tcp: TcpConn, pkt: Packet, th: number, dir: CtDir): boolean {
  const afterSyn = ct.has(IPS_SEEN_REPLY) && tcp.lastIndex === TCP_SYN_SET;
  const afterAck = !ct.has(IPS_ASSURED) && tcp.lastIndex === TCP_ACK_SET;
  if (tcp.lastDir !== dir && (afterSyn || afterAck) && tcpAckSeq(pkt.buf, th) === tcp.lastEnd) return true;
  return (
    tcp.state === TCP_CT_SYN_SENT &&
    tcp.lastIndex === TCP_ACK_SET &&
    tcp.lastDir === IP_CT_DIR_REPLY &&
    tcpSeq(pkt.buf, th) === tcp.lastAck
  );
}

/** A closed or aborted connection whose client begins anew. */
function isReopen(tcp: TcpConn, dir: CtDir): boolean {
  const closeSeen = ((tcp.seen[0].flags | tcp.seen[1].flags) & CT_TCP_CLOSE_INIT) !== 0;
  return closeSeen || (tcp.lastDir === dir && tcp.lastIndex === TCP_RST_SET);
}

/** Detected challenge ACK (RFC 5961 §4): not the last ACK it looks like. */
function isChallengeAck(tcp: TcpConn, dir: CtDir, index: number): boolean {
  return (
    tcp.state === TCP_CT_LAST_ACK &&
    index === TCP_ACK_SET &&
    tcp.lastDir !== dir &&
    tcp.lastIndex === TCP_SYN_SET &&
    (tcp.lastFlags & CT_TCP_EXP_CHALLENGE_ACK) !== 0
  );
}

/** nf_tcp_handle_invalid: FINs or RSTs outside the window from both sides mean that the two ends know better; do not keep a dead entry for days. */
function handleInvalid(net: ConntrackNet, ct: Conntrack, tcp: TcpConn, dir: CtDir, index: number): void {
  if (!ct.has(IPS_ASSURED) || ct.has(IPS_FIXED_TIMEOUT)) return;
  if (index !== TCP_RST_SET && index !== TCP_FIN_SET) return;
  if (tcp.lastDir === dir || (tcp.lastIndex !== TCP_FIN_SET && tcp.lastIndex !== TCP_RST_SET)) {
    tcp.lastIndex = index;
    tcp.lastDir = dir;
    return;
  }
  const unack = net.sysctl.tcpTimeout(TCP_TIMEOUT_UNACK);
  if (ct.remaining >= INVALID_CLOSE_MIN * 1000 && ct.remaining > unack * 1000) ct.timeout = net.now + unack * 1000;
}

/** Seconds to live after an accepted packet (nf_conntrack_tcp_packet). */
function chooseTimeout(net: ConntrackNet, tcp: TcpConn, index: number): number {
  const own = net.sysctl.tcpTimeout(tcp.state);
  const retrans = net.sysctl.tcpTimeout(TCP_TIMEOUT_RETRANS);
  const unack = net.sysctl.tcpTimeout(TCP_TIMEOUT_UNACK);
  if (tcp.retrans >= net.sysctl.tcpMaxRetrans && own > retrans) return retrans;
  if (index === TCP_RST_SET) return net.sysctl.tcpTimeout(TCP_CT_CLOSE);
  if (((tcp.seen[0].flags | tcp.seen[1].flags) & CT_TCP_DATA_UNACKNOWLEDGED) !== 0 && own > unack) return unack;
  return tcp.lastWin === 0 && own > retrans ? retrans : own;
}

/** The packet is in the window: take the new state, choose the timeout. */
function accept(
  net: ConntrackNet,
  ct: Conntrack,
  tcp: TcpConn,
  pkt: Packet,
  th: number,
  dir: CtDir,
  index: number,
  oldState: number,
  newState: number,
): CtVerdict {
  tcp.lastIndex = index;
  tcp.lastDir = dir;
  tcp.state = newState;
  if (oldState !== newState && newState === TCP_CT_FIN_WAIT) tcp.seen[dir].flags |= CT_TCP_CLOSE_INIT;
  let timeout = chooseTimeout(net, tcp, index);
  if (newState !== oldState) net.cacheEvent(ct, IPCT_PROTOINFO);
  if (!ct.has(IPS_SEEN_REPLY)) {
    // Refused before anything was said: nothing to remember.
    if ((tcpFlags(pkt.buf, th) & TCP_RST) !== 0) {
      nfCtAcct(ct, dir, pkt);
      net.kill(ct);
      return CT_ACCEPT;
    }
    // A retransmitted SYN does not prolong the entry.
    if (index === TCP_SYN_SET && oldState === TCP_CT_SYN_SENT && !net.ns.flavour.synRenewsTimeout) return CT_ACCEPT;
    if (newState === TCP_CT_ESTABLISHED) timeout = Math.min(timeout, net.sysctl.tcpTimeout(TCP_TIMEOUT_UNACK));
  } else if (
    !ct.has(IPS_ASSURED) &&
    (oldState === TCP_CT_SYN_RECV || oldState === TCP_CT_ESTABLISHED) &&
    newState === TCP_CT_ESTABLISHED
  ) {
    ct.status |= IPS_ASSURED;
    net.cacheEvent(ct, IPCT_ASSURED);
  }
  nfCtRefreshAcct(net, ct, dir, pkt, timeout);
  return CT_ACCEPT;
}

/** nf_conntrack_tcp_packet. */
export function nfConntrackTcpPacket(
  net: ConntrackNet,
  ct: Conntrack,
  pkt: Packet,
  th: number,
  dir: CtDir,
  hook: HookNum,
): CtVerdict {
  if (th + TCP_HLEN > pkt.tail || tcpError(net, pkt, th, hook)) return CT_INVALID;
  if (!ct.has(IPS_CONFIRMED)) {
    ct.tcp = tcpNew(net, pkt, th);
    if (ct.tcp === null) return CT_INVALID;
  }
  const tcp = ct.tcp;
  return tcp === null ? CT_INVALID : tcpPacket(net, ct, tcp, pkt, th, dir);
}

function tcpPacket(net: ConntrackNet, ct: Conntrack, tcp: TcpConn, pkt: Packet, th: number, dir: CtDir): CtVerdict {
  const index = getConntrackIndex(tcpFlags(pkt.buf, th));
  let oldState = tcp.state;
  let newState = tcpTransition(dir, index, oldState);
  let ignore = newState === TCP_CT_IGNORE;
  if (newState === TCP_CT_INVALID) return CT_INVALID;
  if (newState === TCP_CT_SYN_SENT && oldState >= TCP_CT_TIME_WAIT) {
    if (isReopen(tcp, dir)) return net.kill(ct) ? CT_REPEAT : CT_DROP;
    ignore = true;
  }
  if (ignore) {
    const answersSyn =
      index === TCP_SYNACK_SET &&
      tcp.lastIndex === TCP_SYN_SET &&
      tcp.lastDir !== dir &&
      tcpAckSeq(pkt.buf, th) === tcp.lastEnd;
    if (!answersSyn) {
      noteIgnored(tcp, pkt, th, dir, index);
      return CT_ACCEPT;
    }
    resync(tcp, dir);
    oldState = TCP_CT_SYN_SENT;
    newState = TCP_CT_SYN_RECV;
  } else if (newState === TCP_CT_TIME_WAIT && isChallengeAck(tcp, dir, index)) {
    tcp.lastFlags &= ~CT_TCP_EXP_CHALLENGE_ACK;
    return CT_ACCEPT;
  } else if (newState === TCP_CT_SYN_SENT2) tcp.lastFlags |= CT_TCP_SIMULTANEOUS_OPEN;
  else if (
    newState === TCP_CT_SYN_RECV &&
    dir === IP_CT_DIR_REPLY &&
    index === TCP_ACK_SET &&
    (tcp.lastFlags & CT_TCP_SIMULTANEOUS_OPEN) !== 0
  ) {
    newState = TCP_CT_ESTABLISHED;
  } else if (newState === TCP_CT_CLOSE && index === TCP_RST_SET) {
    const judged = judgeReset(net, ct, tcp, pkt, th, dir);
    if (judged === "invalid") return CT_INVALID;
    if (judged === "keep") newState = oldState;
    if (judged === "close") return accept(net, ct, tcp, pkt, th, dir, index, oldState, newState);
  }
  const action = tcpInWindow(tcp, dir, index, pkt.buf, th, pkt.tail, net.sysctl.tcpBeLiberal !== 0);
  if (action === "accept") return accept(net, ct, tcp, pkt, th, dir, index, oldState, newState);
  if (action === "invalid") handleInvalid(net, ct, tcp, dir, index);
  return action === "invalid" ? CT_INVALID : CT_ACCEPT;
}
