// SCTP (nf_conntrack_proto_sctp.c): states by chunk type, verification tags of both directions (RFC 9260 §8.5).

import type { Packet } from "../../skb/packet.ts";
import { CHECKSUM_NONE, CHECKSUM_UNNECESSARY } from "../../skb/packet.ts";
import { getU16, getU32 } from "../../wire/bytes.ts";
import type { HookNum } from "../hooks.ts";
import type { ConntrackNet } from "./conntrack-net.ts";
import type { Conntrack } from "./conntrack.ts";
import { IPS_ASSURED, IPS_CONFIRMED } from "./conntrack.ts";
import { IPCT_ASSURED, IPCT_PROTOINFO } from "./events.ts";
import type { CtVerdict } from "./l4proto.ts";
import { CT_ACCEPT, CT_INVALID, mustVerify, nfCtRefreshAcct } from "./l4proto.ts";
import { SCTP_CHECK_OFF, SCTP_HLEN, sctpComputeCheck } from "./sctp-crc.ts";
import type { CtDir } from "./tuple.ts";
import { IP_CT_DIR_ORIGINAL } from "./tuple.ts";

export const SCTP_CT_NAMES = [
  "NONE",
  "CLOSED",
  "COOKIE_WAIT",
  "COOKIE_ECHOED",
  "ESTABLISHED",
  "SHUTDOWN_SENT",
  "SHUTDOWN_RECD",
  "SHUTDOWN_ACK_SENT",
  "HEARTBEAT_SENT",
] as const;
const NONE = 0;
const CLOSED = 1;
const ESTABLISHED = 4;
const INVALID = 9;

const [CL, CW, CE, ES, SS, SR, SA, HS, IV] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

const CID_DATA = 0;
const CID_INIT = 1;
const CID_INIT_ACK = 2;
const CID_HEARTBEAT = 4;
const CID_HEARTBEAT_ACK = 5;
const CID_ABORT = 6;
const CID_SHUTDOWN_ACK = 8;
const CID_COOKIE_ECHO = 10;
const CID_COOKIE_ACK = 11;
const CID_SHUTDOWN_COMPLETE = 14;

/** Row of the table by chunk type: INIT, INIT ACK, ABORT, SHUTDOWN, SHUTDOWN ACK, ERROR, COOKIE ECHO, COOKIE ACK, SHUTDOWN COMPLETE, HEARTBEAT, HEARTBEAT ACK. */
const CHUNK_ROW: Readonly<Record<number, number>> = {
  1: 0,
  2: 1,
  6: 2,
  7: 3,
  8: 4,
  9: 5,
  10: 6,
  11: 7,
  14: 8,
  4: 9,
  5: 10,
};

/** [direction][row][state]; columns NONE, CL, CW, CE, ES, SS, SR, SA, HS. */
const TRANSITIONS: readonly (readonly (readonly number[])[])[] = [
  [
    [CL, CL, CW, CE, ES, CL, CL, SA, CW],
    [CL, CL, CW, CE, ES, SS, SR, SA, CL],
    [CL, CL, CL, CL, CL, CL, CL, CL, CL],
    [CL, CL, CW, CE, SS, SS, SR, SA, CL],
    [SA, CL, CW, CE, ES, SA, SA, SA, SA],
    [CL, CL, CW, CE, ES, SS, SR, SA, CL],
    [CL, CL, CE, CE, ES, SS, SR, SA, CL],
    [CL, CL, CW, CE, ES, SS, SR, SA, CL],
    [CL, CL, CW, CE, ES, SS, SR, CL, CL],
    [HS, CL, CW, CE, ES, SS, SR, SA, HS],
    [CL, CL, CW, CE, ES, SS, SR, SA, HS],
  ],
  [
    [IV, CL, CW, CE, ES, SS, SR, SA, IV],
    [IV, CW, CW, CE, ES, SS, SR, SA, IV],
    [IV, CL, CL, CL, CL, CL, CL, CL, IV],
    [IV, CL, CW, CE, SR, SS, SR, SA, IV],
    [IV, CL, CW, CE, ES, SA, SA, SA, IV],
    [IV, CL, CW, CL, ES, SS, SR, SA, IV],
    [IV, CL, CW, CE, ES, SS, SR, SA, IV],
    [IV, CL, CW, ES, ES, SS, SR, SA, IV],
    [IV, CL, CW, CE, ES, SS, SR, CL, IV],
    [IV, CL, CW, CE, ES, SS, SR, SA, HS],
    [IV, CL, CW, CE, ES, SS, SR, SA, ES],
  ],
];

