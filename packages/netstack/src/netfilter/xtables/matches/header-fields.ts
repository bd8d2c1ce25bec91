// Small matches on one field: mac, iprange, length, ttl, dscp, pkttype
// (net/netfilter/xt_mac.c, xt_iprange.c, xt_length.c, xt_hl.c, xt_dscp.c, xt_pkttype.c).

import { formatIpv4, isMulticast, parseIpv4 } from "../../../addr/ipv4.ts";
import type { Ipv4 } from "../../../addr/ipv4.ts";
import { formatMac, parseMac } from "../../../addr/mac.ts";
import { PACKET_BROADCAST, PACKET_HOST, PACKET_LOOPBACK, PACKET_MULTICAST } from "../../../skb/packet.ts";
import { ethSrc } from "../../../wire/ethernet.ts";
import { ipTos, ipTtl } from "../../../wire/ipv4-fields.ts";
import { dscpClass } from "../dscp-classes.ts";
import type { MatchExtension } from "../extension.ts";
import { HOOK_BIT } from "../extension.ts";
import { hex2, parseUint } from "../syntax.ts";
import { parameterError } from "../xt-error.ts";

export const macMatch: MatchExtension<{ readonly mac: number; readonly invert: boolean }> = {
  name: "mac",
  options: [{ name: "mac-source", invert: true }],
  parse(o) {
    const mac = parseMac(o.need("mac-source"));
    if (mac === undefined) throw parameterError("Invalid MAC address specified.");
    return { mac, invert: o.inverted("mac-source") };
  },
  save: (p) => `${p.invert ? " !" : ""} --mac-source ${formatMac(p.mac)}`,
  list: (p) => `MAC ${p.invert ? "! " : ""}${formatMac(p.mac)}`,
  hooks: () => HOOK_BIT.PREROUTING | HOOK_BIT.INPUT | HOOK_BIT.FORWARD,
  test(p, c) {
    const { pkt } = c;
    return pkt.mac >= 0 && pkt.mac + 14 <= pkt.nh && (ethSrc(c.buf, pkt.mac) === p.mac) !== p.invert;
  },
};

interface AddrRange {
  readonly min: number;
  readonly max: number;
  readonly invert: boolean;
}

function parseRange(text: string | undefined, invert: boolean): AddrRange | null {
  if (text === undefined) return null;
  const [first = "", last = first] = text.split("-");
  const min = parseIpv4(first);
  const max = parseIpv4(last);
  if (min === undefined || max === undefined)
    throw parameterError(`iprange: Bad IP address "${min === undefined ? first : last}"\n`);
  return { min, max, invert };
}

function rangeHolds(r: AddrRange | null, addr: number): boolean {
  return r === null || (addr >= r.min && addr <= r.max) !== r.invert;
}

export const iprangeMatch: MatchExtension<{ readonly src: AddrRange | null; readonly dst: AddrRange | null }> = {
  name: "iprange",
  options: [
    { name: "src-range", invert: true },
    { name: "dst-range", invert: true },
  ],
  parse(o) {
    if (o.size === 0) throw parameterError("iprange match: You must specify `--src-range' or `--dst-range'");
    return {
      src: parseRange(o.value("src-range"), o.inverted("src-range")),
      dst: parseRange(o.value("dst-range"), o.inverted("dst-range")),
    };
  },
  save(p) {
    const one = (r: AddrRange | null, option: string): string =>
      r === null ? "" : `${r.invert ? " !" : ""} --${option} ${formatIpv4(r.min)}-${formatIpv4(r.max)}`;
    return one(p.src, "src-range") + one(p.dst, "dst-range");
  },
  list(p) {
    const one = (r: AddrRange | null, word: string): string =>
      r === null ? "" : ` ${word} IP range ${r.invert ? "! " : ""}${formatIpv4(r.min)}-${formatIpv4(r.max)}`;
    return (one(p.src, "source") + one(p.dst, "destination")).slice(1);
  },
  test: (p, c) => rangeHolds(p.src, c.saddr) && rangeHolds(p.dst, c.daddr),
};

