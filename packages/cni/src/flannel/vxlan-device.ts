// flannel.<VNI>: made, or taken over from a run before (flannel pkg/backend/vxlan/device.go: ensureLink, Configure).

import { inPrefix, parseCidr, parseIpv4 } from "@kubehop/netstack";
import type { ConfigOp, Door, LinkRow } from "@kubehop/netstack";
import { applyOps } from "../plugin/apply.ts";

export interface VxlanDeviceSpec {
  readonly name: string;
  readonly vni: number;
  /** Underlay device and the address flannel sends from. */
  readonly iface: string;
  readonly local: string;
  /** UDP port; the kernel's own default, which flannel leaves alone. */
  readonly port: number;
  /** Of a new device. */
  readonly mac: string;
  readonly mtu: number;
}

/**
 * ensureLink: a device of that name stays when it is one like it, else it is replaced.
 * @returns the MAC the device has: the old one of a device that stayed
 * @throws CniError with the words of `ip`
 */
export function ensureVxlan(door: Door, agent: string, spec: VxlanDeviceSpec): string {
  const existing = door.link(spec.name);
  if (existing !== undefined && isLike(existing, spec)) return existing.address;
  const remove: ConfigOp[] = existing === undefined ? [] : [{ op: "link-del", dev: spec.name }];
  const { name, mac, mtu, vni, iface, local, port } = spec;
  applyOps(door, agent, [
    ...remove,
    {
      op: "link-add",
      name,
      address: mac,
      mtu,
      link: { type: "vxlan", id: vni, local, dev: iface, dstport: port, learning: false, udpCsum: false },
    },
  ]);
  return mac;
}

/** vxlanLinksIncompat: VNI, underlay device, local address, port. */
function isLike(link: LinkRow, { vni, iface, local, port }: VxlanDeviceSpec): boolean {
  const { info_kind, info_data } = link.linkinfo;
  const wanted = { id: vni, link: iface, local, port };
  return info_kind === "vxlan" && Object.entries(wanted).every(([key, value]) => info_data?.[key] === value);
}

/**
 * Configure: the subnet's own address as /32, other addresses of the flannel network taken away (left by another subnet), up.
 * @throws CniError with the words of `ip`
 */
export function configureVxlan(door: Door, agent: string, name: string, address: string, network: string): void {
  const wanted = `${address}/32`;
  const present = door.addresses(name);
  const cidr = parseCidr(network);
  const isOurs = (address: string): boolean => {
    const addr = parseIpv4(address.replace(/\/.*$/, ""));
    return addr !== undefined && cidr !== undefined && inPrefix(addr, cidr.addr, cidr.len);
  };
  const others = present.filter((address) => address !== wanted && isOurs(address));
  applyOps(door, agent, [
    ...others.map((local): ConfigOp => ({ op: "addr-del", dev: name, local })),
    ...(present.includes(wanted) ? [] : [{ op: "addr-add", dev: name, local: wanted } as const]),
    { op: "link-set", dev: name, up: true },
  ]);
}
