// `ip link add|set|del` and `bridge link set` as operations of a batch (net/core/rtnetlink.c).

import type { Ipv4 } from "../addr/ipv4.ts";
import { isMulticast, parseIpv4 } from "../addr/ipv4.ts";
import type { Mac } from "../addr/mac.ts";
import { isGroupMac, parseMac } from "../addr/mac.ts";
import { createBridge } from "../bridge/br-device.ts";
import { bridgeOf } from "../bridge/bridge.ts";
import { createDummy } from "../dev/dummy.ts";
import {
  devChangeName,
  devChangeNs,
  devClose,
  devOpen,
  devSetMac,
  devSetMaster,
  devSetMtu,
  devValidName,
} from "../dev/link.ts";
import type { NetDevice, NetdevError } from "../dev/net-device.ts";
import { IFF_NOARP } from "../dev/net-device.ts";
import { createNic } from "../dev/nic.ts";
import { unregisterNetdevice } from "../dev/register.ts";
import { createVeth } from "../dev/veth.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { VxlanConfig } from "../tunnel/vxlan.ts";
import { createVxlan, vxlanConfigError } from "../tunnel/vxlan-dev.ts";
import type { ConfigOp, LinkChange, LinkSpec } from "./batch.ts";
import type { RtnlFailure } from "./nl-error.ts";
import { cannotFindDevice, notModelled, rtnlFailure, toolFailure } from "./nl-error.ts";

type LinkAdd = Extract<ConfigOp, { op: "link-add" }>;
type LinkSet = Extract<ConfigOp, { op: "link-set" }>;
type LinkDel = Extract<ConfigOp, { op: "link-del" }>;
export type LinkOp = LinkAdd | LinkSet | LinkDel;
type VxlanSpec = Extract<LinkSpec, { type: "vxlan" }>;
type VethSpec = Extract<LinkSpec, { type: "veth" }>;

/** One end to be made: name, and what was given. */
interface NewLink {
  readonly name: string;
  readonly addr: Mac | undefined;
  readonly mtu: number | undefined;
  readonly ifindex: number | undefined;
}

/** Devices that cannot be deleted: lo, and hardware. */
const NO_DELLINK: readonly string[] = ["loopback", "nic"];
const VXLAN_VNI_MAX = 0xffffff;

/** Apply one operation; null when done, else what `ip` prints. What was changed before the error stays. */
export function applyLinkOp(ns: NetNamespace, op: LinkOp): RtnlFailure | null {
  if (op.op === "link-add") return linkAdd(ns, op);
  const dev = ns.devices.byName(op.dev);
  if (dev === undefined) return cannotFindDevice(op.dev);
  return op.op === "link-set" ? linkSet(dev, op) : linkDel(dev);
}

function linkDel(dev: NetDevice): RtnlFailure | null {
  if (NO_DELLINK.includes(dev.kind)) return rtnlFailure({ errno: "EOPNOTSUPP" });
  unregisterNetdevice(dev);
  return null;
}

function notAName(name: string): RtnlFailure {
  return toolFailure("EINVAL", `Error: argument "${name}" is wrong: "name" not a valid ifname`);
}

/** The name and index must be free, the address a unicast one. */
function checkNew(
  ns: NetNamespace,
  link: { name: string; address?: string | undefined; ifindex?: number | undefined },
): RtnlFailure | null {
  if (!devValidName(link.name)) return notAName(link.name);
  if (ns.devices.byName(link.name) !== undefined) return rtnlFailure({ errno: "EEXIST" });
  if (link.ifindex !== undefined && ns.devices.byIndex(link.ifindex) !== undefined)
    return rtnlFailure({ errno: "EEXIST" });
  if (link.address === undefined) return null;
  const mac = parseMac(link.address);
  if (mac === undefined) return toolFailure("EINVAL", `"${link.address}" is invalid lladdr.`);
  return mac === 0 || isGroupMac(mac) ? rtnlFailure({ errno: "EADDRNOTAVAIL" }) : null;
}

function newLink(link: { name: string; address?: string; mtu?: number; ifindex?: number }): NewLink {
  return {
    name: link.name,
    addr: link.address === undefined ? undefined : parseMac(link.address),
    mtu: link.mtu,
    ifindex: link.ifindex,
  };
}

function linkAdd(ns: NetNamespace, op: LinkAdd): RtnlFailure | null {
  const error = checkNew(ns, op) ?? makeLink(ns, op);
  if (error !== null || op.txqueuelen === undefined) return error;
  const dev = ns.devices.byName(op.name);
  if (dev !== undefined) dev.txQueueLen = op.txqueuelen;
  return null;
}

function makeLink(ns: NetNamespace, op: LinkAdd): RtnlFailure | null {
  const link = newLink(op);
  switch (op.link.type) {
    case "bridge":
      createBridge(ns, link);
      return null;
    case "dummy":
      createDummy(ns, link);
      return null;
    case "veth":
      return addVeth(ns, link, op.link);
    case "vxlan":
      return addVxlan(ns, link, op.link);
    case "nic":
      createNic(ns, link, op.link.segment);
      return null;
  }
}

function addVeth(ns: NetNamespace, link: NewLink, spec: VethSpec): RtnlFailure | null {
  const { peer } = spec;
  const peerNs = peer.netns === undefined ? ns : ns.world.namespaces.get(peer.netns);
  if (peerNs === undefined) return invalidNetns(peer.netns ?? "");
  if (peerNs === ns && peer.name === link.name) return rtnlFailure({ errno: "EEXIST" });
  const error = checkNew(peerNs, peer);
  if (error !== null) return error;
  createVeth({ ns, ...link }, { ns: peerNs, ...newLink(peer) });
  return null;
}

