// An element in words → its parts (libipset's parse.c).

import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from "../../wire/ipv4-fields.ts";
import { parseProtocol } from "../xtables/protocols.ts";
import { parsePort } from "../xtables/syntax.ts";
import { XtError } from "../xtables/xt-error.ts";
import { IpSetError, syntaxError, unmodelled } from "./ip-set-error.ts";
import type { ElemPart, SetType } from "./ip-set-type.ts";
import { parseLength, parseU16, parseU8 } from "./parse-number.ts";
import { hasPorts, icmpByName } from "./proto-port.ts";
import type { UserElem } from "./user-elem.ts";

const MAX_SETNAME = 31;
const MAX_IFNAME = 15;
const PHYSDEV = "physdev:";

/** Position of a separator that is neither the first nor the last character of the text; -1: none. */
function separator(text: string, sep: string): number {
  return text.startsWith(sep) || text.endsWith(sep) ? -1 : text.indexOf(sep);
}

function split(text: string, sep: string): readonly [string, string | null] {
  const at = separator(text, sep);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

// ---- addresses

/** inet_aton: one to four numbers, the last fills the rest; undefined: not an address. */
function aton(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length > 4 || !parts.every((p) => /^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(p))) return undefined;
  const values = parts.map((p) => (/^0[0-7]+$/.test(p) ? Number.parseInt(p, 8) : Number(p)));
  const last = values.pop() ?? 0;
  if (last >= 256 ** (4 - values.length) || values.some((v) => v > 255)) return undefined;
  return values.reduce((sum, v, i) => sum + v * 256 ** (3 - i), 0) + last;
}

/** Names are not resolved. Throws IpSetError. */
export function parseHost(text: string): number {
  const ip = aton(text);
  if (ip === undefined) throw syntaxError(`cannot parse ${text}: resolving to IPv4 address failed`);
  return ip;
}

interface ParsedIp {
  readonly ip: number;
  readonly to: number | null;
  readonly cidr: number | null;
}

/** `a`, `a/len`, `a-b`. */
function parseIp(text: string): ParsedIp {
  const [net, length] = split(text, "/");
  if (length !== null) {
    const cidr = parseLength(length, 0);
    return { ip: parseHost(net), to: null, cidr };
  }
  const [from, to] = split(text, "-");
  return { ip: parseHost(from), to: to === null ? null : parseHost(to), cidr: null };
}

function parseSingleIp(text: string): ParsedIp {
  const length = split(text, "/")[1];
  if (separator(text, "-") >= 0 || (length !== null && length !== "32")) {
    throw syntaxError(`plain IP address must be supplied: ${text}`);
  }
  return parseIp(text);
}

// ---- ports

/** Number or service name. What the library says about a wrong one is built up in three steps, its second one mistaken. */
function parseOnePort(text: string, word: string, proto: number): number {
  const byName = proto === IPPROTO_TCP || proto === IPPROTO_UDP ? serviceByName(text, proto) : undefined;
  if (byName !== undefined) return byName;
  try {
    return parseU16(text);
  } catch (error) {
    if (!(error instanceof IpSetError)) throw error;
    const more = `Syntax error: '${word}' is invalid as number\ncannot parse '${text}' as a ${word} port`;
    throw new IpSetError("session", `${error.message}\n${more}`);
  }
}

function serviceByName(text: string, proto: number): number | undefined {
  if (!/^[a-z]/i.test(text)) return undefined;
  try {
    return parsePort(text, proto);
  } catch (error) {
    if (error instanceof XtError) return undefined;
    throw error;
  }
}

function parsePorts(text: string, word: string, e: UserElem): void {
  const [from, to] = split(text, "-");
  if (to !== null) e.portTo = parseOnePort(to, word, e.proto);
  e.port = parseOnePort(from, word, e.proto);
}

function parseProto(text: string): number {
  try {
    return parseProtocol(text);
  } catch (error) {
    if (!(error instanceof XtError)) throw error;
    throw syntaxError(`cannot parse '${text}' as a protocol`);
  }
}

function parseIcmp(text: string): number {
  const named = icmpByName(text);
  if (named !== undefined) return named;
  const [type, code] = split(text, "/");
  if (code === null) throw new IpSetError("session", `Cannot parse ${text} as an ICMP type/code.`);
  return (parseU8(type) << 8) | parseU8(code);
}

