// Machines of the underlay: a network namespace with one network card on the shared segment, configured by batches like any node.

import { randomMac } from "@kubehop/cni";
import { applyBatch, KERNEL_FLAVOURS, NetNamespace, parseCidr } from "@kubehop/netstack";
import type { ConfigOp, World } from "@kubehop/netstack";
import { Refusal } from "@kubehop/sim";
import type { MachineSpec, NodeSpec, UnderlaySpec } from "../model/cluster-spec.ts";
import { addressOps } from "./card-address.ts";

/** Name of the segment all machines stand on. */
export const UNDERLAY = "underlay";
/** The router that answers ARP for the gateway address and forwards nothing. */
export const GATEWAY = "gateway";

/** A change that the cluster itself makes was refused: a mistake in the scenario that loading did not see, or ours. */
export class ClusterError extends Refusal {
  override readonly name = "ClusterError";
}

/** @throws ClusterError with the tool's words */
export function configure(ns: NetNamespace, agent: string, ops: readonly ConfigOp[]): void {
  const error = applyBatch(ns, { agent, ops });
  if (error !== null) throw new ClusterError(`${ns.name}: ${JSON.stringify(ops[error.index])}: ${error.message}`);
}

/** Power a machine on: card, address, default route, modules. */
export function bootMachine(world: World, machine: MachineSpec, underlay: UnderlaySpec): NetNamespace {
  const ns = new NetNamespace(world, machine.name, KERNEL_FLAVOURS[machine.kernel]);
  const length = parseCidr(underlay.cidr)?.len ?? 24;
  configure(ns, "boot", [
    { op: "link-set", dev: "lo", up: true },
    ...cardOps(machine.nic, machine.mac ?? randomMac(world.random.fork(`mac ${machine.name}`)), underlay.mtu),
    ...addressOps(machine, length, underlay.gateway),
    ...moduleOps(machine),
  ]);
  return ns;
}

/** A machine with the node's iptables, prepared as installers demand: it forwards. */
export function bootNode(world: World, node: NodeSpec, underlay: UnderlaySpec): NetNamespace {
  const ns = bootMachine(world, node, underlay);
  configure(ns, "boot", [{ op: "sysctl", key: "net.ipv4.ip_forward", value: "1" }]);
  ns.xt.version = node.iptables.version;
  ns.xt.alternative = node.iptables.backend;
  return ns;
}

/** The gateway of the underlay. Undefined when the scenario has none. */
export function bootGateway(world: World, underlay: UnderlaySpec): NetNamespace | undefined {
  if (underlay.gateway === undefined) return undefined;
  const ns = new NetNamespace(world, GATEWAY);
  const length = parseCidr(underlay.cidr)?.len ?? 24;
  configure(ns, "boot", [
    { op: "link-set", dev: "lo", up: true },
    ...cardOps("eth0", underlay.gatewayMac ?? randomMac(world.random.fork("mac gateway")), underlay.mtu),
    { op: "addr-add", dev: "eth0", local: `${underlay.gateway}/${length}` },
  ]);
  return ns;
}

function cardOps(dev: string, mac: string, mtu: number): ConfigOp[] {
  return [
    { op: "link-add", name: dev, link: { type: "nic", segment: UNDERLAY }, address: mac, mtu },
    { op: "link-set", dev, up: true },
  ];
}

function moduleOps(machine: MachineSpec): ConfigOp[] {
  return Object.entries(machine.modules)
    .filter(([, state]) => state === "loaded")
    .map(([module]): ConfigOp => ({ op: "modprobe", module }));
}

/** The scenario's own sysctls, after the agents have set theirs. */
export function applySysctls(ns: NetNamespace, machine: MachineSpec): void {
  configure(
    ns,
    "scenario",
    Object.entries(machine.sysctls).map(([key, value]): ConfigOp => ({ op: "sysctl", key, value })),
  );
}
