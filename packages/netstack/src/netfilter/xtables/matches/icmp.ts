// -m icmp (net/ipv4/netfilter/ip_tables.c: icmp_match; types of RFC 792 and RFC 950).

import type { MatchExtension } from "../extension.ts";
import { parseUint } from "../syntax.ts";
import { parameterError } from "../xt-error.ts";

/** Name, type, code (-1: any code). Order matters: the first name of a pair is the one printed. */
const TYPES: readonly (readonly [string, number, number])[] = [
  ["any", 255, -1],
  ["echo-reply", 0, -1],
  ["pong", 0, -1],
  ["destination-unreachable", 3, -1],
  ["network-unreachable", 3, 0],
  ["host-unreachable", 3, 1],
  ["protocol-unreachable", 3, 2],
  ["port-unreachable", 3, 3],
  ["fragmentation-needed", 3, 4],
  ["source-route-failed", 3, 5],
  ["network-unknown", 3, 6],
  ["host-unknown", 3, 7],
  ["network-prohibited", 3, 9],
  ["host-prohibited", 3, 10],
  ["TOS-network-unreachable", 3, 11],
  ["TOS-host-unreachable", 3, 12],
  ["communication-prohibited", 3, 13],
  ["host-precedence-violation", 3, 14],
  ["precedence-cutoff", 3, 15],
  ["source-quench", 4, -1],
  ["redirect", 5, -1],
  ["network-redirect", 5, 0],
  ["host-redirect", 5, 1],
  ["TOS-network-redirect", 5, 2],
  ["TOS-host-redirect", 5, 3],
  ["echo-request", 8, -1],
  ["ping", 8, -1],
  ["router-advertisement", 9, -1],
  ["router-solicitation", 10, -1],
  ["time-exceeded", 11, -1],
  ["ttl-exceeded", 11, -1],
  ["ttl-zero-during-transit", 11, 0],
  ["ttl-zero-during-reassembly", 11, 1],
  ["parameter-problem", 12, -1],
  ["ip-header-bad", 12, 0],
  ["required-option-missing", 12, 1],
  ["timestamp-request", 13, -1],
  ["timestamp-reply", 14, -1],
  ["address-mask-request", 17, -1],
  ["address-mask-reply", 18, -1],
];
const ANY = 255;

interface IcmpParams {
  readonly type: number;
  /** -1: any. */
  readonly code: number;
  readonly invert: boolean;
}

function parseType(text: string): { type: number; code: number } {
  const lower = text.toLowerCase();
  const exact = TYPES.find(([name]) => name.toLowerCase() === lower);
  const row =
    exact ?? TYPES.find(([name]) => name.toLowerCase().startsWith(lower) && lower !== "" && !/^\d/.test(lower));
  if (row !== undefined) return { type: row[1], code: row[2] };
  const slash = text.indexOf("/");
  const type = parseUint(slash < 0 ? text : text.slice(0, slash), 255);
  const code = slash < 0 ? -1 : parseUint(text.slice(slash + 1), 255);
  if (type === undefined || code === undefined) throw parameterError(`Unknown ICMP type \`${text}'`);
  return { type, code };
}

export const icmpMatch: MatchExtension<IcmpParams> = {
  name: "icmp",
  protocol: 1,
  options: [{ name: "icmp-type", invert: true }],
  parse(o) {
    return { ...parseType(o.need("icmp-type")), invert: o.inverted("icmp-type") };
  },
  save(p) {
    return `${p.invert ? " !" : ""} --icmp-type ${p.type === ANY ? "any" : p.code < 0 ? p.type : `${p.type}/${p.code}`}`;
  },
  list(p, numeric) {
    const name = numeric ? undefined : TYPES.find(([, type, code]) => type === p.type && code === p.code)?.[0];
    if (name !== undefined) return `icmp ${p.invert ? "!" : ""}${name}`;
    // The real text has no space between "icmp" and "type".
    return `icmp${p.invert ? " !" : ""}type ${p.type}${p.code < 0 ? "" : ` code ${p.code}`}`;
  },
  test(p, c) {
    if (c.fragOff !== 0) return false;
    if (!c.hasTransport(8)) {
      c.hotdrop = true;
      return false;
    }
    const hit = p.type === ANY || (c.buf[c.thoff] === p.type && (p.code < 0 || c.buf[c.thoff + 1] === p.code));
    return hit !== p.invert;
  },
};