function invalidNetns(name: string): RtnlFailure {
  return toolFailure("EINVAL", `Error: argument "${name}" is wrong: Invalid "netns" value\n`);
}

function addVxlan(ns: NetNamespace, link: NewLink, spec: VxlanSpec): RtnlFailure | null {
  if (!Number.isInteger(spec.id) || spec.id < 0 || spec.id > VXLAN_VNI_MAX)
    return toolFailure("EINVAL", `Error: argument "${spec.id}" is wrong: invalid id\n`);
  const lower = spec.dev === undefined ? undefined : ns.devices.byName(spec.dev);
  if (spec.dev !== undefined && lower === undefined) return cannotFindDevice(spec.dev);
  const local = address(spec.local);
  const remote = address(spec.remote);
  if (local === undefined || remote === undefined) return rtnlFailure({ errno: "EINVAL" });
  if (isMulticast(remote)) return notModelled("a vxlan multicast group");
  const cfg: VxlanConfig = {
    vni: spec.id,
    local,
    lowerIfindex: lower?.ifindex ?? 0,
    remote,
    dstPort: spec.dstport,
    learning: spec.learning ?? true,
    udpCsum: spec.udpCsum ?? true,
    ttl: spec.ttl ?? 0,
    df: spec.df ?? "unset",
    ageing: spec.ageing ?? 300,
  };
  const error = vxlanConfigError(ns, cfg);
  if (error !== null) return rtnlFailure(error);
  createVxlan(ns, link, cfg);
  return null;
}

/** Text → address, 0 when not given, undefined when malformed. */
function address(text: string | undefined): Ipv4 | undefined {
  return text === undefined ? (0 as Ipv4) : parseIpv4(text);
}

type Change = (dev: NetDevice, c: LinkChange) => RtnlFailure | NetdevError | null;

/** do_setlink: attributes in the kernel's order; the first refusal ends it. */
const CHANGES: readonly Change[] = [
  changeNetns,
  changeAddress,
  changeMtu,
  changeNameOf,
  changeFlags,
  changeMaster,
  changePort,
  changeBridge,
];

function linkSet(dev: NetDevice, op: LinkSet): RtnlFailure | null {
  for (const change of CHANGES) {
    const error = change(dev, op);
    if (error !== null) return "message" in error ? error : rtnlFailure(error);
  }
  return null;
}

function changeNetns(dev: NetDevice, c: LinkChange): RtnlFailure | NetdevError | null {
  if (c.netns === undefined) return null;
  const ns = dev.ns.world.namespaces.get(c.netns);
  return ns === undefined ? invalidNetns(c.netns) : devChangeNs(dev, ns);
}

function changeAddress(dev: NetDevice, c: LinkChange): RtnlFailure | NetdevError | null {
  if (c.address === undefined) return null;
  const mac = parseMac(c.address);
  return mac === undefined ? toolFailure("EINVAL", `"${c.address}" is invalid lladdr.`) : devSetMac(dev, mac);
}

function changeMtu(dev: NetDevice, c: LinkChange): NetdevError | null {
  return c.mtu === undefined ? null : devSetMtu(dev, c.mtu);
}

function changeNameOf(dev: NetDevice, c: LinkChange): RtnlFailure | NetdevError | null {
  if (c.name === undefined) return null;
  return devValidName(c.name) ? devChangeName(dev, c.name) : notAName(c.name);
}

function changeFlags(dev: NetDevice, c: LinkChange): NetdevError | null {
  if (c.promisc !== undefined && c.promisc !== dev.promiscByHand) {
    dev.promiscByHand = c.promisc;
    dev.promisc += c.promisc ? 1 : -1;
  }
  if (c.arp !== undefined) dev.flags = c.arp ? dev.flags & ~IFF_NOARP : dev.flags | IFF_NOARP;
  if (c.up === true) return devOpen(dev);
  if (c.up === false) devClose(dev);
  return null;
}

function changeMaster(dev: NetDevice, c: LinkChange): RtnlFailure | NetdevError | null {
  if (c.master === undefined) return null;
  if (c.master === null) return devSetMaster(dev, null);
  const master = dev.ns.devices.byName(c.master);
  if (master === undefined)
    return toolFailure("ENODEV", `Error: argument "${c.master}" is wrong: Device does not exist\n`);
  return devSetMaster(dev, master);
}

const PORT_FLAGS = ["hairpin", "isolated", "learning", "flood"] as const;

function changePort(dev: NetDevice, c: LinkChange): NetdevError | null {
  for (const flag of PORT_FLAGS) {
    const value = c[flag];
    if (value === undefined) continue;
    if (dev.bridgePort === null) return { errno: "EOPNOTSUPP" };
    dev.bridgePort[flag] = value;
  }
  return null;
}

/** ageingTime is in 1/100 s, as `ip link` gives and shows it. */
function changeBridge(dev: NetDevice, c: LinkChange): NetdevError | null {
  if (c.nfCallIptables === undefined && c.ageingTime === undefined && c.mcastSnooping === undefined) return null;
  const br = bridgeOf(dev);
  if (br === undefined) return { errno: "EOPNOTSUPP" };
  if (c.nfCallIptables !== undefined) br.nfCallIptables = c.nfCallIptables;
  if (c.ageingTime !== undefined) br.ageingTime = c.ageingTime * 10;
  if (c.mcastSnooping !== undefined) br.mcastSnooping = c.mcastSnooping;
  return null;
}

export { dumpLinks } from "./link-dump.ts";
