// Which entries a `conntrack` command means: each given option is one test, all must hold (conntrack-tools 1.4.7, conntrack.c).

import { parseInterfaceAddr, prefixMask } from "../../addr/ipv4.ts";
import {
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from "../../wire/ipv4-fields.ts";
import type { Conntrack } from "./conntrack.ts";
import {
  IPS_ASSURED,
  IPS_DST_NAT_DONE,
  IPS_SEEN_REPLY,
  IPS_SRC_NAT_DONE,
  ZONE_DIR_BOTH,
  ZONE_DIR_ORIG,
  ZONE_DIR_REPLY,
} from "./conntrack.ts";
import { ctStateName } from "./print.ts";
import { SCTP_CT_NAMES } from "./proto-sctp.ts";
import { TCP_CT_NAMES } from "./tcp-states.ts";
import { hasPorts } from "./tuple.ts";

export type CtTest = (ct: Conntrack) => boolean;

/** A filter option's value was wrong: the text conntrack-tools prints. */
export class CtFilterError extends Error {
  override readonly name = "CtFilterError";
}

const PROTOCOLS: Readonly<Record<string, number>> = {
  tcp: IPPROTO_TCP,
  udp: IPPROTO_UDP,
  udplite: IPPROTO_UDPLITE,
  icmp: IPPROTO_ICMP,
  sctp: IPPROTO_SCTP,
  gre: IPPROTO_GRE,
  dccp: 33,
};

/** Protocol name or number; throws for what the tool does not know. */
export function parseCtProto(text: string): number {
  const known = PROTOCOLS[text.toLowerCase()];
  if (known !== undefined) return known;
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return Number(text);
  throw new CtFilterError(`\`${text}' unsupported protocol`);
}

/** An address or prefix, tested on what `get` reads. */
function addrTest(text: string, get: (ct: Conntrack) => number): CtTest {
  const parsed = parseInterfaceAddr(text);
  if (parsed === undefined) throw new CtFilterError(`Invalid IP address \`${text}'`);
  const mask = prefixMask(parsed.len);
  const net = parsed.addr & mask;
  return (ct) => (get(ct) & mask) === net;
}

/** strtoul with base 0: decimal, hexadecimal or octal; nothing readable is 0. */
function strtoul(text: string): number {
  const m = /^\s*(0[xX][0-9a-fA-F]+|\d+)/.exec(text);
  if (m === null) return 0;
  const word = m[1] ?? "0";
  return Number(/^0\d/.test(word) ? `0o${word.slice(1)}` : word) >>> 0;
}

function markTest(text: string): CtTest {
  const [value = "", mask] = text.split("/");
  const bits = mask === undefined ? 0xffffffff : strtoul(mask);
  const want = strtoul(value) & bits;
  return (ct) => (ct.mark & bits) === want;
}

const STATUS_TESTS: Readonly<Record<string, CtTest>> = {
  ASSURED: (ct) => ct.has(IPS_ASSURED),
  SEEN_REPLY: (ct) => ct.has(IPS_SEEN_REPLY),
  UNREPLIED: (ct) => !ct.has(IPS_SEEN_REPLY),
};

function statusTest(text: string): CtTest {
  const tests = text.split(",").map((word) => {
    const found = STATUS_TESTS[word];
    if (found === undefined) throw new CtFilterError(`Bad parameter \`${word}'`);
    return found;
  });
  return (ct) => tests.some((t) => t(ct));
}

function zoneTest(text: string, zoneDir: number): CtTest {
  const zone = strtoul(text);
  return (ct) => (zone === 0 ? ct.zone === 0 : ct.zone === zone && ct.zoneDir === zoneDir);
}

function isSnat(ct: Conntrack): boolean {
  return ct.has(IPS_SRC_NAT_DONE) && (ct.reply.dst !== ct.orig.src || ct.reply.dport !== ct.orig.sport);
}
function isDnat(ct: Conntrack): boolean {
  return (
    ct.has(IPS_DST_NAT_DONE) &&
    (ct.reply.src !== ct.orig.dst || (hasPorts(ct.proto) && ct.reply.sport !== ct.orig.dport))
  );
}

/** `ip` or `ip:port` of a mapping; undefined: any. */
function natTest(kind: "src" | "dst", text: string | undefined): CtTest {
  const mapped = kind === "src" ? isSnat : isDnat;
  if (text === undefined || text === "") return mapped;
  const [addr = "", port] = text.split(":");
  const sameAddr = addr === "" ? () => true : addrTest(addr, (ct) => (kind === "src" ? ct.reply.dst : ct.reply.src));
  const wantPort = port === undefined ? undefined : strtoul(port);
  return (ct) =>
    mapped(ct) &&
    sameAddr(ct) &&
    (wantPort === undefined || (kind === "src" ? ct.reply.dport : ct.reply.sport) === wantPort);
}

function anyNatTest(text: string | undefined): CtTest {
  const src = natTest("src", text);
  const dst = natTest("dst", text);
  return (ct) => src(ct) || dst(ct);
}

function numberTest(text: string, get: (ct: Conntrack) => number): CtTest {
  const want = strtoul(text);
  return (ct) => get(ct) === want;
}

function stateTest(text: string, names: readonly string[], proto: string): CtTest {
  if (!names.includes(text)) throw new CtFilterError(`unknown ${proto} state \`${text}'`);
  return (ct) => ctStateName(ct) === text;
}

/** One filter option: short letter, long names (the first is the one error texts use), whether a value follows, and its test. */
export interface CtFilterOption {
  readonly short?: string;
  readonly long: readonly string[];
  readonly value: "required" | "optional";
  readonly test: (value: string) => CtTest;
}

export const COMMON_OPTIONS: readonly CtFilterOption[] = [
  { short: "s", long: ["src", "orig-src"], value: "required", test: (v) => addrTest(v, (ct) => ct.orig.src) },
  { short: "d", long: ["dst", "orig-dst"], value: "required", test: (v) => addrTest(v, (ct) => ct.orig.dst) },
  { short: "r", long: ["reply-src"], value: "required", test: (v) => addrTest(v, (ct) => ct.reply.src) },
  { short: "q", long: ["reply-dst"], value: "required", test: (v) => addrTest(v, (ct) => ct.reply.dst) },
  { short: "m", long: ["mark"], value: "required", test: markTest },
  { short: "u", long: ["status"], value: "required", test: statusTest },
  { short: "w", long: ["zone"], value: "required", test: (v) => zoneTest(v, ZONE_DIR_BOTH) },
  { long: ["orig-zone"], value: "required", test: (v) => zoneTest(v, ZONE_DIR_ORIG) },
  { long: ["reply-zone"], value: "required", test: (v) => zoneTest(v, ZONE_DIR_REPLY) },
  { short: "n", long: ["src-nat"], value: "optional", test: (v) => natTest("src", v) },
  { short: "g", long: ["dst-nat"], value: "optional", test: (v) => natTest("dst", v) },
  { short: "j", long: ["any-nat"], value: "optional", test: anyNatTest },
];

const PORT_OPTIONS: readonly CtFilterOption[] = [
  { long: ["orig-port-src", "sport"], value: "required", test: (v) => numberTest(v, (ct) => ct.orig.sport) },
  { long: ["orig-port-dst", "dport"], value: "required", test: (v) => numberTest(v, (ct) => ct.orig.dport) },
  { long: ["reply-port-src"], value: "required", test: (v) => numberTest(v, (ct) => ct.reply.sport) },
  { long: ["reply-port-dst"], value: "required", test: (v) => numberTest(v, (ct) => ct.reply.dport) },
];
const KEY_OPTIONS: readonly CtFilterOption[] = [
  { long: ["orig-key-src", "srckey"], value: "required", test: (v) => numberTest(v, (ct) => ct.orig.sport) },
  { long: ["orig-key-dst", "dstkey"], value: "required", test: (v) => numberTest(v, (ct) => ct.orig.dport) },
  { long: ["reply-key-src"], value: "required", test: (v) => numberTest(v, (ct) => ct.reply.sport) },
  { long: ["reply-key-dst"], value: "required", test: (v) => numberTest(v, (ct) => ct.reply.dport) },
];
const ICMP_OPTIONS: readonly CtFilterOption[] = [
  { long: ["icmp-type"], value: "required", test: (v) => numberTest(v, (ct) => ct.orig.dport >>> 8) },
  { long: ["icmp-code"], value: "required", test: (v) => numberTest(v, (ct) => ct.orig.dport & 0xff) },
  { long: ["icmp-id"], value: "required", test: (v) => numberTest(v, (ct) => ct.orig.sport) },
];

/** Options that exist once `-p` has named the protocol. */
export function protoOptions(proto: number): readonly CtFilterOption[] {
  switch (proto) {
    case IPPROTO_TCP:
      return [...PORT_OPTIONS, { long: ["state"], value: "required", test: (v) => stateTest(v, TCP_CT_NAMES, "TCP") }];
    case IPPROTO_SCTP:
      return [
        ...PORT_OPTIONS,
        { long: ["state"], value: "required", test: (v) => stateTest(v, SCTP_CT_NAMES, "SCTP") },
      ];
    case IPPROTO_ICMP:
      return ICMP_OPTIONS;
    case IPPROTO_GRE:
      return KEY_OPTIONS;
    default:
      return hasPorts(proto) ? PORT_OPTIONS : [];
  }
}
