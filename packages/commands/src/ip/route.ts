// `ip route show|get` and changes.

import type { FibAlias, Ipv4, RouteGetQuery, RouteSpec, RouteType } from "@kubehop/netstack";
import {
  parseCidr,
  parseIpv4,
  parseRtName,
  prefixMask,
  printRoute,
  routeGet,
  routeRow,
  selectRoutes,
} from "@kubehop/netstack";
import type { IpRun } from "./ip-context.ts";
import { change, printJson } from "./ip-context.ts";
import type { Words } from "./words.ts";
import { invalidArgument, IpUsageError, notModelled } from "./words.ts";

const TYPES: readonly RouteType[] = [
  "unicast",
  "local",
  "broadcast",
  "multicast",
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
];

function isRouteType(word: string | undefined): word is RouteType {
  return TYPES.some((type) => type === word);
}

// ---- show

interface ShowFilter {
  table?: string;
  dev?: string;
  protocol?: string;
  type?: RouteType;
  via?: string;
  src?: string;
  scope?: string;
  /** How a prefix compares: the same, longer or equal, shorter or equal. */
  prefix?: { readonly how: "exact" | "root" | "match"; readonly addr: number; readonly len: number };
}

export function routeShow(run: IpRun, words: Words): number {
  const { ctx, options } = run;
  const filter = showFilter(words);
  const { table, dev, protocol, type } = filter;
  const id = parseRtName("table", table ?? "main");
  if (table !== undefined && table !== "all" && id === undefined)
    throw invalidArgument(table, "table id value is invalid");
  if (dev !== undefined && ctx.ns.devices.byName(dev) === undefined)
    throw new IpUsageError(`Cannot find device "${dev}"`, 1);
  const chosen = {
    ...(table === undefined ? {} : { table }),
    ...(dev === undefined ? {} : { dev }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(type === undefined ? {} : { type }),
  };
  if (table !== undefined && table !== "all" && id !== undefined && ctx.ns.fib.table(id) === undefined)
    throw new IpUsageError("Error: ipv4: FIB table does not exist.\nDump terminated", 2);
  const rows = selectRoutes(ctx.ns, chosen).filter((row) => isShown(filter, row));
  const print = { table: table === "all", details: options.details };
  if (options.json)
    return printJson(
      run,
      rows.map((row) => withoutAsked(filter, routeRow(row, print))),
    );
  for (const row of rows) ctx.stdout(`${withoutAskedWords(filter, printRoute(row, print))}\n`);
  return 0;
}

function showFilter(words: Words): ShowFilter {
  const filter: ShowFilter = {};
  while (!words.done) {
    const word = words.value();
    if (word === "table") filter.table = words.value();
    else if (word === "dev" || word === "oif") filter.dev = words.value();
    else if (word === "proto" || word === "protocol") filter.protocol = words.value();
    else if (word === "scope") filter.scope = words.value();
    else if (word === "via") filter.via = words.value();
    else if (word === "src") filter.src = words.value();
    else if (word === "type") filter.type = typeWord(words.value());
    else if (word === "root" || word === "match" || word === "exact")
      filter.prefix = { how: word, ...prefixWord(words.value()) };
    else if (["cache", "from", "tos", "dsfield", "realms", "iif", "vrf", "metric", "cloned"].includes(word))
      throw notModelled(`the route selector "${word}"`);
    else filter.prefix = { how: "exact", ...prefixWord(word === "to" ? words.value() : word) };
  }
  return filter;
}

function typeWord(word: string): RouteType {
  if (!isRouteType(word)) throw invalidArgument(word, "node type value is invalid");
  return word;
}

function prefixWord(word: string): { addr: number; len: number } {
  const cidr = word === "all" || word === "any" ? { addr: 0, len: 0 } : parseCidr(word);
  if (cidr === undefined) throw new IpUsageError(`Error: any valid prefix is expected rather than "${word}".`, 1);
  return cidr;
}

function isShown({ prefix, via, src, scope }: ShowFilter, row: FibAlias): boolean {
  if (via !== undefined && !row.info.nhs.some((nh) => nh.gateway === parseIpv4(via))) return false;
  if (src !== undefined && row.info.prefsrc !== parseIpv4(src)) return false;
  if (scope !== undefined && row.info.scope !== parseRtName("scope", scope)) return false;
  if (prefix === undefined) return true;
  const { how, addr, len } = prefix;
  const common = prefixMask(Math.min(len, row.len));
  if (((row.prefix ^ addr) & common) !== 0) return false;
  return how === "exact" ? row.len === len : how === "root" ? row.len >= len : row.len <= len;
}

/** What was asked for is not repeated in each row. */
function withoutAskedWords(filter: ShowFilter, text: string): string {
  let out = text;
  if (filter.dev !== undefined && !text.includes("\tnexthop")) out = out.replace(` dev ${filter.dev} `, " ");
  if (filter.protocol !== undefined) out = out.replace(/ proto \S+ /, " ");
  if (filter.scope !== undefined) out = out.replace(/ scope \S+ /, " ");
  return filter.via === undefined ? out : out.replace(/ via \S+ /, " ");
}

function withoutAsked(filter: ShowFilter, row: object): object {
  const asked: readonly (readonly [string | undefined, string])[] = [
    [filter.dev, "dev"],
    [filter.protocol, "protocol"],
    [filter.scope, "scope"],
    [filter.via, "gateway"],
  ];
  const hidden = asked.filter(([given]) => given !== undefined).map(([, key]) => key);
  return Object.fromEntries(Object.entries(row).filter(([key]) => !hidden.includes(key)));
}

// ---- get

type Query = { -readonly [K in keyof RouteGetQuery]: RouteGetQuery[K] };

export function routeGetCommand(run: IpRun, words: Words): number {
  if (run.options.json) throw notModelled("-j with route get");
  const query: Partial<Query> = {};
  while (!words.done) getWord(query, words);
  const { dst } = query;
  if (dst === undefined) throw new IpUsageError("need at least a destination address", 1);
  const result = routeGet(run.ctx.ns, { ...query, dst });
  if ("message" in result) throw new IpUsageError(result.message, result.message.startsWith("Cannot") ? 1 : 2);
  run.ctx.stdout(result.text);
  return 0;
}

function getWord(query: Partial<Query>, words: Words): void {
  const word = words.value();
  if (word === "from") query.from = address(words.value());
  else if (word === "iif") query.iif = words.value();
  else if (word === "oif" || word === "dev") query.oif = words.value();
  else if (word === "mark") query.mark = words.number("mark");
  else if (word === "tos" || word === "dsfield") query.tos = words.number("tos");
  else if (word === "uid") query.uid = words.number("uid");
  else if (word === "sport" || word === "dport") query[word] = words.number(word);
  else if (word === "ipproto") query.ipproto = ipProto(words.value());
  else if (["fibmatch", "connected", "notify", "vrf", "as"].includes(word))
    throw notModelled(`the route get option "${word}"`);
  else query.dst = address(word === "to" ? words.value() : word);
}

function address(word: string): Ipv4 {
  const addr = parseIpv4(word.replace(/\/32$/, ""));
  if (addr === undefined) throw new IpUsageError(`Error: any valid prefix is expected rather than "${word}".`, 1);
  return addr;
}

const IP_PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, gre: 47, sctp: 132 };

