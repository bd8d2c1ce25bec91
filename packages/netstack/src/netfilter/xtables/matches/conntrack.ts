// -m conntrack, -m state (net/netfilter/xt_conntrack.c, xt_state.c): what connection tracking knows about the packet.

import { IP_CT_IS_REPLY, IP_CT_UNTRACKED } from "../../../skb/packet.ts";
import type { Packet } from "../../../skb/packet.ts";
import type { Conntrack } from "../../conntrack/conntrack.ts";
import {
  ctinfoDir,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_DST_NAT,
  IPS_EXPECTED,
  IPS_SEEN_REPLY,
  IPS_SRC_NAT,
} from "../../conntrack/conntrack.ts";
import type { MatchExtension, Options } from "../extension.ts";
import { parseProtocol } from "../protocols.ts";
import type { AddrMask, PortRange } from "../syntax.ts";
import { parseAnyPortRange, parseHostMask, parseUint, plainAddr } from "../syntax.ts";
import { parameterError } from "../xt-error.ts";

/** State bits of this file; established, related and new are 1 << ctinfo, as in the kernel. In canonical order. */
const STATES: readonly (readonly [string, number])[] = [
  ["INVALID", 64],
  ["NEW", 4],
  ["RELATED", 2],
  ["ESTABLISHED", 1],
  ["UNTRACKED", 8],
  ["SNAT", 16],
  ["DNAT", 32],
];
const INVALID = 64;
const UNTRACKED = 8;
const SNAT = 16;
const DNAT = 32;
/** `-m state` knows the first five. */
const PLAIN_STATES = STATES.slice(0, 5);
const STATUSES: readonly (readonly [string, number])[] = [
  ["EXPECTED", IPS_EXPECTED],
  ["SEEN_REPLY", IPS_SEEN_REPLY],
  ["ASSURED", IPS_ASSURED],
  ["CONFIRMED", IPS_CONFIRMED],
];

function parseWords(table: readonly (readonly [string, number])[], text: string, what: string): number {
  let bits = 0;
  for (const word of text.split(",")) {
    const row = table.find(([name]) => name === word.toUpperCase());
    if (row === undefined) throw parameterError(`Bad ${what} "${word}"`);
    bits |= row[1];
  }
  return bits;
}

function wordsOf(table: readonly (readonly [string, number])[], bits: number): string {
  return table
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name)
    .join(",");
}

/** State bit of a packet, without SNAT and DNAT. */
function stateBit(pkt: Packet): number {
  if (pkt.ct !== null) return 1 << (pkt.ctinfo % IP_CT_IS_REPLY);
  return pkt.ctinfo === IP_CT_UNTRACKED ? UNTRACKED : INVALID;
}

interface Bits {
  readonly bits: number;
  readonly invert: boolean;
}

export const stateMatch: MatchExtension<Bits> = {
  name: "state",
  conntrack: true,
  options: [{ name: "state", invert: true }],
  parse: (o) => ({ bits: parseWords(PLAIN_STATES, o.need("state"), "state"), invert: o.inverted("state") }),
  save: (p) => `${p.invert ? " !" : ""} --state ${wordsOf(PLAIN_STATES, p.bits)}`,
  list: (p) => `${p.invert ? "! " : ""}state ${wordsOf(PLAIN_STATES, p.bits)}`,
  test: (p, c) => ((stateBit(c.pkt) & p.bits) !== 0) !== p.invert,
};

/** A condition on a part of the tuples: which tuple (reply or not), which field. */
const ADDR_PARTS = [
  { option: "ctorigsrc", reply: false, field: "src" },
  { option: "ctorigdst", reply: false, field: "dst" },
  { option: "ctreplsrc", reply: true, field: "src" },
  { option: "ctrepldst", reply: true, field: "dst" },
] as const;
const PORT_PARTS = [
  { option: "ctorigsrcport", reply: false, field: "sport" },
  { option: "ctorigdstport", reply: false, field: "dport" },
  { option: "ctreplsrcport", reply: true, field: "sport" },
  { option: "ctrepldstport", reply: true, field: "dport" },
] as const;

interface AddrTest extends AddrMask {
  readonly part: (typeof ADDR_PARTS)[number];
  readonly invert: boolean;
}
interface PortTest extends PortRange {
  readonly part: (typeof PORT_PARTS)[number];
}

interface ConntrackParams {
  readonly state: Bits | null;
  readonly proto: { readonly number: number; readonly invert: boolean } | null;
  readonly addrs: readonly AddrTest[];
  readonly ports: readonly PortTest[];
  readonly status: Bits | null;
  /** Seconds of remaining life. */
  readonly expire: PortRange | null;
  readonly reply: boolean | null;
}

function parseNumberRange(o: Options, option: string, max: number): PortRange | null {
  const text = o.value(option);
  if (text === undefined) return null;
  const [first = "", last = first] = text.split(":");
  const min = first === "" ? 0 : parseUint(first, max);
  const end = last === "" ? max : parseUint(last, max);
  if (min === undefined || end === undefined || min > end) throw o.bad(option, `0-${max}`);
  return { min, max: end, invert: o.inverted(option) };
}

