// -m tcp (net/netfilter/xt_tcpudp.c: tcp_mt; RFC 9293 header).

import { getU16 } from "../../../wire/bytes.ts";
import type { XtContext } from "../context.ts";
import type { MatchExtension } from "../extension.ts";
import type { PortRange } from "../syntax.ts";
import {
  isAnyPort,
  listPorts,
  mergeInvertible,
  mergePorts,
  parsePortRange,
  parseUint,
  portMatches,
  savePorts,
} from "../syntax.ts";
import { parameterError } from "../xt-error.ts";
import { PORT_OPTIONS } from "./port-options.ts";

const TCP = 6;
const FLAG_BITS = [
  ["FIN", 1],
  ["SYN", 2],
  ["RST", 4],
  ["PSH", 8],
  ["ACK", 16],
  ["URG", 32],
] as const;

interface FlagTest {
  readonly mask: number;
  readonly set: number;
  readonly invert: boolean;
}

interface TcpParams {
  readonly sport: PortRange | null;
  readonly dport: PortRange | null;
  readonly flags: FlagTest | null;
  readonly option: { readonly kind: number; readonly invert: boolean } | null;
}

function parseFlags(text: string): number {
  let bits = 0;
  for (const word of text.split(",")) {
    const upper = word.toUpperCase();
    const row = FLAG_BITS.find(([name]) => name === upper);
    if (upper === "ALL") bits |= 63;
    else if (row !== undefined) bits |= row[1];
    else if (upper !== "NONE") throw parameterError(`Unknown TCP flag \`${word}'`);
  }
  return bits;
}

function flagWords(bits: number): string {
  return bits === 0
    ? "NONE"
    : FLAG_BITS.filter(([, bit]) => (bits & bit) !== 0)
        .map(([name]) => name)
        .join(",");
}

function hexFlags(bits: number): string {
  return `0x${bits.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** A mask of no flags is not printed. */
function asksFlags(f: FlagTest | null): f is FlagTest {
  return f !== null && (f.mask !== 0 || f.invert);
}

/** Is TCP option `kind` among the options at `at`..`end`? */
function hasTcpOption(b: Uint8Array, at: number, end: number, kind: number): boolean {
  let i = at;
  while (i < end) {
    if (b[i] === kind) return true;
    const len = i + 1 < end ? (b[i + 1] as number) : 0;
    i += (b[i] as number) < 2 || len === 0 ? 1 : len;
  }
  return false;
}

/** nft_payload on a header that is cut short: what is there is compared, what is not breaks the rule. */
function cutHeaderMatches(p: TcpParams, c: XtContext): boolean {
  const th = c.thoff;
  if (p.sport !== null && !(c.hasTransport(2) && portMatches(p.sport, getU16(c.buf, th)))) return false;
  if (p.dport !== null && !(c.hasTransport(4) && portMatches(p.dport, getU16(c.buf, th + 2)))) return false;
  if (p.flags === null) return true;
  return c.hasTransport(14) && (((c.buf[th + 13] as number) & p.flags.mask) === p.flags.set) !== p.flags.invert;
}

/** add_nft_tcp: options are left to the xt match, and so is a match that asks for nothing. */
function isNative(p: TcpParams): boolean {
  return p.option === null && !(isAnyPort(p.sport) && isAnyPort(p.dport) && p.flags === null);
}

export const tcpMatch: MatchExtension<TcpParams> = {
  name: "tcp",
  protocol: TCP,
  options: [
    ...PORT_OPTIONS,
    { name: "syn", args: 0, invert: true },
    { name: "tcp-flags", args: 2, invert: true },
    { name: "tcp-option", invert: true },
  ],
  parse(o) {
    const sport = o.value("source-port");
    const dport = o.value("destination-port");
    const mask = o.value("tcp-flags");
    const option = o.value("tcp-option");
    const kind = option === undefined ? 0 : parseUint(option, 255);
    if (kind === undefined || (option !== undefined && kind === 0)) throw parameterError(`Bad TCP option \`${option}'`);
    if (mask !== undefined && o.has("syn")) throw parameterError("Only one of `--syn' or `--tcp-flags' allowed");
    return {
      sport: sport === undefined ? null : parsePortRange(sport, TCP, o.inverted("source-port")),
      dport: dport === undefined ? null : parsePortRange(dport, TCP, o.inverted("destination-port")),
      flags: o.has("syn")
        ? { mask: 0x17, set: 2, invert: o.inverted("syn") }
        : mask === undefined
          ? null
          : { mask: parseFlags(mask), set: parseFlags(o.second("tcp-flags") ?? ""), invert: o.inverted("tcp-flags") },
      option: option === undefined ? null : { kind, invert: o.inverted("tcp-option") },
    };
  },
  nftMerge: (a, b) =>
    isNative(a) && isNative(b)
      ? {
          sport: mergePorts(a.sport, b.sport),
          dport: mergePorts(a.dport, b.dport),
          flags: mergeInvertible(a.flags, b.flags),
          option: null,
        }
      : null,
  save(p) {
    let text = savePorts("sport", p.sport) + savePorts("dport", p.dport);
    if (p.option !== null) text += `${p.option.invert ? " !" : ""} --tcp-option ${p.option.kind}`;
    if (asksFlags(p.flags))
      text += `${p.flags.invert ? " !" : ""} --tcp-flags ${flagWords(p.flags.mask)} ${flagWords(p.flags.set)}`;
    return text;
  },
  list(p, numeric) {
    let text = `tcp${listPorts("spt", p.sport, TCP, numeric)}${listPorts("dpt", p.dport, TCP, numeric)}`;
    if (p.option !== null) text += ` option=${p.option.invert ? "!" : ""}${p.option.kind}`;
    if (asksFlags(p.flags)) {
      const form = numeric ? hexFlags : flagWords;
      text += ` flags:${p.flags.invert ? "!" : ""}${form(p.flags.mask)}/${form(p.flags.set)}`;
    }
    return text;
  },
  test(p, c) {
    if (c.fragOff !== 0) {
      // A fragment that would overwrite the flags of the first one (RFC 1858 §4).
      if (c.fragOff === 1 && !c.payload) c.hotdrop = true;
      return false;
    }
    if (!c.hasTransport(20)) {
      if (c.payload && p.option === null) return cutHeaderMatches(p, c);
      c.hotdrop = true;
      return false;
    }
    const b = c.buf;
    const th = c.thoff;
    if (!portMatches(p.sport, getU16(b, th)) || !portMatches(p.dport, getU16(b, th + 2))) return false;
    if (p.flags !== null && (((b[th + 13] as number) & p.flags.mask) === p.flags.set) === p.flags.invert) return false;
    if (p.option === null) return true;
    const end = th + ((b[th + 12] as number) >>> 4) * 4;
    return hasTcpOption(b, th + 20, Math.min(end, c.pkt.tail), p.option.kind) !== p.option.invert;
  },
};
