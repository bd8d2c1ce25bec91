// Words of rule text: numbers, ports, addresses and strings as libxtables reads and writes them (libxtables/xtables.c).

import { formatIpv4, parseIpv4 } from "../../addr/ipv4.ts";
import { parameterError } from "./xt-error.ts";

/** strtoul with base 0: decimal, 0x hexadecimal, 0 octal; undefined when it is none or above `max`. */
export function parseUint(text: string, max = 0xffffffff): number | undefined {
  const value = /^0x[0-9a-f]+$/i.test(text)
    ? Number(text)
    : /^0[0-7]+$/.test(text)
      ? Number.parseInt(text, 8)
      : /^\d+$/.test(text)
        ? Number(text)
        : NaN;
  return value <= max ? value : undefined;
}

/** `value[/mask]`, u32 both; the mask is all ones without it. */
export function parseMarkMask(text: string): { value: number; mask: number } | undefined {
  const slash = text.indexOf("/");
  const value = parseUint(slash < 0 ? text : text.slice(0, slash));
  const mask = slash < 0 ? 0xffffffff : parseUint(text.slice(slash + 1));
  return value === undefined || mask === undefined ? undefined : { value, mask };
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** Two digits at least. */
export function hex2(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}

/** Bare when it is a plain word, else quoted with `"`, `\` and `'` escaped (xtables_save_string). */
export function saveString(text: string): string {
  return /^[A-Za-z0-9_-]+$/.test(text) ? text : `"${text.replace(/["\\']/g, "\\$&")}"`;
}

/** Cut to `max` bytes of UTF-8, as a fixed char array does. */
export function truncateBytes(text: string, max: number): string {
  let bytes = 0;
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > max) break;
    out += char;
  }
  return out;
}

/** Names of /etc/services that rules and listings use: name, port, protocols. */
const SERVICES: readonly (readonly [string, number, string])[] = [
  ["tcpmux", 1, "tcp"],
  ["echo", 7, "tcp udp"],
  ["discard", 9, "tcp udp"],
  ["ftp-data", 20, "tcp"],
  ["ftp", 21, "tcp"],
  ["ssh", 22, "tcp"],
  ["telnet", 23, "tcp"],
  ["smtp", 25, "tcp"],
  ["domain", 53, "tcp udp"],
  ["bootps", 67, "udp"],
  ["bootpc", 68, "udp"],
  ["tftp", 69, "udp"],
  ["http", 80, "tcp"],
  ["kerberos", 88, "tcp udp"],
  ["pop3", 110, "tcp"],
  ["sunrpc", 111, "tcp udp"],
  ["ntp", 123, "udp"],
  ["imap2", 143, "tcp"],
  ["snmp", 161, "tcp udp"],
  ["bgp", 179, "tcp"],
  ["ldap", 389, "tcp udp"],
  ["https", 443, "tcp udp"],
  ["syslog", 514, "udp"],
  ["domain-s", 853, "tcp udp"],
  ["imaps", 993, "tcp"],
  ["pop3s", 995, "tcp"],
  ["nfs", 2049, "tcp udp"],
  ["mysql", 3306, "tcp"],
  ["postgresql", 5432, "tcp"],
  ["http-alt", 8080, "tcp udp"],
];

const PROTO_WORD: Readonly<Record<number, string>> = { 6: "tcp", 17: "udp", 33: "dccp", 132: "sctp", 136: "udplite" };

/** Port number or service name; throws as iptables does. */
export function parsePort(text: string, proto: number): number {
  const value = parseUint(text, 65535);
  if (value !== undefined) return value;
  const word = PROTO_WORD[proto] ?? "tcp";
  const row = SERVICES.find(([name, , protos]) => name === text && protos.includes(word));
  if (row === undefined) throw parameterError(`invalid port/service \`${text}' specified`);
  return row[1];
}

/** Service name of a port for a listing without -n; the number when it has none. */
export function portName(port: number, proto: number, numeric: boolean): string {
  const word = PROTO_WORD[proto];
  if (numeric || word === undefined) return String(port);
  return SERVICES.find(([, p, protos]) => p === port && protos.includes(word))?.[0] ?? String(port);
}

export interface PortRange {
  readonly min: number;
  readonly max: number;
  readonly invert: boolean;
}

/** `a`, `a:b`, `a:`, `:b`. */
export function parsePortRange(text: string, proto: number, invert: boolean): PortRange {
  const colon = text.indexOf(":");
  if (colon < 0) {
    const port = parsePort(text, proto);
    return { min: port, max: port, invert };
  }
  const min = colon === 0 ? 0 : parsePort(text.slice(0, colon), proto);
  const max = colon === text.length - 1 ? 65535 : parsePort(text.slice(colon + 1), proto);
  if (min > max) throw parameterError("invalid portrange (min > max)");
  return { min, max, invert };
}

/** Number or service of whatever protocol (XTTYPE_PORT asks getaddrinfo). */
function parseAnyPort(text: string): number {
  const port = parseUint(text, 65535) ?? serviceOfAny(text);
  if (port === undefined) throw parameterError(`Port "${text}" does not resolve to anything.\n`);
  return port;
}

/** Port of a service by name; undefined: there is none. */
export function serviceOfAny(name: string): number | undefined {
  return SERVICES.find(([known]) => known === name)?.[1];
}

