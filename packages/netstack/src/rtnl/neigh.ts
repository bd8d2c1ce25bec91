// `ip neigh` as operations of a batch and as listings (net/core/neighbour.c: neigh_add, neigh_delete, neigh_dump_info).

import type { Ipv4 } from "../addr/ipv4.ts";
import { formatIpv4, parseIpv4 } from "../addr/ipv4.ts";
import { parseMac } from "../addr/mac.ts";
import type { NetDevice } from "../dev/net-device.ts";
import type { Neigh, NudState } from "../neigh/neigh.ts";
import { NUD_FAILED, NUD_NOARP, NUD_NONE, NUD_PERMANENT, NUD_REACHABLE, NUD_STALE } from "../neigh/neigh.ts";
import { neighUpdate } from "../neigh/nud.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { ConfigOp, NudWord, RuleOrigin } from "./batch.ts";
import type { RtnlFailure } from "./nl-error.ts";
import { cannotFindDevice, rtnlFailure, toolFailure } from "./nl-error.ts";
import type { NeighPrintOptions, NeighRow } from "./print-neigh.ts";
import { neighRow, printNeigh } from "./print-neigh.ts";

export type NeighOp = Extract<ConfigOp, { op: "neigh-add" | "neigh-replace" | "neigh-del" }>;
type NeighSet = Extract<NeighOp, { op: "neigh-add" | "neigh-replace" }>;

const STATES: Readonly<Record<NudWord, NudState>> = {
  permanent: NUD_PERMANENT,
  noarp: NUD_NOARP,
  stale: NUD_STALE,
  reachable: NUD_REACHABLE,
};

/** Apply one operation; null when done, else what `ip` prints. Waiting packets may go out or fail at once. */
export function applyNeighOp(ns: NetNamespace, op: NeighOp, origin: RuleOrigin | null = null): RtnlFailure | null {
  const dev = ns.devices.byName(op.dev);
  if (dev === undefined) return cannotFindDevice(op.dev);
  const dst = parseIpv4(op.dst);
  if (dst === undefined) return toolFailure("EINVAL", `Error: any valid address is expected rather than "${op.dst}".`);
  const failure = op.op === "neigh-del" ? delNeigh(ns, dev, dst) : setNeigh(ns, dev, dst, op, origin);
  ns.world.softirq();
  return failure;
}

function setNeigh(
  ns: NetNamespace,
  dev: NetDevice,
  dst: Ipv4,
  op: NeighSet,
  origin: RuleOrigin | null,
): RtnlFailure | null {
  if (op.proxy === true) return addProxy(ns, dev, dst);
  const mac = parseMac(op.lladdr);
  if (mac === undefined) return toolFailure("EINVAL", `"${op.lladdr}" is invalid lladdr.`);
  const old = ns.arp.lookup(dev, dst);
  if (old !== undefined && op.op === "neigh-add") return rtnlFailure({ errno: "EEXIST" });
  const neigh = old ?? ns.arp.lookupOrCreate(dev, dst, op.nud === "permanent");
  if (neigh === null) return rtnlFailure({ errno: "ENOBUFS" });
  neighUpdate(neigh, mac, STATES[op.nud], { override: true, admin: true });
  neigh.origin = origin;
  return null;
}

function addProxy(ns: NetNamespace, dev: NetDevice, dst: Ipv4): null {
  const set = ns.arp.proxies.get(dev) ?? new Set<number>();
  ns.arp.proxies.set(dev, set.add(dst | 0));
  return null;
}

/** A neighbour that is being resolved fails first, so that waiting packets are reported. */
function delNeigh(ns: NetNamespace, dev: NetDevice, dst: Ipv4): RtnlFailure | null {
  const neigh = ns.arp.lookup(dev, dst);
  if (neigh === undefined)
    return ns.arp.proxies.get(dev)?.delete(dst | 0) === true ? null : rtnlFailure({ errno: "ENOENT" });
  neighUpdate(neigh, null, NUD_FAILED, { override: true, admin: true });
  ns.arp.remove(neigh);
  return null;
}

/** What `ip neigh` shows: everything but NOARP and entries that were never used. */
export function selectNeighs(ns: NetNamespace, dev?: string): Neigh[] {
  return [...ns.arp].filter(
    (n) => n.state !== NUD_NOARP && n.state !== NUD_NONE && (dev === undefined || n.dev.name === dev),
  );
}

/** `ip neigh`: the text with newlines. */
export function printNeighs(ns: NetNamespace, dev?: string, options: NeighPrintOptions = {}): string {
  const o = { ...options, now: ns.world.now, dev: dev !== undefined };
  return selectNeighs(ns, dev)
    .map((n) => `${printNeigh(n, o)}\n`)
    .join("");
}

/** `ip -j neigh`. */
export function dumpNeighs(ns: NetNamespace, dev?: string): NeighRow[] {
  return selectNeighs(ns, dev).map(neighRow);
}

/** `ip neigh show proxy`. */
export function printProxies(ns: NetNamespace): string {
  let text = "";
  for (const [dev, addrs] of ns.arp.proxies)
    for (const addr of addrs) text += `${formatIpv4(addr >>> 0)} dev ${dev.name} proxy \n`;
  return text;
}
