// print-domain.c: DNS queries and answers of the types that clusters use.

import { formatIpv4 } from "../addr/ipv4.ts";
import { getU16, getU32 } from "../wire/bytes.ts";
import type { Dissect } from "./dissect.ts";

const TYPES: Readonly<Record<number, string>> = {
  1: "A",
  2: "NS",
  5: "CNAME",
  6: "SOA",
  12: "PTR",
  15: "MX",
  16: "TXT",
  28: "AAAA",
  33: "SRV",
  41: "OPT",
  255: "ANY",
};
const RCODES = [
  "",
  " FormErr",
  " ServFail",
  " NXDomain",
  " NotImp",
  " Refused",
  " YXDomain",
  " YXRRSet",
  " NXRRSet",
  " NotAuth",
  " NotZone",
] as const;
const OPT = 41;

/** A message being read; `p` moves on. Broken is set at the first byte that is not there. */
interface Reader {
  readonly b: Uint8Array;
  readonly start: number;
  readonly end: number;
  p: number;
  broken: boolean;
}

export function domainPrint(d: Dissect, b: Uint8Array, at: number, len: number, end: number): string {
  if (len < 12) return `domain [length ${len} < 12] (invalid)`;
  if (at + 12 > end) return " [|domain]";
  const r: Reader = { b, start: at, end, p: at + 12, broken: false };
  const flags = getU16(b, at + 2);
  const counts = [4, 6, 8, 10].map((o) => getU16(b, at + o)) as [number, number, number, number];
  const text = (flags & 0x8000) !== 0 ? response(d, r, flags, counts) : query(d, r, flags, counts);
  return r.broken ? `${text} [|domain]` : `${text} (${len})`;
}

type Counts = readonly [number, number, number, number];

function response(d: Dissect, r: Reader, flags: number, [qd, an, ns, ar]: Counts): string {
  const bits = `${flags & 0x400 ? "*" : ""}${flags & 0x80 ? "" : "-"}${flags & 0x200 ? "|" : ""}${flags & 0x20 ? "$" : ""}`;
  let text = `${getU16(r.b, r.start)}${opcode(flags)}${RCODES[flags & 15] ?? ` Resp${flags & 15}`}${bits}${qd === 1 ? "" : ` [${qd}q]`}`;
  for (let i = 0; i < qd && !r.broken; i++) {
    const q = question(r);
    if (d.v > 1) text += `${i === 0 ? " q:" : ","}${q}`;
  }
  text += ` ${an}/${ns}/${ar}` + records(d, r, an, "");
  return d.v > 1 ? text + records(d, r, ns, " ns:") + records(d, r, ar, " ar:") : text;
}

function query(d: Dissect, r: Reader, flags: number, [qd, an, ns, ar]: Counts): string {
  let text = `${getU16(r.b, r.start)}${opcode(flags)}${flags & 0x100 ? "+" : ""}${flags & 0x10 ? "%" : ""}`;
  const odd = flags & 0x06cf;
  if (odd !== 0) text += ` [b2&3=0x${flags.toString(16)}]`;
  text += (an ? ` [${an}a]` : "") + (ns ? ` [${ns}n]` : "") + (ar ? ` [${ar}au]` : "") + (qd === 1 ? "" : ` [${qd}q]`);
  for (let i = 0; i < qd && !r.broken; i++) text += `${i === 0 ? "" : ","}${question(r)}`;
  if (d.v < 2) return text;
  return text + records(d, r, an, " an:") + records(d, r, ns, " ns:") + records(d, r, ar, " ar:");
}

function opcode(flags: number): string {
  return ["", " inv_q", " stat", " op3", " notify", " update"][(flags >>> 11) & 15] ?? ` op${(flags >>> 11) & 15}`;
}

function question(r: Reader): string {
  const qname = name(r);
  const type = u16(r);
  u16(r);
  return ` ${TYPES[type] ?? `Type${type}`}? ${qname}`;
}

