// The end of a network namespace (net/core/net_namespace.c: cleanup_net; net/core/dev.c: default_device_exit_batch).

import type { NetDevice } from "../dev/net-device.ts";
import { unregisterNetdevice } from "../dev/register.ts";
import { ipFragsExitNet } from "../ipv4/ip-fragment.ts";
import { sockNetExit } from "../sock/sock-exit.ts";
import { vxlanOf } from "../tunnel/vxlan.ts";
import type { NetNamespace } from "./net-namespace.ts";

/**
 * Remove a namespace as when its last process and its name are gone: the name is free at once; sockets end without a packet; devices
 * go in reverse order, a veth takes its other end along wherever that is, and a tunnel that was moved elsewhere goes with the
 * namespace it sends from. A card is unplugged: there is no first namespace it could fall back to. No timer of sockets, neighbours,
 * fragments or conntrack stays; a proxied ARP answer that was being delayed finds its device down. Frames on their way to it are
 * dropped when they arrive (DEV_READY). Does nothing to a namespace that is gone already.
 */
export function destroyNetns(ns: NetNamespace): void {
  ns.world.recorder?.netnsGone(ns);
  if (ns.world.namespaces.get(ns.name) === ns) ns.world.namespaces.delete(ns.name);
  sockNetExit(ns);
  ipFragsExitNet(ns);
  ns.ct.exit();
  for (const dev of movedTunnels(ns)) unregisterNetdevice(dev);
  for (const dev of ns.devices.list().toReversed()) {
    // Another end may have taken it along.
    if (ns.devices.byIndex(dev.ifindex) === dev) unregisterNetdevice(dev);
  }
  ns.world.softirq();
}

/** vxlan_exit_batch_rtnl: tunnels whose socket is here and whose device is in another namespace. */
function movedTunnels(ns: NetNamespace): NetDevice[] {
  const others = [...ns.world.namespaces.values()].flatMap((other) => other.devices.list());
  return others.filter((dev) => vxlanOf(dev)?.net === ns && dev.ns !== ns);
}