/** SCTP part of a connection. Tags are those the packets of each direction must carry. */
export class SctpConn {
  state = NONE;
  readonly vtag: [number, number] = [0, 0];
  /** A HEARTBEAT with a foreign tag was seen in `lastDir`; its ACK decides. */
  heartbeatFailed = false;
  lastDir: CtDir = 0;
}

function nextState(dir: CtDir, state: number, chunk: number): number {
  const row = CHUNK_ROW[chunk];
  // DATA, SACK and the like change nothing.
  return row === undefined ? state : (TRANSITIONS[dir]?.[row]?.[state] ?? INVALID);
}

/** Walks the chunks; `visit(type, flags, offset)` returns false to stop. False when stopped. */
function eachChunk(pkt: Packet, sh: number, visit: (type: number, flags: number, at: number) => boolean): boolean {
  for (let at = sh + SCTP_HLEN; at + 4 <= pkt.tail; at += (getU16(pkt.buf, at + 2) + 3) & ~3) {
    if (!visit(pkt.buf[at] as number, pkt.buf[at + 1] as number, at)) return false;
  }
  return true;
}

/** do_basic_checks: which chunk types occur (bit per type below 32), or -1 when their order is impossible. */
function chunkMap(pkt: Packet, sh: number): number {
  let map = 0;
  let count = 0;
  let alone = false;
  const fine = eachChunk(pkt, sh, (type, _flags, at) => {
    if (type === CID_INIT || type === CID_INIT_ACK || type === CID_SHUTDOWN_COMPLETE) alone = true;
    const first = type === CID_COOKIE_ACK || type === CID_COOKIE_ECHO || alone;
    if ((first && count !== 0) || getU16(pkt.buf, at + 2) === 0) return false;
    if (type < 32) map |= 1 << type;
    count++;
    return true;
  });
  return fine && count > 0 ? map : -1;
}

function initTag(pkt: Packet, at: number): number | null {
  return at + 20 > pkt.tail ? null : getU32(pkt.buf, at + 4);
}

/** sctp_new: null when no association may begin like this. */
function sctpNew(pkt: Packet, sh: number): SctpConn | null {
  const sctp = new SctpConn();
  const vtag = getU32(pkt.buf, sh + 4);
  const fine = eachChunk(pkt, sh, (type, _flags, at) => {
    const state = nextState(IP_CT_DIR_ORIGINAL, NONE, type);
    if (state === NONE || state === INVALID) return false;
    if (type === CID_HEARTBEAT) sctp.vtag[0] = vtag;
    else if (type !== CID_INIT) sctp.vtag[1] = vtag;
    else {
      const tag = initTag(pkt, at);
      if (vtag !== 0 || tag === null) return false;
      sctp.vtag[1] = tag;
    }
    return true;
  });
  return fine ? sctp : null;
}

/** sctp_error. */
function sctpError(net: ConntrackNet, pkt: Packet, sh: number, hook: HookNum): boolean {
  if (sh + SCTP_HLEN > pkt.tail) return true;
  if (!mustVerify(net, hook) || pkt.ipSummed !== CHECKSUM_NONE) return false;
  if (getU32(pkt.buf, sh + SCTP_CHECK_OFF) !== sctpComputeCheck(pkt.buf, sh, pkt.tail)) return true;
  pkt.ipSummed = CHECKSUM_UNNECESSARY;
  return false;
}

function bits(...types: number[]): number {
  return types.reduce((map, type) => map | (1 << type), 0);
}
const OUT_OF_THE_BLUE_BAD = bits(CID_ABORT, CID_SHUTDOWN_COMPLETE, CID_COOKIE_ACK);
/** Packets with one of these have their own tag rules. */
const OWN_TAG_RULE = bits(
  CID_INIT,
  CID_SHUTDOWN_COMPLETE,
  CID_COOKIE_ECHO,
  CID_ABORT,
  CID_SHUTDOWN_ACK,
  CID_HEARTBEAT,
  CID_HEARTBEAT_ACK,
);

/** Outcome of the tag rules for one chunk: "skip" leaves the state alone and the timeout unrefreshed. */
type TagVerdict = "ok" | "bad" | "skip";

