// Random labs. Each kind is a shape with its dimensions drawn: MTUs, sysctls, port flags, br_netfilter, who knows whose MAC.

import type { ConfigOp } from "@kubehop/netstack";
import type { LabSpec } from "../live/lab-spec.ts";
import type { Chooser } from "./choose.ts";

/** A mute host: frames are injected at its device and come home there. */
export interface FuzzHost {
  readonly ns: string;
  readonly dev: string;
  readonly ip: string;
  readonly mac: string;
  readonly mtu: number;
  /** MAC of its router on this link. */
  readonly gatewayMac: string;
  /** Hosts on the same link (bridge). */
  readonly segment: string;
}

export interface FuzzLab extends LabSpec {
  readonly hosts: readonly FuzzHost[];
  /** Addresses of the routers themselves. */
  readonly routerIps: readonly string[];
  /** Where nobody is, but a route leads. */
  readonly emptyIps: readonly string[];
  /** Device names that rules may name. */
  readonly devices: readonly string[];
}

export const macOf = (ip: string): string =>
  `0a:58:${ip
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join(":")}`;

interface Link {
  readonly router: string;
  readonly dev: string;
  readonly host: string;
  readonly ip: string;
  readonly gateway: string;
  readonly mtu: number;
}

/** A host on a veth of its own: its end is `eth0`. */
export function hostLink(link: Link, known: boolean, master?: string): { ns: string; ops: ConfigOp[] }[] {
  const { router, dev, host, ip, gateway, mtu } = link;
  const prefix = master === undefined ? 16 : 24;
  return [
    {
      ns: router,
      ops: [
        {
          op: "link-add",
          name: dev,
          mtu,
          address: master === undefined ? macOf(gateway) : macOf(ip).replace("0a:58", "0a:59"),
          link: { type: "veth", peer: { name: "eth0", netns: host, address: macOf(ip), mtu } },
        },
        { op: "link-set", dev, up: true, ...(master === undefined ? {} : { master }) },
        ...(master === undefined ? [{ op: "addr-add", dev, local: `${gateway}/${prefix}` } as const] : []),
        proxiesAtOnce(master ?? dev),
        ...(known ? [permanent(master ?? dev, ip, macOf(ip))] : []),
      ],
    },
    {
      ns: host,
      ops: [
        { op: "link-set", dev: "lo", up: true },
        { op: "addr-add", dev: "eth0", local: `${ip}/${prefix}` },
        { op: "link-set", dev: "eth0", up: true },
        { op: "route-add", dst: "default", via: gateway },
        permanent("eth0", gateway, macOf(gateway)),
      ],
    },
  ];
}

export function permanent(dev: string, dst: string, lladdr: string): ConfigOp {
  return { op: "neigh-replace", dev, dst, lladdr, nud: "permanent" };
}

/** An answer for somebody else waits up to 0.8 s, as chance has it, and would fall into another case. */
export function proxiesAtOnce(dev: string): ConfigOp {
  return { op: "sysctl", key: `net.ipv4.neigh.${dev}.proxy_delay`, value: "0" };
}

/** What a router is told before it has devices, so that `default` reaches them. */
export function routerSysctls(c: Chooser): ConfigOp[] {
  const set = (key: string, value: string | number): ConfigOp => ({ op: "sysctl", key, value: String(value) });
  const conf = (name: string, values: readonly number[], p: number): ConfigOp[] =>
    c.chance(p) ? [set(`net.ipv4.conf.${c.pick(["all", "default"])}.${name}`, c.pick(values))] : [];
  return [
    set("net.ipv4.ip_forward", c.chance(0.95) ? 1 : 0),
    set("net.ipv4.conf.all.send_redirects", 0),
    set("net.ipv4.conf.default.send_redirects", 0),
    ...conf("rp_filter", [1, 2], 0.25),
    ...conf("accept_local", [1], 0.15),
    ...conf("route_localnet", [1], 0.15),
    ...conf("arp_ignore", [1, 2, 8], 0.2),
    ...conf("arp_announce", [1, 2], 0.15),
    ...conf("arp_filter", [1], 0.1),
    ...conf("arp_accept", [1], 0.15),
    ...conf("proxy_arp", [1], 0.15),
    ...conf("src_valid_mark", [1], 0.1),
    ...(c.chance(0.15) ? [set("net.ipv4.ip_default_ttl", c.pick([32, 128, 255]))] : []),
    ...(c.chance(0.15) ? [set("net.ipv4.icmp_echo_ignore_all", 1)] : []),
    ...(c.chance(0.2) ? [set("net.ipv4.icmp_errors_use_inbound_ifaddr", 1)] : []),
    ...(c.chance(0.15) ? [set("net.ipv4.fwmark_reflect", 1)] : []),
  ];
}

/** Once connection tracking is there. */
export function trackingSysctls(c: Chooser): ConfigOp[] {
  const set = (key: string, value: number): ConfigOp[] =>
    c.chance(0.12) ? [{ op: "sysctl", key: `net.netfilter.nf_conntrack_${key}`, value: String(value) }] : [];
  return [
    ...set("tcp_loose", 0),
    ...set("tcp_be_liberal", 1),
    ...set("tcp_ignore_invalid_rst", 1),
    ...set("checksum", 0),
  ];
}

export const loUp: ConfigOp = { op: "link-set", dev: "lo", up: true };
