// tcpdump's filter expressions, the part people type: [proto] [direction] [type] value with and, or, not, parentheses.
// `and` and `or` bind alike and to the left, `not` closer; a bare value takes the qualifiers of the value before it.

import type { Ipv4 } from "@kubehop/netstack";
import { parseIpv4, parseMac, prefixMask } from "@kubehop/netstack";
import type { FilterToken } from "./filter-lex.ts";
import { FilterError, FilterNotModelled, lexFilter } from "./filter-lex.ts";
import type { Direction, FrameView } from "./frame-view.ts";
import { addrsOf, frameView, macsOf, portsOf } from "./frame-view.ts";

/** A frame from its link header. */
export type FrameFilter = (frame: Uint8Array) => boolean;
type Test = (view: FrameView) => boolean;

const ETHERTYPES: Readonly<Record<string, number>> = { ip: 0x0800, arp: 0x0806, ip6: 0x86dd };
const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, gre: 47, sctp: 132 };
const PORT_PROTOCOLS: readonly number[] = [6, 17, 132];
const PORTS: Readonly<Record<string, number>> = {
  ssh: 22,
  domain: 53,
  http: 80,
  https: 443,
  bootps: 67,
  bootpc: 68,
  ntp: 123,
  otv: 8472,
};
const TYPES: ReadonlySet<string> = new Set(["host", "net", "port", "portrange", "proto"]);
const REFUSED: ReadonlySet<string> = new Set([
  "vlan",
  "mpls",
  "gateway",
  "vxlan",
  "geneve",
  "ifname",
  "inbound",
  "outbound",
  "rarp",
  "icmp6",
  "igmp",
  "esp",
  "ah",
  "pppoes",
  "decnet",
  "wlan",
  "len",
]);

interface Qualifiers {
  readonly proto: string | undefined;
  readonly dir: Direction;
  readonly type: string | undefined;
}

/** Compile an expression; an empty one takes everything. Throws FilterError. */
export function compileFilter(text: string, resolve: (name: string) => Ipv4 | undefined): FrameFilter {
  const tokens = lexFilter(text);
  if (tokens.length === 0) return () => true;
  const test = new Parser(tokens, resolve).parse();
  return (frame) => {
    const view = frameView(frame);
    return view !== undefined && test(view);
  };
}

class Parser {
  private readonly tokens: readonly FilterToken[];
  private readonly resolve: (name: string) => Ipv4 | undefined;
  private at = 0;
  /** The first name that is unknown: told when the syntax is right. */
  private unknown: FilterError | undefined;
  private last: Qualifiers = { proto: undefined, dir: "either", type: undefined };

  constructor(tokens: readonly FilterToken[], resolve: (name: string) => Ipv4 | undefined) {
    this.tokens = tokens;
    this.resolve = resolve;
  }

  parse(): Test {
    const test = this.expression();
    if (this.at < this.tokens.length) throw syntaxError();
    if (this.unknown !== undefined) throw this.unknown;
    return test;
  }

  private expression(): Test {
    let left = this.term();
    for (;;) {
      const kind = this.tokens[this.at]?.kind;
      if (kind !== "and" && kind !== "or") return left;
      this.at++;
      const [a, b] = [left, this.term()];
      left = kind === "and" ? (view) => a(view) && b(view) : (view) => a(view) || b(view);
    }
  }

  private term(): Test {
    const token = this.tokens[this.at];
    if (token?.kind === "not") {
      this.at++;
      const inner = this.term();
      return (view) => !inner(view);
    }
    if (token?.kind === "(") {
      this.at++;
      const inner = this.expression();
      if (this.tokens[this.at++]?.kind !== ")") throw syntaxError();
      return inner;
    }
    return this.primitive();
  }

  private word(): string | undefined {
    const token = this.tokens[this.at];
    return token?.kind === "word" ? token.text.toLowerCase() : undefined;
  }

  private take(set: (word: string) => boolean): string | undefined {
    const word = this.word();
    if (word === undefined || !set(word)) return undefined;
    this.at++;
    return word;
  }

  private primitive(): Test {
    const word = this.word();
    if (word === undefined) throw syntaxError();
    if (REFUSED.has(word)) throw new FilterNotModelled(word);
    const proto = this.take((w) => w in ETHERTYPES || w in PROTOCOLS || w === "ether");
    const dir = this.direction();
    const type = this.take((w) => TYPES.has(w));
    const alone = proto === undefined && dir === undefined && type === undefined;
    if (alone && (word === "broadcast" || word === "multicast")) return this.group(word);
    if (proto !== undefined && dir === undefined && type === undefined) return this.bareProtocol(proto);
    const qualifiers = alone ? this.last : { proto, dir: dir ?? "either", type };
    this.last = qualifiers;
    const value = this.take(() => true);
    if (value === undefined) throw syntaxError();
    return this.valueTest(qualifiers, value);
  }

  private bareProtocol(proto: string): Test {
    const next = this.word();
    if (proto === "ether" && (next === "broadcast" || next === "multicast")) return this.group(next);
    if (proto === "ether") throw syntaxError();
    this.last = { proto, dir: "either", type: undefined };
    return protocolTest(proto);
  }