/** `port`, `proto:port`, `proto:a-b`, `icmp:name`, `proto:0`. */
function parseProtoPort(text: string, e: UserElem): void {
  const [word, rest] = split(text, ":");
  if (rest === null) {
    e.proto = IPPROTO_TCP;
    parsePorts(text, "tcp", e);
    return;
  }
  e.proto = parseProto(word);
  if (hasPorts(e.proto)) parsePorts(rest, word, e);
  else if (e.proto === IPPROTO_ICMP) e.port = parseIcmp(rest);
  else if (e.proto === IPPROTO_ICMPV6) {
    throw new IpSetError(
      "session",
      "Syntax error: Protocol ICMPv6 can be used with family inet6 only\nInvalid add command: missing setname",
    );
  } else if (rest !== "0") throw syntaxError(`Protocol ${word} can be used with pseudo port value 0 only.`);
}

/** Ports of a bitmap, which keeps no protocol. */
export function parseTcpUdpPort(text: string, e: UserElem): void {
  parseProtoPort(text, e);
  if (e.proto !== IPPROTO_TCP && e.proto !== IPPROTO_UDP) throw syntaxError("Only protocols TCP and UDP are valid");
}

// ---- names

/** Throws IpSetError when it is too long. */
export function checkSetName(name: string): string {
  if (name.length <= MAX_SETNAME) return name;
  throw syntaxError(`setname '${name}' is longer than ${MAX_SETNAME} characters`);
}

function parseIface(text: string, e: UserElem): void {
  e.physdev = text.startsWith(PHYSDEV);
  if (e.physdev) throw unmodelled("physdev: of hash:net,iface");
  e.iface = text;
  if (text.length > MAX_IFNAME) throw syntaxError(`interface name '${text}' is longer than ${MAX_IFNAME} characters`);
}

/** `name` or, of old, `name,before|after,name`. */
function parseNames(text: string, e: UserElem): void {
  const [name, rest] = split(text, ",");
  e.name = checkSetName(name);
  if (rest === null) return;
  const [where, ref] = split(rest, ",");
  if (ref === null || (where !== "before" && where !== "after"))
    throw new IpSetError("session", "you must specify elements as setname,[before|after],setname");
  e.nameref = checkSetName(ref);
  e.before = where === "before";
}

// ---- the whole element

const COUNT_WORDS = ["", "Second", "Third"] as const;
const TOO_MANY = ["Elem separator", "Two elem separators", "Four elem separators"] as const;
const SUPPORTED = ["none", "one", "three"] as const;

/** The texts between the commas, as many as the type has dimensions. */
function splitElem(type: SetType, text: string): string[] {
  if (type.ofSets) return [text];
  const parts: string[] = [];
  let rest: string | null = text;
  for (let i = 1; i < type.dimension; i++) {
    const [head, tail]: readonly [string, string | null] = split(rest, ",");
    if (tail === null) throw syntaxError(`${COUNT_WORDS[i] ?? ""} element is missing from ${text}.`);
    parts.push(head);
    rest = tail;
  }
  if (separator(rest, ",") >= 0) {
    const words = `${TOO_MANY[type.dimension - 1] ?? ""} in ${text}, but settype ${type.name} supports`;
    throw syntaxError(`${words} ${SUPPORTED[type.dimension - 1] ?? ""}.`);
  }
  return [...parts, rest];
}

function parsePart(part: ElemPart, text: string, position: number, e: UserElem): void {
  switch (part) {
    case "ip4":
    case "single-ip":
      return takeIp(part === "ip4" ? parseIp(text) : parseSingleIp(text), position, e);
    case "proto-port":
      return parseProtoPort(text, e);
    case "tcp-udp-port":
      return parseTcpUdpPort(text, e);
    case "iface":
      return parseIface(text, e);
    case "name":
      return parseNames(text, e);
  }
}

function takeIp({ ip, to, cidr }: ParsedIp, position: number, e: UserElem): void {
  if (position === 0) {
    e.ip = ip;
    e.ipTo = to;
    e.cidr = cidr;
  } else {
    e.ip2 = ip;
    e.ip2To = to;
    e.cidr2 = cidr;
  }
}

/** Throws IpSetError. */
export function parseElem(type: SetType, text: string, e: UserElem): void {
  splitElem(type, text).forEach((part, i) => parsePart(type.parts[i] ?? "ip4", part, i, e));
}
