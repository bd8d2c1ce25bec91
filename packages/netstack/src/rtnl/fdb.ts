// `bridge fdb` as operations of a batch and as rows (net/core/rtnetlink.c: rtnl_fdb_add, rtnl_fdb_dump).

import type { Ipv4 } from "../addr/ipv4.ts";
import { formatIpv4, parseIpv4 } from "../addr/ipv4.ts";
import type { Mac } from "../addr/mac.ts";
import { formatMac, parseMac } from "../addr/mac.ts";
import { brFdbCleanup, brFdbFind, fdbCreate } from "../bridge/br-fdb.ts";
import type { Bridge } from "../bridge/bridge.ts";
import { bridgeOf } from "../bridge/bridge.ts";
import type { BridgePort } from "../bridge/bridge-port.ts";
import { BR_STATE_FORWARDING } from "../bridge/bridge-port.ts";
import type { FdbEntry } from "../bridge/fdb-entry.ts";
import type { NetDevice, NetdevError } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Vxlan, VxlanFdbState } from "../tunnel/vxlan.ts";
import { vxlanOf } from "../tunnel/vxlan.ts";
import { vxlanFdbCleanup, vxlanFdbDelete, vxlanFdbUpdate } from "../tunnel/vxlan-fdb.ts";
import type { ConfigOp, RuleOrigin } from "./batch.ts";
import type { RtnlFailure } from "./nl-error.ts";
import { cannotFindDevice, notModelled, rtnlFailure, toolFailure } from "./nl-error.ts";

type FdbSet = Extract<ConfigOp, { op: "fdb-add" | "fdb-replace" | "fdb-append" }>;
type FdbDel = Extract<ConfigOp, { op: "fdb-del" }>;
export type FdbOp = FdbSet | FdbDel;

/** A row of `bridge -j -s fdb`; ages in whole seconds. */
export interface FdbRow {
  readonly mac: string;
  readonly ifname: string;
  /** Remote of a tunnel. */
  readonly dst?: string;
  /** Outgoing device of the remote. */
  readonly viaIf?: string;
  readonly used: number;
  readonly updated: number;
  readonly flags: readonly string[];
  readonly master?: string;
  /** "permanent", "static", or "" for learned rows. */
  readonly state: string;
}

/** Apply one operation; null when done, else what `bridge` prints. */
export function applyFdbOp(ns: NetNamespace, op: FdbOp, origin: RuleOrigin | null = null): RtnlFailure | null {
  const dev = ns.devices.byName(op.dev);
  if (dev === undefined) return cannotFindDevice(op.dev);
  const mac = parseMac(op.mac);
  if (mac === undefined) return toolFailure("EINVAL", `Invalid mac address ${op.mac}`);
  const dst = op.dst === undefined ? (0 as Ipv4) : parseIpv4(op.dst);
  if (dst === undefined) return toolFailure("EINVAL", `Error: inet prefix is expected rather than "${op.dst ?? ""}".`);
  if (op.master !== true && bridgeOf(dev) === undefined && vxlanOf(dev) === undefined) return ofOrdinary(dev, op);
  const error = op.op === "fdb-del" ? fdbDel(dev, op, mac, dst) : fdbSet(dev, op, { mac, dst, origin });
  return error === null ? null : rtnlFailure(error);
}

/** ndo_dflt_fdb_add: another device takes further addresses into its filter, which is not modelled and so holds none. */
function ofOrdinary(dev: NetDevice, { op, mac }: FdbOp): RtnlFailure {
  if (dev.kind === "loopback" && op !== "fdb-del")
    return rtnlFailure({ errno: "EINVAL", extack: "FDB add only supported for Ethernet devices" });
  return op === "fdb-del" ? rtnlFailure({ errno: "ENOENT" }) : notModelled(`the address ${mac} of ${dev.name} itself`);
}

/** What is to stand in the row. */
interface FdbWish {
  readonly mac: Mac;
  readonly dst: Ipv4;
  readonly origin: RuleOrigin | null;
}

function fdbSet(dev: NetDevice, op: FdbSet, wish: FdbWish): NetdevError | null {
  if (op.master === true) {
    const port = dev.bridgePort;
    return port === null ? { errno: "EOPNOTSUPP" } : brFdbSet(port.bridge, port, op, wish);
  }
  const br = bridgeOf(dev);
  if (br !== undefined) return brFdbSet(br, null, op, wish);
  const vx = vxlanOf(dev);
  return vx === undefined ? { errno: "EOPNOTSUPP" } : vxlanSet(vx, op, wish);
}

const VXLAN_STATES: Readonly<Record<FdbSet["state"], VxlanFdbState>> = {
  permanent: "permanent",
  static: "static",
  dynamic: "reachable",
};