function records(d: Dissect, r: Reader, count: number, title: string): string {
  const rows: string[] = [];
  for (let i = 0; i < count && !r.broken; i++) rows.push(record(d, r));
  return rows.length === 0 ? "" : title + rows.join(",");
}

/** ns_rprint: the owner with -v, then type and data. */
function record(d: Dissect, r: Reader): string {
  const owner = name(r);
  const type = u16(r);
  const cls = u16(r);
  const ttl = getU32Safe(r);
  const size = u16(r);
  const end = r.p + size;
  if (end > r.end) r.broken = true;
  if (r.broken) return "";
  const head = `${d.v > 0 ? ` ${owner}` : ""} ${TYPES[type] ?? `Type${type}`}`;
  const text = type === OPT ? ` UDPsize=${cls}${ttl & 0x8000 ? " DO" : ""}` : rdata(d, r, type, end);
  r.p = end;
  return head + text;
}

function rdata(d: Dissect, r: Reader, type: number, end: number): string {
  const { b, p } = r;
  switch (type) {
    case 1:
      return ` ${formatIpv4(getU32(b, p))}`;
    case 2:
    case 5:
    case 12:
      return ` ${name(r)}`;
    case 6:
      return d.v === 0 ? "" : soa(r);
    case 15:
      r.p += 2;
      return ` ${name(r)} ${getU16(b, p)}`;
    case 16:
      return texts(r, end);
    case 28:
      return ` ${formatIpv6(b, p)}`;
    case 33:
      r.p += 6;
      return ` ${name(r)}:${getU16(b, p + 4)} ${getU16(b, p)} ${getU16(b, p + 2)}`;
    default:
      return "";
  }
}

function soa(r: Reader): string {
  let text = ` ${name(r)} ${name(r)}`;
  for (let i = 0; i < 5; i++) text += ` ${getU32Safe(r)}`;
  return text;
}

function texts(r: Reader, end: number): string {
  let text = "";
  while (r.p < end) {
    const len = r.b[r.p] as number;
    text += ` "${String.fromCharCode(...r.b.subarray(r.p + 1, r.p + 1 + len))}"`;
    r.p += 1 + len;
  }
  return text;
}

/** Sixteen bytes, the longest run of zero groups shortened (RFC 5952). */
function formatIpv6(b: Uint8Array, p: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => getU16(b, p + 2 * i).toString(16)).join(":");
  const run = [...groups.matchAll(/(?<![0-9a-f])0(?::0(?![0-9a-f]))+/g)].sort((x, y) => y[0].length - x[0].length)[0];
  if (run === undefined) return groups;
  const before = groups.slice(0, run.index).replace(/:$/, "");
  const after = groups.slice(run.index + run[0].length).replace(/^:/, "");
  return `${before}::${after}`;
}

function u16(r: Reader): number {
  if (r.p + 2 > r.end) {
    r.broken = true;
    return 0;
  }
  const v = getU16(r.b, r.p);
  r.p += 2;
  return v;
}

function getU32Safe(r: Reader): number {
  const high = u16(r);
  return high * 65536 + u16(r);
}

/** A name with its compression pointers (RFC 1035 §4.1.4), ending in a dot. Pointers must go backwards, so it ends. */
function name(r: Reader): string {
  let text = "";
  let p = r.p;
  let jumped = false;
  let limit = r.end;
  while (p < limit) {
    const len = r.b[p] as number;
    if (len === 0) {
      if (!jumped) r.p = p + 1;
      return text === "" ? "." : text;
    }
    if (len >= 0xc0) {
      if (p + 2 > r.end) break;
      if (!jumped) r.p = p + 2;
      jumped = true;
      limit = p;
      p = r.start + (getU16(r.b, p) & 0x3fff);
      continue;
    }
    text += `${String.fromCharCode(...r.b.subarray(p + 1, p + 1 + len))}.`;
    p += 1 + len;
  }
  r.broken = true;
  return text;
}