function parseStatus(o: Options): Bits | null {
  const text = o.value("ctstatus");
  if (text === undefined) return null;
  const words = text.split(",").filter((w) => w.toUpperCase() !== "NONE");
  return {
    bits: words.length === 0 ? 0 : parseWords(STATUSES, words.join(","), "ctstatus"),
    invert: o.inverted("ctstatus"),
  };
}

function parseDir(o: Options): boolean | null {
  const text = o.value("ctdir");
  if (text === undefined) return null;
  const word = text.toUpperCase();
  if (word !== "ORIGINAL" && word !== "REPLY")
    throw parameterError(`conntrack: Bad value for "--ctdir" option: "${text}"`);
  return word === "REPLY";
}

function parseParams(o: Options): ConntrackParams {
  if (o.size === 0) throw parameterError("conntrack: At least one option is required");
  const state = o.value("ctstate");
  const proto = o.value("ctproto");
  return {
    state: state === undefined ? null : { bits: parseWords(STATES, state, "ctstate"), invert: o.inverted("ctstate") },
    proto: proto === undefined ? null : { number: parseProtocol(proto), invert: o.inverted("ctproto") },
    addrs: ADDR_PARTS.filter((part) => o.has(part.option)).map((part) => ({
      ...parseHostMask(o.need(part.option)),
      part,
      invert: o.inverted(part.option),
    })),
    ports: PORT_PARTS.flatMap((part) => {
      const text = o.value(part.option);
      return text === undefined ? [] : [{ ...parseAnyPortRange(text, o.inverted(part.option)), part }];
    }),
    status: parseStatus(o),
    expire: parseNumberRange(o, "ctexpire", 0xffffffff),
    reply: parseDir(o),
  };
}

/** All conditions in canonical order; `dashes` is `--` in saved rules and nothing in listings. */
function words(p: ConntrackParams, dashes: string): string {
  const parts: string[] = [];
  const put = (invert: boolean, text: string): unknown => parts.push(`${invert ? " !" : ""} ${dashes}${text}`);
  const range = (r: PortRange): string => (r.min === r.max ? String(r.min) : `${r.min}:${r.max}`);
  if (p.state !== null) put(p.state.invert, `ctstate ${wordsOf(STATES, p.state.bits)}`);
  if (p.proto !== null) put(p.proto.invert, `ctproto ${p.proto.number}`);
  for (const a of p.addrs) put(a.invert, `${a.part.option} ${plainAddr(a)}`);
  for (const r of p.ports) put(r.invert, `${r.part.option} ${range(r)}`);
  if (p.status !== null)
    put(p.status.invert, `ctstatus ${p.status.bits === 0 ? "NONE" : wordsOf(STATUSES, p.status.bits)}`);
  if (p.expire !== null) put(p.expire.invert, `ctexpire ${range(p.expire)}`);
  if (p.reply !== null) put(false, `ctdir ${p.reply ? "REPLY" : "ORIGINAL"}`);
  return parts.join("");
}

function tuplesMatch(p: ConntrackParams, ct: Conntrack): boolean {
  for (const a of p.addrs) {
    const addr = (a.part.reply ? ct.reply : ct.orig)[a.part.field];
    if ((((addr ^ a.addr) & a.mask) === 0) === a.invert) return false;
  }
  for (const r of p.ports) {
    const port = (r.part.reply ? ct.reply : ct.orig)[r.part.field];
    if ((port >= r.min && port <= r.max) === r.invert) return false;
  }
  return true;
}

export const conntrackMatch: MatchExtension<ConntrackParams> = {
  name: "conntrack",
  conntrack: true,
  options: [
    { name: "ctstate", invert: true },
    { name: "ctproto", invert: true },
    ...ADDR_PARTS.map((part) => ({ name: part.option, invert: true })),
    ...PORT_PARTS.map((part) => ({ name: part.option, invert: true })),
    { name: "ctstatus", invert: true },
    { name: "ctexpire", invert: true },
    { name: "ctdir" },
  ],
  parse: parseParams,
  save: (p) => words(p, "--"),
  list: (p) => words(p, "").slice(1),
  test(p, c) {
    const { ct, ctinfo } = c.pkt;
    if (p.state !== null) {
      let bits = stateBit(c.pkt);
      if (ct !== null) bits |= (ct.has(IPS_SRC_NAT) ? SNAT : 0) | (ct.has(IPS_DST_NAT) ? DNAT : 0);
      if (((bits & p.state.bits) !== 0) === p.state.invert) return false;
    }
    // Without a connection only the state can be judged.
    if (ct === null) return p.state !== null;
    if (p.reply !== null && (ctinfoDir(ctinfo) === 1) !== p.reply) return false;
    if (p.proto !== null && (ct.proto === p.proto.number) === p.proto.invert) return false;
    if (!tuplesMatch(p, ct)) return false;
    if (p.status !== null && ct.has(p.status.bits) === p.status.invert) return false;
    if (p.expire === null) return true;
    const seconds = Math.floor(ct.remaining / 1000);
    return (seconds >= p.expire.min && seconds <= p.expire.max) !== p.expire.invert;
  },
};
