// The bridge as a device: what the host sends by it, and its options (net/bridge/br_device.c).

import type { Mac } from "../addr/mac.ts";
import { isGroupMac, MAC_BROADCAST } from "../addr/mac.ts";
import type { DeviceOps, NetDevice, NetdevError } from "../dev/net-device.ts";
import { registerNetdevice } from "../dev/register.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Packet } from "../skb/packet.ts";
import { ETH_HLEN, ethDst } from "../wire/ethernet.ts";
import { brFdbFind, fdbAddLocal } from "./br-fdb.ts";
import { BR_PKT_BROADCAST, BR_PKT_MULTICAST, BR_PKT_UNICAST, brFlood, brForward } from "./br-forward.ts";
import { brAddIf, brDelIf } from "./br-if.ts";
import { traceDecision } from "./br-input.ts";
import { brStpChangeBridgeId, brStpDisableBridge, brStpEnableBridge } from "./br-stp.ts";
import { Bridge, bridgeOf } from "./bridge.ts";

function need(dev: NetDevice): Bridge {
  const br = bridgeOf(dev);
  if (br === undefined) throw new Error(`${dev.name} is not a bridge`);
  return br;
}

/** br_dev_xmit: traffic of the host enters the bridge. A local row still names the port that has the address. */
function brDevXmit(dev: NetDevice, pkt: Packet): void {
  const br = need(dev);
  const bridged = pkt.nfBridge?.bridgedDnat ?? null;
  if (bridged !== null) {
    bridged(pkt);
    return;
  }
  dev.txPackets++;
  dev.txBytes += pkt.len;
  pkt.mac = pkt.head;
  pkt.pull(ETH_HLEN);
  const dst = ethDst(pkt.buf, pkt.mac);
  const entry = isGroupMac(dst) ? undefined : brFdbFind(br, dst);
  if (dev.ns.world.tracer !== null) traceDecision(br, pkt, dst, entry, "br_dev_xmit");
  if (entry !== undefined) brForward(br, entry.port, pkt, false, true);
  else if (!isGroupMac(dst)) brFlood(br, pkt, BR_PKT_UNICAST, false, true);
  else brFlood(br, pkt, dst === MAC_BROADCAST ? BR_PKT_BROADCAST : BR_PKT_MULTICAST, false, true);
}

function brDelSlave(master: NetDevice, dev: NetDevice): void {
  const p = dev.bridgePort;
  if (p !== null && p.bridge.dev === master) brDelIf(p);
}

function brOperState(dev: NetDevice): string {
  if (!dev.up) return "DOWN";
  const br = need(dev);
  if (!br.carrierDecided) return "UNKNOWN";
  return br.carrier ? "UP" : "DOWN";
}

function brDevOpen(dev: NetDevice): null {
  brStpEnableBridge(need(dev));
  return null;
}

/** br_dev_delete: the ports are released first. */
function brDevDelete(dev: NetDevice): void {
  for (const p of need(dev).ports) brDelIf(p);
}

const BRIDGE_OPS: DeviceOps = {
  kind: "bridge",
  xmit: brDevXmit,
  carrier: (dev) => need(dev).carrier,
  operState: brOperState,
  onUp: brDevOpen,
  onDown: (dev) => brStpDisableBridge(need(dev)),
  onDelete: brDevDelete,
  setMac: (dev, mac) => brStpChangeBridgeId(need(dev), mac),
  addSlave: (master: NetDevice, dev: NetDevice): NetdevError | null => brAddIf(need(master), dev),
  delSlave: brDelSlave,
};

/** br_dev_newlink. With an address given the bridge keeps it; otherwise it is random until ports come. */
export function createBridge(
  ns: NetNamespace,
  spec: { name: string; addr?: Mac | undefined; mtu?: number | undefined; ifindex?: number | undefined },
): NetDevice {
  const dev = registerNetdevice(ns, BRIDGE_OPS, spec, (d) => new Bridge(d));
  const br = need(dev);
  fdbAddLocal(br, null, dev.addr);
  if (spec.addr !== undefined) brStpChangeBridgeId(br, spec.addr);
  return dev;
}