/** As parsePortRange, but in the words of XTTYPE_PORTRC, which takes ranges in any order. */
export function parseAnyPortRange(text: string, invert: boolean): PortRange {
  const [first = "", last = first] = text.split(":");
  return { min: first === "" ? 0 : parseAnyPort(first), max: last === "" ? 65535 : parseAnyPort(last), invert };
}

/** Nothing to say: the whole range, not inverted. */
export function isAnyPort(r: PortRange | null): boolean {
  return r === null || (r.min === 0 && r.max === 65535 && !r.invert);
}

/** libxt_tcp and libxt_udp say nothing of all ports, a `!` notwithstanding; `all`: libxt_sctp does. */
export function savePorts(option: string, r: PortRange | null, all = false): string {
  if (r === null || (!all && r.min === 0 && r.max === 65535)) return "";
  return `${r.invert ? " !" : ""} --${option} ${r.min === r.max ? r.min : `${r.min}:${r.max}`}`;
}

/** ` spt:80`, ` dpts:!80:90`. */
export function listPorts(word: string, r: PortRange | null, proto: number, numeric: boolean): string {
  if (r === null || isAnyPort(r)) return "";
  const bang = r.invert ? "!" : "";
  if (r.min === r.max) return ` ${word}:${bang}${portName(r.min, proto, numeric)}`;
  return ` ${word}s:${bang}${portName(r.min, proto, numeric)}:${portName(r.max, proto, numeric)}`;
}

/** What the nft programs read back where two expressions ask the same field: the later value, and a `!` of either. */
export function mergeInvertible<T extends { readonly invert: boolean }>(first: T | null, next: T | null): T | null {
  if (first === null || next === null) return next ?? first;
  return { ...next, invert: first.invert || next.invert };
}

/** The same for ports: a bound that is the end of all ports is not written, so each bound is the later one that was. */
export function mergePorts(first: PortRange | null, next: PortRange | null): PortRange | null {
  if (first === null || next === null || first.invert || next.invert) return mergeInvertible(first, next);
  return {
    min: next.min === 0 && next.max !== 0 ? first.min : next.min,
    max: next.max === 65535 && next.min !== 65535 ? first.max : next.max,
    invert: false,
  };
}

export function portMatches(r: PortRange | null, port: number): boolean {
  return r === null || (port >= r.min && port <= r.max) !== r.invert;
}

export interface AddrMask {
  /** u32; the bits outside the mask are cleared, but for what parseHostMask returns. */
  readonly addr: number;
  readonly mask: number;
}

/** Number of leading ones when the mask is contiguous, else -1. */
export function maskLength(mask: number): number {
  const inverse = ~mask >>> 0;
  return (inverse & (inverse + 1)) === 0 ? Math.clz32(inverse) : -1;
}

function parseMask(text: string): number {
  const dotted = parseIpv4(text);
  if (dotted !== undefined) return dotted;
  const len = /^\d+$/.test(text) ? Number(text) : 33;
  if (len > 32) throw parameterError(`invalid mask \`${text}' specified`);
  return len === 0 ? 0 : (0xffffffff << (32 - len)) >>> 0;
}

/** Missing trailing octets are zero: `10.1` is 10.1.0.0. */
function parseShortAddr(text: string): number | undefined {
  const octets = text.split(".");
  if (octets.length > 4 || !octets.every((o) => /^\d{1,3}$/.test(o))) return undefined;
  while (octets.length < 4) octets.push("0");
  return parseIpv4(octets.join("."));
}

/** `a.b.c.d`, `a.b.c.d/len`, `a.b.c.d/mask`; host bits are cleared. Names are not resolved. */
export function parseAddrMask(text: string): AddrMask {
  const { addr, mask } = splitAddrMask(text);
  return { addr: (addr & mask) >>> 0, mask };
}

/** As options of extensions have it (XTTYPE_HOSTMASK): host bits stay, and a mask with holes, which has no length, counts as none. */
export function parseHostMask(text: string): AddrMask {
  const { addr, mask } = splitAddrMask(text);
  return { addr, mask: maskLength(mask) < 0 ? 0xffffffff : mask };
}

function splitAddrMask(text: string): AddrMask {
  const slash = text.indexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const mask = slash < 0 ? 0xffffffff : parseMask(text.slice(slash + 1));
  const addr = parseShortAddr(host);
  if (addr === undefined) throw parameterError(`host/network \`${host}' not found`);
  return { addr, mask };
}

/** `/32`, `/255.0.255.0`. */
export function maskText(mask: number): string {
  const len = maskLength(mask);
  return len < 0 ? `/${formatIpv4(mask)}` : `/${len}`;
}

/** With its mask, always; as -s and -d are saved. */
export function saveAddr(a: AddrMask): string {
  return formatIpv4(a.addr) + maskText(a.mask);
}

/** Without /32; as listings and most matches print it. */
export function plainAddr(a: AddrMask): string {
  return a.mask === 0xffffffff ? formatIpv4(a.addr) : saveAddr(a);
}

/** A single address, or throws in the words of the target options. */
export function parseAddress(text: string): number {
  const addr = parseIpv4(text);
  if (addr === undefined) throw parameterError(`Bad IP address "${text}"`);
  return addr;
}
