// Entries as rows of plain values, for comparison and export (what ctnetlink's dump carries).

import type { Conntrack } from "./conntrack.ts";
import { ctStateName } from "./print.ts";
import type { Tuple } from "./tuple.ts";

/** Names of the status bits, index is the bit (enum ip_conntrack_status). */
const STATUS_WORDS = [
  "EXPECTED",
  "SEEN_REPLY",
  "ASSURED",
  "CONFIRMED",
  "SRC_NAT",
  "DST_NAT",
  "SEQ_ADJUST",
  "SRC_NAT_DONE",
  "DST_NAT_DONE",
  "DYING",
  "FIXED_TIMEOUT",
  "TEMPLATE",
  "NAT_CLASH",
] as const;

export type CtStatusWord = (typeof STATUS_WORDS)[number];

export interface ConntrackRow {
  /** Addresses u32, protocol parts as in Tuple. */
  readonly orig: Tuple;
  readonly reply: Tuple;
  /** In order of the bits. */
  readonly status: readonly CtStatusWord[];
  readonly mark: number;
  readonly zone: number;
  /** Rest of life, virtual ms. */
  readonly timeout: number;
  /** State of stateful protocols. */
  readonly tcp?: string;
  readonly sctp?: string;
}

export function conntrackRow(ct: Conntrack): ConntrackRow {
  const status = STATUS_WORDS.filter((_, bit) => (ct.status & (1 << bit)) !== 0);
  const row = { orig: ct.orig, reply: ct.reply, status, mark: ct.mark, zone: ct.zone, timeout: ct.remaining };
  const state = ctStateName(ct);
  if (state === undefined) return row;
  return ct.tcp !== null ? Object.assign(row, { tcp: state }) : Object.assign(row, { sctp: state });
}