function vxlanSet(vx: Vxlan, op: FdbSet, { mac, dst, origin }: FdbWish): NetdevError | null {
  if (dst === 0) return { errno: "EINVAL" };
  const mode = op.op === "fdb-add" ? "add" : op.op === "fdb-replace" ? "replace" : "append";
  return vxlanFdbUpdate(vx, { mac, ip: dst, state: VXLAN_STATES[op.state], mode, ifindex: 0, origin });
}

/** br_fdb_add → fdb_add_entry. `permanent` makes the address the bridge's own. */
function brFdbSet(br: Bridge, port: BridgePort | null, op: FdbSet, { mac, origin }: FdbWish): NetdevError | null {
  if (mac === 0) return { errno: "EINVAL" };
  if (port !== null && port.state !== BR_STATE_FORWARDING && op.state === "dynamic") return { errno: "EPERM" };
  let f = brFdbFind(br, mac);
  if (f !== undefined && op.op === "fdb-add") return { errno: "EEXIST" };
  f ??= fdbCreate(br, port, mac, false, false);
  f.port = port;
  f.addedByUser = true;
  f.origin = origin;
  f.isLocal = op.state === "permanent";
  f.isStatic = op.state !== "dynamic";
  f.updated = br.dev.ns.world.now;
  f.used = f.updated;
  return null;
}

function fdbDel(dev: NetDevice, op: FdbDel, mac: Mac, dst: Ipv4): NetdevError | null {
  if (op.master === true) {
    return dev.bridgePort === null ? { errno: "EOPNOTSUPP" } : brFdbDel(dev.bridgePort.bridge, dev.bridgePort, mac);
  }
  const br = bridgeOf(dev);
  if (br !== undefined) return brFdbDel(br, null, mac);
  const vx = vxlanOf(dev);
  return vx === undefined ? { errno: "EOPNOTSUPP" } : vxlanFdbDelete(vx, mac, dst);
}

function brFdbDel(br: Bridge, port: BridgePort | null, mac: Mac): NetdevError | null {
  const f = brFdbFind(br, mac);
  if (f === undefined || f.port !== port) return { errno: "ENOENT" };
  br.fdb.delete(mac);
  return null;
}

export interface FdbFilter {
  /** Device name (`dev`, `brport`). */
  readonly dev?: string;
  /** Bridge name (`br`). */
  readonly br?: string;
}

/** Rows as `bridge fdb show`: by device, a port's bridge rows first; newest first within a table. Rows of multicast filters (`33:33:…`, `01:00:5e:…`) are not modelled. */
export function dumpFdb(ns: NetNamespace, filter: FdbFilter = {}): FdbRow[] {
  const rows: FdbRow[] = [];
  for (const dev of ns.devices) {
    if (filter.dev !== undefined && dev.name !== filter.dev) continue;
    if (filter.br !== undefined && dev.name !== filter.br && dev.master?.name !== filter.br) continue;
    const vx = vxlanOf(dev);
    const br = bridgeOf(dev) ?? dev.bridgePort?.bridge;
    if (br !== undefined) rows.push(...bridgeRows(br, dev));
    if (vx !== undefined) rows.push(...vxlanRows(vx));
  }
  return rows;
}

function seconds(ns: NetNamespace, since: number): number {
  return Math.floor((ns.world.now - since) / 1000);
}

function bridgeRows(br: Bridge, dev: NetDevice): FdbRow[] {
  brFdbCleanup(br);
  const own = [...br.fdb.values()].filter((f) => (f.port?.dev ?? br.dev) === dev);
  return own.reverse().map((f) => ({
    mac: formatMac(f.addr),
    ifname: dev.name,
    used: seconds(dev.ns, f.used),
    updated: seconds(dev.ns, f.updated),
    flags: f.sticky ? ["sticky"] : [],
    master: br.dev.name,
    state: stateWord(f),
  }));
}

function stateWord(f: FdbEntry): string {
  if (f.isLocal) return "permanent";
  return f.isStatic ? "static" : "";
}

function vxlanRows(vx: Vxlan): FdbRow[] {
  vxlanFdbCleanup(vx);
  const ns = vx.net;
  return [...vx.fdb.values()].reverse().flatMap((f) =>
    f.remotes.map((d) => {
      const via = ns.devices.byIndex(d.ifindex);
      return {
        mac: formatMac(f.mac),
        ifname: vx.dev.name,
        dst: formatIpv4(d.ip),
        ...(via === undefined ? {} : { viaIf: via.name }),
        used: seconds(ns, f.used),
        updated: seconds(ns, f.updated),
        flags: ["self"],
        state: f.state === "reachable" ? "" : f.state,
      };
    }),
  );
}
