// Registration of devices (net/core/dev.c: register_netdevice, unregister_netdevice).

import type { Mac } from "../addr/mac.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { InDevice } from "../ipv4/in-device.ts";
import { devClose } from "./link.ts";
import type { DeviceOps } from "./net-device.ts";
import { IFF_BROADCAST, IFF_MULTICAST, NetDevice } from "./net-device.ts";

export interface NetDevSpec {
  readonly name: string;
  /** Random locally administered when absent; a given one counts as set by hand. */
  readonly addr?: Mac | undefined;
  readonly mtu?: number | undefined;
  /** IFF_*; BROADCAST | MULTICAST unless given. */
  readonly flags?: number;
  /** A wish; the next free index otherwise. */
  readonly ifindex?: number | undefined;
}

/** eth_random_addr: unicast, locally administered, from the world's seeded stream. */
export function ethRandomAddr(ns: NetNamespace): Mac {
  const high = (ns.world.random.u32() & 0xfeff) | 0x0200;
  return (high * 0x100000000 + ns.world.random.u32()) as Mac;
}

/** alloc_netdev + register_netdevice. The name and a wished ifindex must be free; `priv` makes the state of the device's type. */
export function registerNetdevice(
  ns: NetNamespace,
  ops: DeviceOps,
  spec: NetDevSpec,
  priv: (dev: NetDevice) => unknown = () => null,
): NetDevice {
  const addr = spec.addr ?? ethRandomAddr(ns);
  const flags = spec.flags ?? IFF_BROADCAST | IFF_MULTICAST;
  const dev = new NetDevice(
    ns,
    ns.devices.allocIndex(spec.ifindex),
    spec.name,
    ops,
    addr,
    spec.mtu ?? 1500,
    flags,
    new InDevice(ns),
  );
  dev.addrPinned = spec.addr !== undefined;
  dev.mtuPinned = spec.mtu !== undefined;
  dev.priv = priv(dev);
  ns.devices.register(dev);
  return dev;
}

/** unregister_netdevice: down, what the type holds is freed, then forgotten (its bridge lets go of it when it hears so). */
export function unregisterNetdevice(dev: NetDevice): void {
  devClose(dev);
  dev.ops.onDelete?.(dev);
  dev.ns.devices.unregister(dev);
  dev.taps.length = 0;
}