/** HEARTBEAT and its ACK: unknown tags are learned; a foreign one is believed only when the other side acknowledges it. */
function heartbeatTag(sctp: SctpConn, dir: CtDir, vtag: number, isAck: boolean, strict: boolean): TagVerdict {
  if (sctp.vtag[dir] === 0) sctp.vtag[dir] = vtag;
  else if (vtag === sctp.vtag[dir]) sctp.heartbeatFailed = false;
  else {
    if (strict) return "bad";
    if (!isAck) {
      sctp.heartbeatFailed = true;
      sctp.lastDir = dir;
      return "skip";
    }
    if (!sctp.heartbeatFailed || sctp.lastDir === dir) return "bad";
    sctp.heartbeatFailed = false;
    sctp.vtag[dir] = vtag;
    sctp.vtag[dir === 0 ? 1 : 0] = 0;
  }
  return "ok";
}

/** Special verification tag rules by chunk (RFC 9260 §8.5.1). */
function chunkTag(sctp: SctpConn, dir: CtDir, vtag: number, type: number, flags: number, strict: boolean): TagVerdict {
  switch (type) {
    case CID_INIT:
      return vtag === 0 ? "ok" : "bad";
    case CID_ABORT:
    case CID_SHUTDOWN_COMPLETE:
      // The T bit reflects the peer's tag.
      return vtag === sctp.vtag[(flags & 1) === 0 ? dir : dir === 0 ? 1 : 0] ? "ok" : "bad";
    case CID_COOKIE_ECHO:
      return vtag === sctp.vtag[dir] ? "ok" : "bad";
    case CID_HEARTBEAT:
    case CID_HEARTBEAT_ACK:
      return heartbeatTag(sctp, dir, vtag, type === CID_HEARTBEAT_ACK, strict);
    default:
      return "ok";
  }
}

/** nf_conntrack_sctp_packet. */
export function nfConntrackSctpPacket(
  net: ConntrackNet,
  ct: Conntrack,
  pkt: Packet,
  sh: number,
  dir: CtDir,
  hook: HookNum,
): CtVerdict {
  if (sctpError(net, pkt, sh, hook)) return CT_INVALID;
  const map = chunkMap(pkt, sh);
  if (map < 0) return CT_INVALID;
  const confirmed = ct.has(IPS_CONFIRMED);
  if (!confirmed) {
    if ((map & OUT_OF_THE_BLUE_BAD) !== 0) return CT_INVALID;
    ct.sctp = sctpNew(pkt, sh);
  }
  const sctp = ct.sctp;
  if (sctp === null) return CT_INVALID;
  const vtag = getU32(pkt.buf, sh + 4);
  if ((map & OWN_TAG_RULE) === 0 && vtag !== sctp.vtag[dir]) return CT_INVALID;
  return sctpChunks(net, ct, sctp, pkt, sh, dir, vtag, (map & (1 << CID_DATA)) !== 0);
}

function sctpChunks(
  net: ConntrackNet,
  ct: Conntrack,
  sctp: SctpConn,
  pkt: Packet,
  sh: number,
  dir: CtDir,
  vtag: number,
  hasData: boolean,
): CtVerdict {
  const confirmed = ct.has(IPS_CONFIRMED);
  let ignore = false;
  const fine = eachChunk(pkt, sh, (type, flags, at) => {
    const tag = chunkTag(sctp, dir, vtag, type, flags, hasData || ignore);
    if (tag === "skip") ignore = true;
    if (tag !== "ok") return tag === "skip";
    const oldState = sctp.state;
    const newState = nextState(dir, oldState, type);
    if (newState === INVALID) return false;
    if (type === CID_INIT || type === CID_INIT_ACK) {
      const init = initTag(pkt, at);
      if (init === null) return false;
      sctp.vtag[dir === 0 ? 1 : 0] = init;
      // A repeated INIT does not prolong the entry.
      if (newState === CLOSED && oldState === CLOSED && confirmed) ignore = true;
    }
    setState(net, ct, sctp, newState);
    return true;
  });
  if (!fine) return CT_INVALID;
  if (!ignore) nfCtRefreshAcct(net, ct, dir, pkt, net.sysctl.sctpTimeout(sctp.state));
  return CT_ACCEPT;
}

function setState(net: ConntrackNet, ct: Conntrack, sctp: SctpConn, state: number): void {
  if (sctp.state === state) return;
  sctp.state = state;
  net.cacheEvent(ct, IPCT_PROTOINFO);
  if (state !== ESTABLISHED || ct.has(IPS_ASSURED)) return;
  ct.status |= IPS_ASSURED;
  net.cacheEvent(ct, IPCT_ASSURED);
}
