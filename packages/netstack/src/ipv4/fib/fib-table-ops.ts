// Adding and deleting rows (net/ipv4/fib_trie.c: fib_table_insert, fib_table_delete), and what device and address events do to them.

import type { NetDevice } from "../../dev/net-device.ts";
import type { Ipv4 } from "../../addr/ipv4.ts";
import { prefixMask } from "../../addr/ipv4.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import { RT_SCOPE_HOST, RT_SCOPE_NOWHERE, RT_TABLE_LOCAL, RT_TABLE_MAIN, RTN_LOCAL } from "../rt-types.ts";
import type { FibConfig, RtnlError } from "./fib-semantics.ts";
import { fibCreateInfo, isRtnlError } from "./fib-semantics.ts";
import { fibRebalance } from "./multipath.ts";
import type { FibAlias, FibInfo, FibNh } from "./fib-types.ts";
import { nhLinkdown } from "./fib-types.ts";

/** What to do where a row of the same prefix, TOS and metric exists. */
export type InsertMode = "add" | "replace" | "append" | "prepend";

/** fib_table_insert. */
export function fibTableInsert(ns: NetNamespace, cfg: FibConfig, mode: InsertMode): RtnlError | null {
  if ((cfg.prefix & ~prefixMask(cfg.len)) !== 0)
    return { errno: "EINVAL", extack: "Invalid prefix for given prefix length" };
  const info = fibCreateInfo(ns, cfg);
  if (isRtnlError(info)) return info;
  const { prefix, len, tos, type, table, origin = null } = cfg;
  const alias: FibAlias = { prefix, len, tos, type, table, info, origin };
  const rows = ns.fib.table(cfg.table)?.bucket(cfg.prefix, cfg.len) ?? [];
  const equals = rows.filter((row) => row.tos === cfg.tos && row.info.metric === cfg.metric);
  const at = insertPosition(rows, cfg);
  if (equals.length > 0) {
    if (mode === "add") return { errno: "EEXIST" };
    const same = equals.find((row) => row.type === alias.type && sameInfo(row.info, info));
    if (mode === "replace") return replaceRow(ns, equals, same, alias, at);
    if (same !== undefined) return { errno: "EEXIST" };
  }
  ns.fib.insertAt(alias, mode === "append" ? at + equals.length : at);
  noteCustomLocal(ns, alias);
  return null;
}

/** The first of equals is replaced in place; a perfect match further down is an error. */
function replaceRow(
  ns: NetNamespace,
  equals: readonly FibAlias[],
  same: FibAlias | undefined,
  alias: FibAlias,
  at: number,
): RtnlError | null {
  const first = equals[0] as FibAlias;
  if (same !== undefined) return same === first ? null : { errno: "EEXIST" };
  ns.fib.remove(first);
  ns.fib.insertAt(alias, at);
  return null;
}

/** Higher TOS first, then lower metric: where rows of this TOS and metric begin. */
function insertPosition(rows: readonly FibAlias[], cfg: FibConfig): number {
  const at = rows.findIndex((row) => row.tos < cfg.tos || (row.tos === cfg.tos && row.info.metric >= cfg.metric));
  return at < 0 ? rows.length : at;
}

// Addresses make theirs with protocol kernel; anything else in the local table makes source checks look twice.
function noteCustomLocal(ns: NetNamespace, alias: FibAlias): void {
  if (alias.type === RTN_LOCAL && (alias.table !== RT_TABLE_LOCAL || alias.info.protocol !== 2))
    ns.fib.hasCustomLocalRoutes = true;
}

function sameInfo(a: FibInfo, b: FibInfo): boolean {
  return (
    a.scope === b.scope &&
    a.protocol === b.protocol &&
    a.prefsrc === b.prefsrc &&
    a.mtu === b.mtu &&
    a.advmss === b.advmss &&
    a.nhs.length === b.nhs.length &&
    a.nhs.every((nh, i) => sameNh(nh, b.nhs[i] as FibNh))
  );
}

function sameNh(a: FibNh, b: FibNh): boolean {
  return a.dev === b.dev && a.gateway === b.gateway && a.weight === b.weight && a.onlink === b.onlink;
}