export function ipProto(word: string): number {
  const proto = IP_PROTOCOLS[word] ?? (/^\d+$/.test(word) ? Number(word) : undefined);
  if (proto === undefined) throw invalidArgument(word, 'invalid "ipproto" value');
  return proto;
}

// ---- changes

type Draft = { -readonly [K in keyof RouteSpec]?: RouteSpec[K] };
type Nexthop = { via?: string; dev?: string; weight?: number; onlink?: boolean };
type Setter = (draft: Draft, words: Words) => void;

const SETTERS: Readonly<Record<string, Setter>> = {
  via: (d, w) => (d.via = w.takeIf("inet") ? w.value() : w.value()),
  dev: (d, w) => (d.dev = w.value()),
  oif: (d, w) => (d.dev = w.value()),
  src: (d, w) => (d.src = w.value()),
  table: (d, w) => (d.table = w.value()),
  metric: (d, w) => (d.metric = w.number("metric")),
  priority: (d, w) => (d.metric = w.number("metric")),
  preference: (d, w) => (d.metric = w.number("metric")),
  proto: (d, w) => (d.protocol = w.value()),
  protocol: (d, w) => (d.protocol = w.value()),
  scope: (d, w) => (d.scope = scopeWord(w.value())),
  onlink: (d) => (d.onlink = true),
  mtu: (d, w) => (d.mtu = w.number("mtu")),
  advmss: (d, w) => (d.advmss = w.number("advmss")),
  tos: (d, w) => (d.tos = w.number("tos")),
  dsfield: (d, w) => (d.tos = w.number("tos")),
  nexthop: (d, w) => (d.nexthops = [...(d.nexthops ?? []), nexthop(w)]),
};

/** Words of iproute2 without a counterpart here. */
const REFUSED: ReadonlySet<string> = new Set([
  "rtt",
  "rttvar",
  "window",
  "cwnd",
  "initcwnd",
  "initrwnd",
  "ssthresh",
  "realms",
  "rto_min",
  "hoplimit",
  "quickack",
  "congctl",
  "features",
  "expires",
  "encap",
  "nhid",
  "ttl-propagate",
  "pervasive",
  "lock",
  "pref",
  "fastopen_no_cookie",
]);

function scopeWord(word: string): NonNullable<RouteSpec["scope"]> {
  const scope = (["global", "site", "link", "host", "nowhere"] as const).find(
    (name) => name === word || String(parseRtName("scope", name)) === word,
  );
  if (scope === undefined) throw invalidArgument(word, 'invalid "scope" value');
  return scope;
}

function nexthop(words: Words): Nexthop {
  const hop: Nexthop = {};
  while (!words.done && words.peek() !== "nexthop") {
    const word = words.value();
    if (word === "via") hop.via = words.value();
    else if (word === "dev") hop.dev = words.value();
    else if (word === "weight") hop.weight = words.number("weight");
    else if (word === "onlink") hop.onlink = true;
    else throw notModelled(`the nexthop option "${word}"`);
  }
  return hop;
}

export function routeChange(
  run: IpRun,
  op: "route-add" | "route-replace" | "route-append" | "route-prepend" | "route-del",
  words: Words,
): number {
  const draft: Draft = {};
  if (isRouteType(words.peek())) draft.type = typeWord(words.value());
  while (!words.done) {
    const word = words.value();
    const set = Object.hasOwn(SETTERS, word) ? SETTERS[word] : undefined;
    if (set !== undefined) set(draft, words);
    else if (REFUSED.has(word)) throw notModelled(`the route option "${word}"`);
    else if (draft.dst === undefined) draft.dst = destination(word === "to" ? words.value() : word);
    else throw new IpUsageError(`Error: either "to" is duplicate, or "${word}" is a garbage.`);
  }
  return change(run, [{ ...draft, op, dst: draft.dst ?? "default" }]);
}

function destination(word: string): string {
  const dst = word === "any" || word === "all" ? "default" : word;
  if (parseCidr(dst) === undefined)
    throw new IpUsageError(`Error: any valid prefix is expected rather than "${word}".`, 1);
  return dst;
}
