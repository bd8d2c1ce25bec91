// dummy: an interface to hold addresses; what is sent into it is gone (drivers/net/dummy.c).

import type { Mac } from "../addr/mac.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { consumeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import type { DeviceOps, NetDevice } from "./net-device.ts";
import { IFF_BROADCAST, IFF_NOARP } from "./net-device.ts";
import { registerNetdevice } from "./register.ts";

function dummyXmit(dev: NetDevice, pkt: Packet): void {
  dev.txPackets++;
  dev.txBytes += pkt.len;
  consumeSkb(dev.ns, pkt, "dummy_xmit");
}

const DUMMY_OPS: DeviceOps = {
  kind: "dummy",
  csumsEncapsulated: true,
  minMtu: 0,
  maxMtu: 0xffffffff,
  xmit: dummyXmit,
  carrier: () => true,
  operState: (dev) => (dev.up ? "UNKNOWN" : "DOWN"),
};

export function createDummy(
  ns: NetNamespace,
  spec: { name: string; addr?: Mac | undefined; mtu?: number | undefined; ifindex?: number | undefined },
): NetDevice {
  return registerNetdevice(ns, DUMMY_OPS, { ...spec, flags: IFF_BROADCAST | IFF_NOARP });
}
