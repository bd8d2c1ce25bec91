// Routes as `ip route` prints them, text and JSON rows (iproute2 ip/iproute.c: print_route).

import { formatIpv4 } from "../addr/ipv4.ts";
import type { FibAlias, FibNh } from "../ipv4/fib/fib-types.ts";
import { RT_TABLE_MAIN, RTN_NAMES, RTN_UNICAST } from "../ipv4/rt-types.ts";
import { rtName } from "./rt-names.ts";

export interface RoutePrintOptions {
  /** Name the table (a dump of all tables). */
  readonly table?: boolean;
  /** -d: type, protocol and scope always. */
  readonly details?: boolean;
}

export function tableName(id: number): string {
  return rtName("table", id);
}

/** `default`, a bare address for /32, else a prefix. */
export function routeDst(prefix: number, len: number): string {
  if (len === 0 && prefix === 0) return "default";
  return len === 32 ? formatIpv4(prefix) : `${formatIpv4(prefix)}/${len}`;
}

/** RTNH_F_* words of a nexthop. */
export function nexthopFlags(nh: FibNh): string[] {
  const flags: string[] = [];
  if (nh.dead) flags.push("dead");
  if (nh.onlink) flags.push("onlink");
  if (nh.linkdown) flags.push("linkdown");
  return flags;
}

const BOOT = 3;

/** One route, every word followed by a blank as the tool does; nexthops of a multipath route on lines of their own. No newline at the end. */
export function printRoute(row: FibAlias, o: RoutePrintOptions = {}): string {
  const { info } = row;
  const d = o.details === true;
  const [nh] = info.nhs;
  const single = info.nhs.length === 1 && nh !== undefined ? nh : null;
  const words: string[] = [];
  if (row.type !== RTN_UNICAST || d) words.push(RTN_NAMES[row.type]);
  words.push(routeDst(row.prefix, row.len));
  if (row.tos !== 0) words.push(`tos ${tosText(row.tos)}`);
  if (single !== null) words.push(...viaDev(single));
  if (o.table === true && row.table !== RT_TABLE_MAIN) words.push(`table ${tableName(row.table)}`);
  if (info.protocol !== BOOT || d) words.push(`proto ${rtName("protocol", info.protocol)}`);
  if (info.scope !== 0 || d) words.push(`scope ${rtName("scope", info.scope)}`);
  if (info.prefsrc !== 0) words.push(`src ${formatIpv4(info.prefsrc)}`);
  if (info.metric !== 0) words.push(`metric ${info.metric}`);
  if (single !== null) words.push(...nexthopFlags(single));
  words.push(...metricWords(row));
  return words.map((w) => `${w} `).join("") + (single === null ? info.nhs.map(printNexthop).join("") : "");
}

function viaDev(nh: FibNh): string[] {
  const words: string[] = [];
  if (nh.gateway !== 0) words.push(`via ${formatIpv4(nh.gateway)}`);
  if (nh.dev !== null) words.push(`dev ${nh.dev.name}`);
  return words;
}

function metricWords(row: FibAlias): string[] {
  const words: string[] = [];
  if (row.info.mtu !== 0) words.push(`mtu ${row.info.mtu}`);
  if (row.info.advmss !== 0) words.push(`advmss ${row.info.advmss}`);
  return words;
}

function printNexthop(nh: FibNh): string {
  return `\n\tnexthop ${[...viaDev(nh), `weight ${nh.weight}`, ...nexthopFlags(nh)].join(" ")} `;
}

export function tosText(tos: number): string {
  return `0x${tos.toString(16).padStart(2, "0")}`;
}

/** A row of `ip -j route`. Absent keys are absent there too. */
export interface RouteRow {
  readonly type?: string;
  readonly dst: string;
  readonly tos?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly table?: string;
  readonly protocol?: string;
  readonly scope?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly flags: readonly string[];
  readonly metrics?: readonly Readonly<Record<string, number>>[];
  readonly nexthops?: readonly {
    readonly gateway?: string;
    readonly dev?: string;
    readonly weight: number;
    readonly flags: readonly string[];
  }[];
}

export function routeRow(row: FibAlias, o: RoutePrintOptions = {}): RouteRow {
  const { info } = row;
  const d = o.details === true;
  const [nh] = info.nhs;
  const single = info.nhs.length === 1 && nh !== undefined ? nh : null;
  return {
    ...(row.type !== RTN_UNICAST || d ? { type: RTN_NAMES[row.type] } : {}),
    dst: routeDst(row.prefix, row.len),
    ...(row.tos !== 0 ? { tos: tosText(row.tos) } : {}),
    ...(single !== null ? nexthopRow(single) : {}),
    ...(o.table === true && row.table !== RT_TABLE_MAIN ? { table: tableName(row.table) } : {}),
    ...(info.protocol !== BOOT || d ? { protocol: rtName("protocol", info.protocol) } : {}),
    ...(info.scope !== 0 || d ? { scope: rtName("scope", info.scope) } : {}),
    ...(info.prefsrc !== 0 ? { prefsrc: formatIpv4(info.prefsrc) } : {}),
    ...(info.metric !== 0 ? { metric: info.metric } : {}),
    flags: single !== null ? nexthopFlags(single) : [],
    ...metricsRow(row),
    ...(single === null
      ? { nexthops: info.nhs.map((n) => ({ ...nexthopRow(n), weight: n.weight, flags: nexthopFlags(n) })) }
      : {}),
  };
}

function nexthopRow(nh: FibNh): { gateway?: string; dev?: string } {
  return {
    ...(nh.gateway !== 0 ? { gateway: formatIpv4(nh.gateway) } : {}),
    ...(nh.dev !== null ? { dev: nh.dev.name } : {}),
  };
}

function metricsRow(row: FibAlias): { metrics?: Record<string, number>[] } {
  const { mtu, advmss } = row.info;
  if (mtu === 0 && advmss === 0) return {};
  return { metrics: [{ ...(mtu !== 0 ? { mtu } : {}), ...(advmss !== 0 ? { advmss } : {}) }] };
}
