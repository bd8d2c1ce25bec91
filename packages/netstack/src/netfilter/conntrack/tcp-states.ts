// TCP as conntrack sees it: states, packet classes and the transition table (net/netfilter/nf_conntrack_proto_tcp.c).

import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN, TCP_URG, TCP_CWR, TCP_ECE } from "../../wire/tcp-fields.ts";

export const TCP_CT_NONE = 0;
export const TCP_CT_SYN_SENT = 1;
export const TCP_CT_SYN_RECV = 2;
export const TCP_CT_ESTABLISHED = 3;
export const TCP_CT_FIN_WAIT = 4;
export const TCP_CT_CLOSE_WAIT = 5;
export const TCP_CT_LAST_ACK = 6;
export const TCP_CT_TIME_WAIT = 7;
export const TCP_CT_CLOSE = 8;
export const TCP_CT_SYN_SENT2 = 9;
/** Invalid in this state (TCP_CONNTRACK_MAX). */
export const TCP_CT_INVALID = 10;
/** Let it pass, keep the state. */
export const TCP_CT_IGNORE = 11;

/** Names as `conntrack -L` prints them; the index is the state. */
export const TCP_CT_NAMES = [
  "NONE",
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "FIN_WAIT",
  "CLOSE_WAIT",
  "LAST_ACK",
  "TIME_WAIT",
  "CLOSE",
  "SYN_SENT2",
] as const;

/** Packet classes, rows of the table. */
export const TCP_SYN_SET = 0;
export const TCP_SYNACK_SET = 1;
export const TCP_FIN_SET = 2;
export const TCP_ACK_SET = 3;
export const TCP_RST_SET = 4;
export const TCP_NONE_SET = 5;

const [SS, SR, ES, FW, CW, LA, TW, CL, S2, IV, IG] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/** [direction][class][state]; columns NONE, SS, SR, ES, FW, CW, LA, TW, CL, S2. As tcp_conntracks in nf_conntrack_proto_tcp.c. */
const TRANSITIONS: readonly (readonly (readonly number[])[])[] = [
  [
    [SS, SS, IG, IG, IG, IG, IG, SS, SS, S2],
    [IV, IV, SR, IV, IV, IV, IV, IV, IV, SR],
    [IV, IV, FW, FW, LA, LA, LA, TW, CL, IV],
    [ES, IV, ES, ES, CW, CW, TW, TW, CL, IV],
    [IV, CL, CL, CL, CL, CL, CL, CL, CL, CL],
    [IV, IV, IV, IV, IV, IV, IV, IV, IV, IV],
  ],
  [
    [IV, S2, IV, IV, IV, IV, IV, SS, IV, S2],
    [IV, SR, IG, IG, IG, IG, IG, IG, IG, SR],
    [IV, IV, FW, FW, LA, LA, LA, TW, CL, IV],
    [IV, IG, SR, ES, CW, CW, TW, TW, CL, IG],
    [IV, CL, CL, CL, CL, CL, CL, CL, CL, CL],
    [IV, IV, IV, IV, IV, IV, IV, IV, IV, IV],
  ],
];

export function tcpTransition(dir: number, index: number, state: number): number {
  return TRANSITIONS[dir]?.[index]?.[state] ?? TCP_CT_INVALID;
}

/** get_conntrack_index. */
export function getConntrackIndex(flags: number): number {
  if ((flags & TCP_RST) !== 0) return TCP_RST_SET;
  if ((flags & TCP_SYN) !== 0) return (flags & TCP_ACK) !== 0 ? TCP_SYNACK_SET : TCP_SYN_SET;
  if ((flags & TCP_FIN) !== 0) return TCP_FIN_SET;
  return (flags & TCP_ACK) !== 0 ? TCP_ACK_SET : TCP_NONE_SET;
}

/** Flag combinations that occur in real connections; PSH, ECE and CWR do not count. */
const VALID_FLAGS = new Set([
  TCP_SYN,
  TCP_SYN | TCP_URG,
  TCP_SYN | TCP_ACK,
  TCP_RST,
  TCP_RST | TCP_ACK,
  TCP_FIN | TCP_ACK,
  TCP_FIN | TCP_ACK | TCP_URG,
  TCP_ACK,
  TCP_ACK | TCP_URG,
]);

export function tcpFlagsValid(flags: number): boolean {
  return VALID_FLAGS.has(flags & ~(TCP_ECE | TCP_CWR | TCP_PSH) & 0xff);
}

/** tcp_can_early_drop: closing or closed. */
export function tcpIsClosing(state: number): boolean {
  return state >= TCP_CT_FIN_WAIT && state <= TCP_CT_CLOSE;
}