  private group(word: string): Test {
    this.at++;
    return word === "broadcast" ? (view) => view.broadcast : (view) => view.group;
  }

  /** src, dst, `src or dst`, `src and dst`. */
  private direction(): Direction | undefined {
    const first = this.take((w) => w === "src" || w === "dst");
    if (first !== "src") return first as Direction | undefined;
    const [joint, second] = [this.tokens[this.at]?.kind, this.tokens[this.at + 1]];
    if ((joint !== "or" && joint !== "and") || second?.kind !== "word" || second.text.toLowerCase() !== "dst")
      return "src";
    // `src host a and dst host b` has its value in between, so `src and dst` is always this.
    this.at += 2;
    return joint === "or" ? "either" : "both";
  }

  private valueTest({ proto, dir, type }: Qualifiers, value: string): Test {
    if (proto === "ether") return macTest(value, dir);
    if (type === "port" || type === "portrange") return portTest(proto, dir, type, value);
    if (type === "proto") return ipProtocolTest(value);
    if (proto !== undefined && proto in PROTOCOLS)
      throw new FilterError(`'${proto}' modifier applied to ${type ?? "host"}`);
    const limit = proto === undefined ? undefined : ETHERTYPES[proto];
    const { net, mask } = type === "net" ? this.network(value) : { net: this.host(value), mask: 0xffffffff };
    return (view) =>
      (limit === undefined || view.ethertype === limit) &&
      directed(dir, addrsOf(view), (addr) => ((addr ^ net) & mask) === 0);
  }

  private host(value: string): number {
    const addr = parseIpv4(value) ?? this.resolve(value);
    if (addr === undefined) this.unknown ??= new FilterError(`unknown host '${value}'`);
    return addr ?? 0;
  }

  /** `10.0.0.0/8`, `10.1` (as many octets as written), `net N mask M`. */
  private network(value: string): { net: number; mask: number } {
    const [text = "", prefix] = value.split("/");
    const octets = text.split(".");
    const net = parseIpv4([...octets, "0", "0", "0"].slice(0, 4).join("."));
    if (net === undefined || octets.length > 4) throw new FilterError(`unknown network '${value}'`);
    const mask =
      this.mask() ?? (prefix === undefined ? prefixMask(Math.min(32, octets.length * 8)) : prefixMask(Number(prefix)));
    if ((net & ~mask) >>> 0 !== 0) throw new FilterError(`non-network bits set in "${value}"`);
    return { net, mask };
  }

  private mask(): number | undefined {
    if (this.take((w) => w === "mask") === undefined) return undefined;
    const mask = parseIpv4(this.take(() => true) ?? "");
    if (mask === undefined) throw syntaxError();
    return mask;
  }
}

function syntaxError(): FilterError {
  return new FilterError("can't parse filter expression: syntax error");
}

function directed<T>(dir: Direction, pair: readonly [T, T] | undefined, test: (value: T) => boolean): boolean {
  if (pair === undefined) return false;
  const [src, dst] = pair;
  if (dir === "src") return test(src);
  if (dir === "dst") return test(dst);
  return dir === "both" ? test(src) && test(dst) : test(src) || test(dst);
}

function protocolTest(proto: string): Test {
  const ethertype = ETHERTYPES[proto];
  const number = PROTOCOLS[proto];
  return ethertype === undefined ? (view) => view.protocol === number : (view) => view.ethertype === ethertype;
}

function ipProtocolTest(value: string): Test {
  const number = PROTOCOLS[value.replace(/^\\/, "")] ?? Number(value);
  if (Number.isNaN(number)) throw new FilterError(`unknown ip proto '${value}'`);
  return (view) => view.protocol === number;
}

function macTest(value: string, dir: Direction): Test {
  const mac = parseMac(value);
  if (mac === undefined) throw new FilterError(`unknown ether host '${value}'`);
  return (view) => directed(dir, macsOf(view), (addr) => addr === mac);
}

function portTest(proto: string | undefined, dir: Direction, type: string, value: string): Test {
  const only = proto === undefined ? undefined : PROTOCOLS[proto];
  if (proto !== undefined && proto !== "ip" && (only === undefined || !PORT_PROTOCOLS.includes(only)))
    throw new FilterError("illegal qualifier of 'port'");
  const [low, high] = type === "portrange" ? value.split("-").map(portNumber) : [portNumber(value), portNumber(value)];
  if (low === undefined || high === undefined) throw new FilterError(`unknown port '${value}'`);
  return (view) =>
    (only === undefined || view.protocol === only) &&
    directed(dir, portsOf(view), (port) => port >= low && port <= high);
}

function portNumber(text: string): number {
  const port = PORTS[text] ?? (/^\d+$/.test(text) ? Number(text) : undefined);
  if (port === undefined) throw new FilterError(`unknown port '${text}'`);
  if (port > 65535) throw new FilterError(`illegal port number ${port} > 65535`);
  return port;
}
