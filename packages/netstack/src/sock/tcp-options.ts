// TCP options on the way out (net/ipv4/tcp_output.c: tcp_options_write). The order is the kernel's, captures show it.

import { setU16, setU32 } from "../wire/bytes.ts";
import {
  TCPOPT_MSS,
  TCPOPT_NOP,
  TCPOPT_SACK,
  TCPOPT_SACK_PERM,
  TCPOPT_TIMESTAMP,
  TCPOPT_WINDOW,
} from "../wire/tcp-fields.ts";

/** Options of a SYN or SYN-ACK. */
export interface SynOptions {
  readonly mss: number;
  readonly sackOk: boolean;
  /** Null: no timestamps. */
  readonly ts: { readonly val: number; readonly ecr: number } | null;
  /** -1: no window scaling. */
  readonly wscale: number;
}

/** Bytes of a SYN's options. */
export function synOptionsSize(o: SynOptions): number {
  return 4 + (o.ts !== null ? 12 : o.sackOk ? 4 : 0) + (o.wscale >= 0 ? 4 : 0);
}

/** `mss M,sackOK,TS val V ecr E,nop,wscale W`; padding stands where an absent option leaves a hole. */
export function writeSynOptions(b: Uint8Array, at: number, o: SynOptions): void {
  b[at] = TCPOPT_MSS;
  b[at + 1] = 4;
  setU16(b, at + 2, o.mss);
  let p = at + 4;
  if (o.ts !== null || o.sackOk) {
    b[p] = o.sackOk && o.ts !== null ? TCPOPT_SACK_PERM : TCPOPT_NOP;
    b[p + 1] = o.sackOk && o.ts !== null ? 2 : TCPOPT_NOP;
    p += 2;
    p = o.ts === null ? writeSackPerm(b, p) : writeTimestamp(b, p, o.ts.val, o.ts.ecr);
  }
  if (o.wscale < 0) return;
  b[p] = TCPOPT_NOP;
  b[p + 1] = TCPOPT_WINDOW;
  b[p + 2] = 3;
  b[p + 3] = o.wscale;
}

function writeSackPerm(b: Uint8Array, p: number): number {
  b[p] = TCPOPT_SACK_PERM;
  b[p + 1] = 2;
  return p + 2;
}

function writeTimestamp(b: Uint8Array, p: number, val: number, ecr: number): number {
  b[p] = TCPOPT_TIMESTAMP;
  b[p + 1] = 10;
  setU32(b, p + 2, val);
  setU32(b, p + 6, ecr);
  return p + 10;
}

/** `nop,nop,TS val V ecr E`: 12 bytes at `at`. */
export function writeAlignedTimestamp(b: Uint8Array, at: number, val: number, ecr: number): void {
  b[at] = TCPOPT_NOP;
  b[at + 1] = TCPOPT_NOP;
  writeTimestamp(b, at + 2, val, ecr);
}

/** `nop,nop,sack n {a:b}…`: 4 + 8n bytes at `at`. `edges` holds pairs. */
export function writeSackBlocks(b: Uint8Array, at: number, edges: readonly number[]): void {
  b[at] = TCPOPT_NOP;
  b[at + 1] = TCPOPT_NOP;
  b[at + 2] = TCPOPT_SACK;
  b[at + 3] = 2 + edges.length * 4;
  edges.forEach((edge, i) => setU32(b, at + 4 + 4 * i, edge));
}
