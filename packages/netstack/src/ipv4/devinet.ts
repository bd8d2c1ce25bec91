// Addresses of devices: insert, delete, promote (net/ipv4/devinet.c).

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { inetAddrType } from "./fib/addr-type.ts";
import { fibAddIfaddr, fibDelIfaddr } from "./fib/fib-frontend.ts";
import type { RtnlError } from "./fib/fib-semantics.ts";
import { fibSyncDownAddr, fibSyncDownDev } from "./fib/fib-table-ops.ts";
import type { InAddr } from "./in-device.ts";
import { ifaMatch } from "./in-device.ts";
import { RTN_LOCAL } from "./rt-types.ts";

/** inet_insert_ifa: primaries before secondaries, wider scopes behind narrower ones. */
export function inetInsertIfa(dev: NetDevice, ifa: InAddr): RtnlError | null {
  const { addrs } = dev.inDev;
  ifa.secondary = false;
  let at = 0;
  for (const [i, other] of addrs.entries()) {
    if (!other.secondary && ifa.scope <= other.scope) at = i + 1;
    if (other.len !== ifa.len || !ifaMatch(other, ifa.address)) continue;
    if (other.local === ifa.local) return { errno: "EEXIST", extack: "ipv4: Address already assigned" };
    if (other.scope !== ifa.scope) return { errno: "EINVAL", extack: "ipv4: Invalid scope value" };
    ifa.secondary = true;
  }
  addrs.splice(ifa.secondary ? addrs.length : at, 0, ifa);
  ownAddress(dev, ifa.local, 1);
  fibAddIfaddr(dev, ifa);
  notify(dev, "up", ifa);
  return null;
}

/** __inet_del_ifa: secondaries of a primary go with it, or the first of them takes its place (promote_secondaries). */
export function inetDelIfa(dev: NetDevice, ifa: InAddr): void {
  const { addrs } = dev.inDev;
  const followers = ifa.secondary
    ? []
    : addrs.filter((a) => a.secondary && a.len === ifa.len && ifaMatch(ifa, a.address));
  const promote = dev.inDev.promoteSecondaries ? followers[0] : undefined;
  // Their rows name the old primary as source: taken out now, put back under the new one.
  for (const other of followers) {
    if (promote === undefined) removeIfa(dev, other);
    else fibDelIfaddr(dev, other, ifa);
  }
  removeIfa(dev, ifa);
  if (promote === undefined) return;
  promoteIfa(dev, promote, ifa);
  for (const other of followers.slice(1)) fibAddIfaddr(dev, other);
}

function promoteIfa(dev: NetDevice, ifa: InAddr, old: InAddr): void {
  const { addrs } = dev.inDev;
  addrs.splice(addrs.indexOf(ifa), 1);
  ifa.secondary = false;
  let at = 0;
  for (const [i, other] of addrs.entries()) if (!other.secondary && old.scope <= other.scope) at = i + 1;
  addrs.splice(at, 0, ifa);
  fibAddIfaddr(dev, ifa);
  notify(dev, "up", ifa);
}

function removeIfa(dev: NetDevice, ifa: InAddr): void {
  const { addrs } = dev.inDev;
  fibDelIfaddr(dev, ifa);
  addrs.splice(addrs.indexOf(ifa), 1);
  ownAddress(dev, ifa.local, -1);
  if (inetAddrType(dev.ns, ifa.local) !== RTN_LOCAL) fibSyncDownAddr(dev.ns, ifa.local);
  notify(dev, "down", ifa);
  if (addrs.length === 0) fibSyncDownDev(dev.ns, dev, true);
}

/** inetdev_destroy: the device leaves the namespace. */
export function inetdevDestroy(dev: NetDevice): void {
  for (let ifa = dev.inDev.addrs.at(-1); ifa !== undefined; ifa = dev.inDev.addrs.at(-1)) removeIfa(dev, ifa);
  fibSyncDownDev(dev.ns, dev, true);
}

function ownAddress(dev: NetDevice, local: Ipv4, by: 1 | -1): void {
  const owners = dev.ns.ipv4.addrOwners;
  const count = (owners.get(local | 0) ?? 0) + by;
  if (count > 0) owners.set(local | 0, count);
  else owners.delete(local | 0);
}

function notify(dev: NetDevice, event: "up" | "down", ifa: InAddr): void {
  for (const listener of dev.ns.ipv4.addrChain) listener(event, dev, ifa);
}
