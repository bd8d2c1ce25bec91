// The devices of one namespace: by name, by ifindex, in ifindex order, and who wants to hear of changes
// (net/core/dev.c: list_netdevice, dev_new_index, call_netdevice_notifiers).

import type { NetDevice } from "./net-device.ts";

/** netdev_cmd: register/unregister NETDEV_REGISTER/UNREGISTER, change NETDEV_CHANGE/CHANGEMTU/CHANGENAME/CHANGEUPPER, addr-change NETDEV_CHANGEADDR, carrier a changed carrier. */
export type DeviceEvent = "register" | "unregister" | "up" | "down" | "change" | "addr-change" | "carrier";
export type DeviceListener = (event: DeviceEvent, dev: NetDevice) => void;

export class DeviceTable {
  private readonly names = new Map<string, NetDevice>();
  private readonly indexes = new Map<number, NetDevice>();
  private order: NetDevice[] = [];
  private listeners: readonly DeviceListener[] = [];
  private lastIndex = 0;

  byName(name: string): NetDevice | undefined {
    return this.names.get(name);
  }

  byIndex(ifindex: number): NetDevice | undefined {
    return this.indexes.get(ifindex);
  }

  /** All devices in ascending ifindex. */
  list(): readonly NetDevice[] {
    return this.order;
  }

  [Symbol.iterator](): Iterator<NetDevice> {
    return this.order[Symbol.iterator]();
  }

  get size(): number {
    return this.order.length;
  }

  /** The next free index: cyclic allocation, so an index that was given back is not used again soon. A wish does not move the counter. */
  allocIndex(wanted = 0): number {
    if (wanted > 0) return wanted;
    do this.lastIndex++;
    while (this.indexes.has(this.lastIndex));
    return this.lastIndex;
  }

  /** Put a device under its name and ifindex, which must be free, and tell the listeners. */
  register(dev: NetDevice): void {
    this.names.set(dev.name, dev);
    this.indexes.set(dev.ifindex, dev);
    const last = this.order.at(-1);
    this.order = [...this.order, dev];
    // Most devices come with rising indexes; only a wish needs sorting.
    if (last !== undefined && last.ifindex > dev.ifindex) this.order.sort((a, b) => a.ifindex - b.ifindex);
    this.emit("register", dev);
  }

  /** Tell the listeners, then forget the device. */
  unregister(dev: NetDevice): void {
    this.emit("unregister", dev);
    this.names.delete(dev.name);
    this.indexes.delete(dev.ifindex);
    this.order = this.order.filter((d) => d !== dev);
  }

  rename(dev: NetDevice, name: string): void {
    this.names.delete(dev.name);
    dev.name = name;
    this.names.set(name, dev);
    this.emit("change", dev);
  }

  /** Listeners hear events in the order they subscribed. Returns the way out. */
  subscribe(fn: DeviceListener): () => void {
    this.listeners = [...this.listeners, fn];
    return () => {
      this.listeners = this.listeners.filter((l) => l !== fn);
    };
  }

  emit(event: DeviceEvent, dev: NetDevice): void {
    for (const listener of this.listeners) listener(event, dev);
  }
}
