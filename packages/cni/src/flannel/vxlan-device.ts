// flannel.<VNI>: made, or taken over from a run before (flannel pkg/backend/vxlan/device.go: ensureLink, Configure).

import { dumpLinks, formatIpv4, inPrefix, parseCidr } from "@kubehop/netstack";
import type { ConfigOp, LinkRow, NetNamespace } from "@kubehop/netstack";
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
export function ensureVxlan(ns: NetNamespace, agent: string, spec: VxlanDeviceSpec): string {
  const existing = linkOf(ns, spec.name);
  if (existing !== undefined && isLike(existing, spec)) return existing.address;
  const remove: ConfigOp[] = existing === undefined ? [] : [{ op: "link-del", dev: spec.name }];
  const { name, mac, mtu, vni, iface, local, port } = spec;
  applyOps(ns, agent, [
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

function linkOf(ns: NetNamespace, name: string): LinkRow | undefined {
  return dumpLinks(ns).find((row) => row.ifname === name);
}

/**
 * Configure: the subnet's own address as /32, other addresses of the flannel network taken away (left by another subnet), up.
 * @throws CniError with the words of `ip`
 */
export function configureVxlan(ns: NetNamespace, agent: string, name: string, address: string, network: string): void {
  const wanted = `${address}/32`;
  const present = (ns.devices.byName(name)?.inDev.addrs ?? []).map(({ local, len }) => ({ local, len }));
  const cidr = parseCidr(network);
  const text = ({ local, len }: (typeof present)[number]): string => `${formatIpv4(local)}/${len}`;
  const others = present.filter(
    (a) => text(a) !== wanted && cidr !== undefined && inPrefix(a.local, cidr.addr, cidr.len),
  );
  applyOps(ns, agent, [
    ...others.map((a): ConfigOp => ({ op: "addr-del", dev: name, local: text(a) })),
    ...(present.some((a) => text(a) === wanted) ? [] : [{ op: "addr-add", dev: name, local: wanted } as const]),
    { op: "link-set", dev: name, up: true },
  ]);
}
