// The VXLAN device: creation, opening its UDP port, MTU (drivers/net/vxlan/vxlan_core.c: vxlan_newlink, vxlan_open, vxlan_change_mtu).

import type { Mac } from "../addr/mac.ts";
import { MAC_ZERO } from "../addr/mac.ts";
import type { DeviceOps, NetDevice, NetdevError } from "../dev/net-device.ts";
import { registerNetdevice } from "../dev/register.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { VxlanConfig } from "./vxlan.ts";
import { Vxlan, VXLAN_HEADROOM, vxlanOf } from "./vxlan.ts";
import { vxlanFdbUpdate } from "./vxlan-fdb.ts";
import { vxlanRcv } from "./vxlan-rcv.ts";
import { vxlanXmit } from "./vxlan-xmit.ts";

function need(dev: NetDevice): Vxlan {
  const vx = vxlanOf(dev);
  if (vx === undefined) throw new Error(`${dev.name} is not a vxlan`);
  return vx;
}

/** Another running device of this namespace's tunnels on the same port: it holds the socket already. */
function sharesSocket(vx: Vxlan): boolean {
  for (const dev of vx.net.devices) {
    const other = vxlanOf(dev);
    if (
      other !== undefined &&
      other !== vx &&
      other.bound &&
      other.net === vx.net &&
      other.cfg.dstPort === vx.cfg.dstPort
    )
      return true;
  }
  return false;
}

/** vxlan_open: the UDP port is opened with the first device that needs it. */
function vxlanOpen(dev: NetDevice): NetdevError | null {
  const vx = need(dev);
  const port = vx.cfg.dstPort;
  const error = sharesSocket(vx) ? undefined : vx.net.sockets.udpEncap(port, (pkt) => vxlanRcv(vx.net, port, pkt));
  if (error !== undefined) return { errno: error };
  vx.bound = true;
  return null;
}

function vxlanStop(dev: NetDevice): void {
  const vx = need(dev);
  if (!vx.bound) return;
  vx.bound = false;
  if (!sharesSocket(vx)) vx.net.sockets.udpEncapRelease(vx.cfg.dstPort);
}

function vxlanChangeMtu(dev: NetDevice, mtu: number): NetdevError | null {
  const vx = need(dev);
  const lower = vx.net.devices.byIndex(vx.cfg.lowerIfindex);
  return lower !== undefined && mtu > lower.mtu - VXLAN_HEADROOM ? { errno: "EINVAL" } : null;
}

const VXLAN_OPS: DeviceOps = {
  kind: "vxlan",
  xmit: vxlanXmit,
  carrier: () => true,
  operState: (dev) => (dev.up ? "UNKNOWN" : "DOWN"),
  onUp: vxlanOpen,
  onDown: vxlanStop,
  changeMtu: vxlanChangeMtu,
};

/** vxlan_dev_configure: one device per VNI and port. */
export function vxlanConfigError(ns: NetNamespace, cfg: VxlanConfig): NetdevError | null {
  for (const dev of ns.devices) {
    const vx = vxlanOf(dev);
    if (vx !== undefined && vx.cfg.vni === cfg.vni && vx.cfg.dstPort === cfg.dstPort) {
      return { errno: "EEXIST", extack: "A VXLAN device with the specified VNI already exists" };
    }
  }
  return null;
}

/** vxlan_newlink. With a lower device the MTU leaves room for the outer headers; `remote` becomes the row of all zeros. */
export function createVxlan(
  ns: NetNamespace,
  spec: { name: string; addr?: Mac | undefined; mtu?: number | undefined; ifindex?: number | undefined },
  cfg: VxlanConfig,
): NetDevice {
  const lower = ns.devices.byIndex(cfg.lowerIfindex);
  const bound = lower === undefined ? undefined : lower.mtu - VXLAN_HEADROOM;
  const mtu = spec.mtu !== undefined && bound !== undefined ? Math.min(spec.mtu, bound) : (spec.mtu ?? bound);
  const dev = registerNetdevice(ns, VXLAN_OPS, { ...spec, mtu }, (d) => new Vxlan(d, ns, cfg));
  if (cfg.remote !== 0)
    vxlanFdbUpdate(need(dev), {
      mac: MAC_ZERO,
      ip: cfg.remote,
      state: "permanent",
      mode: "add",
      ifindex: cfg.lowerIfindex,
    });
  return dev;
}
