// Ports come and go (net/bridge/br_if.c).

import { changeMtu } from "../dev/link.ts";
import type { DeviceKind, NetDevice, NetdevError } from "../dev/net-device.ts";
import { IFF_LOOPBACK } from "../dev/net-device.ts";
import { brFdbDeleteByPort, fdbAddLocal } from "./br-fdb.ts";
import { brHandleFrame } from "./br-input.ts";
import { brPortStateSelection, brStpDisablePort, brStpEnablePort, brStpRecalculateBridgeId } from "./br-stp.ts";
import type { Bridge } from "./bridge.ts";
import { BridgePort } from "./bridge-port.ts";

/** port_cost: 10 Gbit/s devices 2, devices without a speed 100. */
const PORT_COST: Readonly<Record<DeviceKind, number>> = {
  veth: 2,
  nic: 2,
  loopback: 100,
  bridge: 100,
  vxlan: 100,
  dummy: 100,
};
const BR_MAX_PORTS = 1024;

function findPortno(br: Bridge): number {
  const used = new Set(br.ports.map((p) => p.portNo));
  for (let no = 1; no < BR_MAX_PORTS; no++) if (!used.has(no)) return no;
  return 0;
}

function mayJoin(dev: NetDevice): NetdevError | null {
  if ((dev.flags & IFF_LOOPBACK) !== 0) return { errno: "EINVAL" };
  if (dev.kind === "bridge") return { errno: "ELOOP", extack: "Can not enslave a bridge to a bridge" };
  return dev.rxHandler === null ? null : { errno: "EBUSY" };
}

/** br_add_if. */
export function brAddIf(br: Bridge, dev: NetDevice): NetdevError | null {
  const error = mayJoin(dev);
  if (error !== null) return error;
  const portNo = findPortno(br);
  if (portNo === 0) return { errno: "EXFULL" };
  const p = new BridgePort(br, dev, portNo, PORT_COST[dev.kind]);
  dev.bridgePort = p;
  dev.master = br.dev;
  dev.rxHandler = brHandleFrame;
  dev.promisc++;
  br.ports = [p, ...br.ports];
  fdbAddLocal(br, p, dev.addr);
  brStpRecalculateBridgeId(br);
  brPortStateSelection(br);
  if (br.dev.up && dev.operational) brStpEnablePort(p);
  // The MTU follows when the port's change is heard (br-core.ts).
  dev.ns.devices.emit("change", dev);
  return null;
}

/** br_del_if → del_nbp. */
export function brDelIf(p: BridgePort): void {
  const br = p.bridge;
  brStpDisablePort(p);
  brFdbDeleteByPort(br, p, true);
  br.ports = br.ports.filter((q) => q !== p);
  p.dev.promisc--;
  p.dev.rxHandler = null;
  p.dev.bridgePort = null;
  p.dev.master = null;
  brMtuAutoAdjust(br);
  brStpRecalculateBridgeId(br);
  p.dev.ns.devices.emit("change", p.dev);
}

/** br_mtu_auto_adjust: the smallest of the ports, until a person sets it. */
export function brMtuAutoAdjust(br: Bridge): void {
  if (br.dev.mtuPinned) return;
  let mtu = 0;
  for (const p of br.ports) if (mtu === 0 || p.dev.mtu < mtu) mtu = p.dev.mtu;
  changeMtu(br.dev, mtu === 0 ? 1500 : mtu);
}
