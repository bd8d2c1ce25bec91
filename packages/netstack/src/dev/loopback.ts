// lo: what is sent comes back in, with its route and its connection (drivers/net/loopback.c).

import type { NetNamespace } from "../netns/net-namespace.ts";
import { MAC_ZERO } from "../addr/mac.ts";
import type { Packet } from "../skb/packet.ts";
import type { DeviceOps, NetDevice } from "./net-device.ts";
import { IFF_LOOPBACK } from "./net-device.ts";
import { registerNetdevice } from "./register.ts";

const LOOPBACK_MTU = 65536;

/** loopback_xmit: the socket lets go, route and connection stay. */
function loopbackXmit(dev: NetDevice, pkt: Packet): void {
  pkt.sk = null;
  pkt.loopback = true;
  dev.txPackets++;
  dev.txBytes += pkt.len;
  dev.rxPackets++;
  dev.rxBytes += pkt.len;
  dev.ns.world.netifRx(pkt);
}

const LOOPBACK_OPS: DeviceOps = {
  kind: "loopback",
  minMtu: 0,
  maxMtu: Number.MAX_SAFE_INTEGER,
  xmit: loopbackXmit,
  carrier: () => true,
  operState: (dev) => (dev.up ? "UNKNOWN" : "DOWN"),
};

/** The first device of a namespace: ifindex 1, down until somebody sets it up. */
export function createLoopback(ns: NetNamespace): NetDevice {
  return registerNetdevice(ns, LOOPBACK_OPS, {
    name: "lo",
    addr: MAC_ZERO,
    mtu: LOOPBACK_MTU,
    flags: IFF_LOOPBACK,
  });
}