/** What a deletion names; undefined and 0 match anything. */
export interface FibDelete {
  readonly prefix: Ipv4;
  readonly len: number;
  readonly tos: number;
  readonly table: number;
  readonly type?: number;
  readonly scope?: number;
  readonly protocol?: number;
  readonly metric?: number;
  readonly prefsrc?: Ipv4;
  readonly nhs: readonly { readonly dev: NetDevice | null; readonly gateway: Ipv4 }[];
}

/** fib_table_delete: the first row that fits. ESRCH when none does. */
export function fibTableDelete(ns: NetNamespace, cfg: FibDelete): RtnlError | null {
  if ((cfg.prefix & ~prefixMask(cfg.len)) !== 0)
    return { errno: "EINVAL", extack: "Invalid prefix for given prefix length" };
  const rows = ns.fib.table(cfg.table)?.bucket(cfg.prefix, cfg.len) ?? [];
  const row = rows.find((r) => r.tos === cfg.tos && deleteMatches(r, cfg));
  if (row === undefined) return { errno: "ESRCH" };
  ns.fib.remove(row);
  return null;
}

function deleteMatches(row: FibAlias, cfg: FibDelete): boolean {
  const { info } = row;
  return (
    (cfg.type === undefined || row.type === cfg.type) &&
    (cfg.scope === undefined || cfg.scope === RT_SCOPE_NOWHERE || info.scope === cfg.scope) &&
    (cfg.protocol === undefined || cfg.protocol === info.protocol) &&
    (cfg.metric === undefined || cfg.metric === 0 || info.metric === cfg.metric) &&
    (cfg.prefsrc === undefined || cfg.prefsrc === 0 || info.prefsrc === cfg.prefsrc) &&
    nexthopsMatch(info.nhs, cfg)
  );
}

function nexthopsMatch(nhs: readonly FibNh[], cfg: FibDelete): boolean {
  if (cfg.nhs.length > 1 && cfg.nhs.length !== nhs.length) return false;
  return cfg.nhs.every((wish, i) => {
    const nh = nhs[i];
    return (
      nh !== undefined &&
      (wish.dev === null || nh.dev === wish.dev) &&
      (wish.gateway === 0 || nh.gateway === wish.gateway)
    );
  });
}

/** Every row of every table. */
export function allRows(ns: NetNamespace): FibAlias[] {
  return ns.fib.tableIds().flatMap((id) => ns.fib.table(id)?.rows() ?? []);
}

/** fib_sync_down_dev: nexthops through `dev` die; a row whose every nexthop is dead goes. `force` also takes local rows (device or last address gone). */
export function fibSyncDownDev(ns: NetNamespace, dev: NetDevice, force: boolean): void {
  for (const row of ns.fib.rowsOf(dev)) {
    const { nhs, scope } = row.info;
    // Rows of own addresses stay while the device is merely down.
    if (!force && scope === RT_SCOPE_HOST) continue;
    for (const nh of nhs) {
      if (nh.dev !== dev) continue;
      nh.dead = true;
      nh.linkdown = ns.flavour.routeLinkdown;
    }
    if (nhs.every((nh) => nh.dead)) ns.fib.remove(row);
    else fibRebalance(nhs);
  }
}

/** fib_sync_up for nexthops of multipath rows that survived, and the carrier flag of all. */
export function fibSyncUp(ns: NetNamespace, dev: NetDevice): void {
  for (const { info } of ns.fib.rowsOf(dev)) {
    for (const nh of info.nhs) {
      if (nh.dev !== dev) continue;
      nh.dead = false;
      nh.linkdown = nhLinkdown(dev);
    }
    fibRebalance(info.nhs);
  }
}

/** Carrier changed: rows stay and are marked. */
export function fibSyncCarrier(ns: NetNamespace, dev: NetDevice): void {
  const linkdown = nhLinkdown(dev);
  for (const { info } of ns.fib.rowsOf(dev)) for (const nh of info.nhs) if (nh.dev === dev) nh.linkdown = linkdown;
}

/** fib_sync_down_addr: rows of main that prefer a source which is no longer ours go; other tables keep theirs. */
export function fibSyncDownAddr(ns: NetNamespace, local: Ipv4): void {
  for (const row of ns.fib.table(RT_TABLE_MAIN)?.rows() ?? []) if (row.info.prefsrc === local) ns.fib.remove(row);
}
