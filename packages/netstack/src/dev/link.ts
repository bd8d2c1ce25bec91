// Changes of one device: up, down, MTU, MAC, name, master, namespace (net/core/dev.c, net/core/rtnetlink.c: do_setlink).
// An error is what rtnetlink answers; null means done.

import type { Mac } from "../addr/mac.ts";
import { isGroupMac } from "../addr/mac.ts";
import { InDevice } from "../ipv4/in-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { NetDevice, NetdevError } from "./net-device.ts";

/** Device kinds that stay in the namespace they were made in (netns_immutable). */
const NETNS_IMMUTABLE: readonly string[] = ["loopback", "bridge"];

/**
 * dev_open: null when it is up. A change of carrier is told later, by linkwatch: what the device sends when it comes up (arp_notify)
 * is through before a bridge port at the other end of a veth forwards, and is lost there (seen on 6.18).
 */
export function devOpen(dev: NetDevice): NetdevError | null {
  if (dev.up) return null;
  dev.up = true;
  const error = dev.ops.onUp?.(dev) ?? null;
  if (error !== null) {
    dev.up = false;
    return error;
  }
  dev.hasQdisc = true;
  dev.ns.devices.emit("up", dev);
  if (dev.ops.onOpened !== undefined) {
    dev.ns.world.softirq();
    dev.ops.onOpened(dev);
  }
  return null;
}

export function devClose(dev: NetDevice): void {
  if (!dev.up) return;
  dev.up = false;
  dev.ops.onDown?.(dev);
  dev.ns.devices.emit("down", dev);
}

/** netif_carrier_on/off seen by others; only a running device has a carrier that matters. */
export function carrierChanged(dev: NetDevice): void {
  if (dev.up) dev.ns.devices.emit("carrier", dev);
}

/** dev_set_mtu by hand: a bridge stops following its ports. */
export function devSetMtu(dev: NetDevice, mtu: number): NetdevError | null {
  if (mtu < (dev.ops.minMtu ?? 68)) return { errno: "EINVAL", extack: "mtu less than device minimum" };
  if (mtu > (dev.ops.maxMtu ?? 65535)) return { errno: "EINVAL", extack: "mtu greater than device maximum" };
  const error = dev.ops.changeMtu?.(dev, mtu) ?? null;
  if (error !== null) return error;
  dev.mtuPinned = true;
  changeMtu(dev, mtu);
  return null;
}

/** The MTU changed, by hand or by following. */
export function changeMtu(dev: NetDevice, mtu: number): void {
  if (dev.mtu === mtu) return;
  dev.mtu = mtu;
  dev.ns.devices.emit("change", dev);
}

/** dev_set_mac_address: a unicast address that is not zero. */
export function devSetMac(dev: NetDevice, mac: Mac): NetdevError | null {
  if (mac === 0 || isGroupMac(mac)) return { errno: "EADDRNOTAVAIL" };
  dev.addrPinned = true;
  // Everybody is told even where nothing changes, and the neighbours are forgotten.
  if (dev.addr === mac) dev.ns.devices.emit("addr-change", dev);
  else if (dev.ops.setMac !== undefined) dev.ops.setMac(dev, mac);
  else changeMac(dev, mac);
  return null;
}

export function changeMac(dev: NetDevice, mac: Mac): void {
  if (dev.addr === mac) return;
  dev.addr = mac;
  dev.ns.devices.emit("addr-change", dev);
}

/** do_set_master: leave the old bridge first, even when the new one refuses. */
export function devSetMaster(dev: NetDevice, master: NetDevice | null): NetdevError | null {
  const old = dev.master;
  if (old === master) return null;
  if (old !== null) old.ops.delSlave?.(old, dev);
  if (master === null) return null;
  if (master.ops.addSlave === undefined) return { errno: "EOPNOTSUPP" };
  return master.ops.addSlave(master, dev);
}

/** IFNAMSIZ is 16 with the final NUL; no blanks, slashes or colons (dev_valid_name). */
export function devValidName(name: string): boolean {
  return name.length > 0 && name.length < 16 && name !== "." && name !== ".." && !/[\s/:]/.test(name);
}

export function devChangeName(dev: NetDevice, name: string): NetdevError | null {
  if (name === dev.name) return null;
  if (!devValidName(name)) return { errno: "EINVAL" };
  if (dev.ns.devices.byName(name) !== undefined) return { errno: "EEXIST" };
  dev.ns.devices.rename(dev, name);
  return null;
}

/** dev_change_net_namespace: down, out of here, in there; the index is kept when it is free. */
export function devChangeNs(dev: NetDevice, ns: NetNamespace, name = dev.name): NetdevError | null {
  if (dev.ns === ns) return devChangeName(dev, name);
  if (NETNS_IMMUTABLE.includes(dev.kind)) return { errno: "EINVAL", extack: "The interface netns is immutable" };
  if (ns.devices.byName(name) !== undefined)
    return { errno: "EEXIST", extack: "An interface with the same name exists in the target netns" };
  devClose(dev);
  dev.ns.devices.unregister(dev);
  dev.taps.length = 0;
  dev.ns = ns;
  dev.name = name;
  dev.inDev = new InDevice(ns);
  if (ns.devices.byIndex(dev.ifindex) !== undefined) dev.ifindex = ns.devices.allocIndex();
  ns.devices.register(dev);
  return null;
}