export const lengthMatch: MatchExtension<{ readonly min: number; readonly max: number; readonly invert: boolean }> = {
  name: "length",
  options: [{ name: "length", invert: true }],
  parse(o) {
    const text = o.need("length");
    const [first = "", last] = text.split(":");
    const min = first === "" && last !== undefined ? 0 : parseUint(first, 65535);
    const max = last === undefined ? min : last === "" ? 65535 : parseUint(last, 65535);
    if (min === undefined || max === undefined || min > max) throw o.bad("length", "0-65535");
    return { min, max, invert: o.inverted("length") };
  },
  save: (p) => `${p.invert ? " !" : ""} --length ${p.min === p.max ? p.min : `${p.min}:${p.max}`}`,
  list: (p) => `length ${p.invert ? "!" : ""}${p.min === p.max ? p.min : `${p.min}:${p.max}`}`,
  test(p, c) {
    const len = c.pkt.tail - c.nh;
    return (len >= p.min && len <= p.max) !== p.invert;
  },
};

const TTL_SIGN = { eq: "==", ne: "!=", lt: "<", gt: ">" } as const;

export const ttlMatch: MatchExtension<{ readonly op: keyof typeof TTL_SIGN; readonly ttl: number }> = {
  name: "ttl",
  options: [{ name: "ttl-eq", aliases: ["ttl"], invert: true }, { name: "ttl-lt" }, { name: "ttl-gt" }],
  parse(o) {
    const [option, second] = o.among(["ttl-eq", "ttl-lt", "ttl-gt"]);
    if (option === undefined)
      throw parameterError("TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt");
    if (second !== undefined)
      throw parameterError(`ttl: option "--${option}" cannot be used together with "--${second}".\n`);
    const ttl = parseUint(o.need(option), 255);
    if (ttl === undefined) throw o.bad(option, "0-255");
    return { op: option === "ttl-lt" ? "lt" : option === "ttl-gt" ? "gt" : o.inverted(option) ? "ne" : "eq", ttl };
  },
  save: (p) => (p.op === "ne" ? ` ! --ttl-eq ${p.ttl}` : ` --ttl-${p.op} ${p.ttl}`),
  list: (p) => `TTL match TTL ${TTL_SIGN[p.op]} ${p.ttl}`,
  test(p, c) {
    const ttl = ipTtl(c.buf, c.nh);
    if (p.op === "lt") return ttl < p.ttl;
    return p.op === "gt" ? ttl > p.ttl : (ttl === p.ttl) === (p.op === "eq");
  },
};

export const dscpMatch: MatchExtension<{ readonly dscp: number; readonly invert: boolean }> = {
  name: "dscp",
  options: [
    { name: "dscp", invert: true },
    { name: "dscp-class", invert: true },
  ],
  parse(o) {
    const word = o.value("dscp-class");
    if (word !== undefined) return { dscp: dscpClass(word), invert: o.inverted("dscp-class") };
    const text = o.value("dscp");
    if (text === undefined) throw parameterError("DSCP match: Parameter --dscp is required");
    const dscp = parseUint(text, 63);
    if (dscp === undefined) throw o.bad("dscp", "0-63");
    return { dscp, invert: o.inverted("dscp") };
  },
  save: (p) => `${p.invert ? " !" : ""} --dscp ${hex2(p.dscp)}`,
  list: (p) => `DSCP match ${p.invert ? "!" : ""}${hex2(p.dscp)}`,
  test: (p, c) => (ipTos(c.buf, c.nh) >>> 2 === p.dscp) !== p.invert,
};

const PKT_TYPES: readonly (readonly [string, number])[] = [
  ["unicast", PACKET_HOST],
  ["broadcast", PACKET_BROADCAST],
  ["multicast", PACKET_MULTICAST],
];
const PKT_ALIASES: Readonly<Record<string, string>> = { host: "unicast", bcast: "broadcast", mcast: "multicast" };

export const pkttypeMatch: MatchExtension<{ readonly name: string; readonly type: number; readonly invert: boolean }> =
  {
    name: "pkttype",
    options: [{ name: "pkt-type", invert: true }],
    parse(o) {
      const word = o.need("pkt-type").toLowerCase();
      const row = PKT_TYPES.find(([name]) => name === (PKT_ALIASES[word] ?? word));
      if (row === undefined) throw parameterError(`Bad packet type '${word}'`);
      return { name: row[0], type: row[1], invert: o.inverted("pkt-type") };
    },
    save: (p) => `${p.invert ? " !" : ""} --pkt-type ${p.name}`,
    list: (p) => `PKTTYPE ${p.invert ? "!" : ""}= ${p.name}`,
    test(p, c) {
      const type =
        c.pkt.pktType === PACKET_LOOPBACK
          ? isMulticast(c.daddr as Ipv4)
            ? PACKET_MULTICAST
            : PACKET_BROADCAST
          : c.pkt.pktType;
      return (type === p.type) !== p.invert;
    },
  };
