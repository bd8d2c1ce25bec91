// The shapes of random labs: one router; a bridge with a router on it; two nodes joined by VXLAN; a chain of routers.

import type { ConfigOp } from "@kubehop/netstack";
import type { Chooser } from "./choose.ts";
import { hostLink, loUp, macOf, permanent, proxiesAtOnce, routerSysctls, trackingSysctls } from "./topology.ts";
import type { FuzzHost, FuzzLab } from "./topology.ts";

type Build = { ns: string; ops: ConfigOp[] }[];

const MTUS = [1500, 1500, 1500, 1450, 1280, 576];
const PLAIN = { vteps: [] } as const;

const sysctl = (key: string, value: string | number): ConfigOp => ({ op: "sysctl", key, value: String(value) });
const backendOf = (c: Chooser): "nft" | "legacy" => (c.chance(0.2) ? "nft" : "legacy");

function muteHosts(hosts: readonly FuzzHost[]): FuzzLab["mute"] {
  return hosts.map(({ ns, dev }) => ({ ns, devices: [dev] }));
}

function host(ns: string, ip: string, mtu: number, gateway: string, segment = ns): FuzzHost {
  return { ns, dev: "eth0", ip, mac: macOf(ip), mtu, gatewayMac: macOf(gateway), segment };
}

/** R with three legs. */
export function routed(c: Chooser): FuzzLab {
  const known = c.chance(0.5);
  const build: Build = [{ ns: "R", ops: [...routerSysctls(c), loUp] }];
  const hosts: FuzzHost[] = [];
  for (const [i, name] of ["A", "B", "C"].entries()) {
    const [ip, gateway, mtu] = [`10.${i + 1}.0.2`, `10.${i + 1}.0.1`, c.pick(MTUS)];
    hosts.push(host(name, ip, mtu, gateway));
    build.push(...hostLink({ router: "R", dev: `e${name}`, host: name, ip, gateway, mtu }, known));
  }
  const ops: ConfigOp[] = [{ op: "route-add", dst: "default", via: "10.3.0.2" }, ...secondAddresses(c)];
  ops.push(...policyRouting(c), ...trackingSysctls(c));
  build.push({ ns: "R", ops });
  return {
    title: "routed",
    namespaces: ["R", "A", "B", "C"],
    build,
    mute: muteHosts(hosts),
    routers: ["R"],
    hosts,
    ...PLAIN,
    backend: backendOf(c),
    routerIps: ["10.1.0.1", "10.2.0.1", "10.3.0.1"],
    emptyIps: ["10.2.0.77", "10.1.0.78"],
    devices: ["eA", "eB", "eC"],
  };
}

function secondAddresses(c: Chooser): ConfigOp[] {
  const rows: ConfigOp[] = [
    { op: "addr-add", dev: "eB", local: "10.2.0.9/16" },
    { op: "addr-add", dev: "eC", local: "172.20.0.1/24" },
    { op: "addr-add", dev: "eA", local: "10.1.0.5/32" },
    { op: "addr-add", dev: "lo", local: "10.99.0.1/32" },
  ];
  return c.some(0.25, rows);
}

/** Rules by mark, source and device; tables with another way out, and routes that refuse. */
function policyRouting(c: Chooser): ConfigOp[] {
  if (c.chance(0.6)) return [];
  const way = c.pick(["10.1.0.2", "10.2.0.2"]);
  const rules: ConfigOp[] = [
    { op: "rule-add", priority: 100, fwmark: 1, fwmask: 1, table: "100" },
    { op: "rule-add", priority: 101, from: "10.1.0.0/16", table: "100" },
    { op: "rule-add", priority: 102, iif: "eB", table: "100" },
    { op: "rule-add", priority: 103, to: "10.9.0.0/16", table: "100" },
    { op: "rule-add", priority: 104, ipproto: 17, dport: [53, 80], table: "100" },
    { op: "rule-add", priority: 105, tos: 0x10, table: "100" },
  ];
  return [
    { op: "route-add", dst: "default", via: way, table: "100" },
    ...(c.chance(0.3) ? [{ op: "route-add", dst: "10.9.8.0/24", type: "blackhole" } as const] : []),
    ...c.some(0.4, rules),
  ];
}

/** A bridge with three hosts on it; R owns the bridge and has one leg elsewhere. */
export function bridged(c: Chooser): FuzzLab {
  const call = c.pick(["absent", 0, 1, 1] as const);
  const mtu = c.pick(MTUS);
  const known = c.chance(0.6);
  const build: Build = [{ ns: "R", ops: bridgeOps(c, "br0", "10.1.0.1", mtu, call) }];
  const hosts: FuzzHost[] = [];
  for (const [i, name] of ["A", "B", "C"].entries()) {
    const ip = `10.1.0.${i + 2}`;
    hosts.push(host(name, ip, mtu, "10.1.0.1", "br0"));
    build.push(...hostLink({ router: "R", dev: `v${name}`, host: name, ip, gateway: "10.1.0.1", mtu }, known, "br0"));
    build.push({ ns: "R", ops: portFlags(c, `v${name}`) });
  }
  const far = host("D", "10.2.0.2", c.pick(MTUS), "10.2.0.1");
  build.push(
    ...hostLink({ router: "R", dev: "eD", host: "D", ip: far.ip, gateway: "10.2.0.1", mtu: far.mtu }, c.chance(0.5)),
  );
  build.push({ ns: "R", ops: [{ op: "route-add", dst: "default", via: far.ip }, ...trackingSysctls(c)] });
  hosts.push(far);
  return {
    title: `bridged, br_netfilter ${call}`,
    namespaces: ["R", "A", "B", "C", "D"],
    build,
    mute: muteHosts(hosts),
    routers: ["R"],
    hosts,
    ...PLAIN,
    backend: backendOf(c),
    routerIps: ["10.1.0.1", "10.2.0.1"],
    emptyIps: ["10.1.0.77", "10.2.0.77"],
    devices: ["br0", "eD", "vA", "vB"],
  };
}

function bridgeOps(c: Chooser, name: string, ip: string, mtu: number, call: "absent" | 0 | 1): ConfigOp[] {
  const module: ConfigOp[] =
    call === "absent"
      ? []
      : [{ op: "modprobe", module: "br_netfilter" }, sysctl("net.bridge.bridge-nf-call-iptables", call)];
  return [
    ...routerSysctls(c),
    ...module,
    loUp,
    { op: "link-add", name, address: macOf(ip), link: { type: "bridge" } },
    {
      op: "link-set",
      dev: name,
      mtu,
      mcastSnooping: false,
      ...(call === 0 && c.chance(0.2) ? { nfCallIptables: true } : {}),
    },
    { op: "link-set", dev: name, up: true },
    { op: "addr-add", dev: name, local: `${ip}/24` },
    ...(c.chance(0.15) ? [{ op: "link-set", dev: name, promisc: true } as const] : []),
  ];
}

function portFlags(c: Chooser, dev: string): ConfigOp[] {
  const flags = {
    ...(c.chance(0.4) ? { hairpin: true } : {}),
    ...(c.chance(0.1) ? { isolated: true } : {}),
    ...(c.chance(0.1) ? { learning: false } : {}),
    ...(c.chance(0.1) ? { flood: false } : {}),
  };
  return Object.keys(flags).length === 0 ? [] : [{ op: "link-set", dev, ...flags }];
}

/** Two nodes with a bridge each, joined by VXLAN over an underlay bridge, and a host outside. */
export function tunnelled(c: Chooser): FuzzLab {
  const call = c.pick([0, 1, 1] as const);
  const port = c.pick([8472, 4789]);
  const inner = c.pick([1450, 1450, 1450, 1400, 1500]);
  const build: Build = [{ ns: "sw", ops: underlayOps() }];
  const hosts: FuzzHost[] = [];
  const tunnel = tunnelDimensions(c);
  for (const n of [1, 2] as const) {
    const node = `N${n}`;
    build.push({
      ns: node,
      ops: [...bridgeOps(c, "cni0", `10.1.${n}.1`, inner, call), ...plugUnderlay(node, `192.168.7.${n}`)],
    });
    build.push({ ns: "sw", ops: portUp(node, `192.168.7.${n}`) });
    for (const [i, pod] of [`P${n}a`, `P${n}b`].entries()) {
      const ip = `10.1.${n}.${i + 2}`;
      hosts.push(host(pod, ip, inner, `10.1.${n}.1`, `cni0@${node}`));
      build.push(
        ...hostLink({ router: node, dev: `v${pod}`, host: pod, ip, gateway: `10.1.${n}.1`, mtu: inner }, true, "cni0"),
      );
      build.push({ ns: node, ops: portFlags(c, `v${pod}`) });
    }
    build.push({ ns: node, ops: vxlanOps(n, port, inner, tunnel) });
  }
  build.push(
    { ns: "ext", ops: [...plugUnderlay("ext", "192.168.7.9"), loUp] },
    { ns: "sw", ops: portUp("ext", "192.168.7.9") },
  );
  for (const n of [1, 2]) build.push({ ns: `N${n}`, ops: [...outward(n), ...trackingSysctls(c)] });
  build.push({ ns: "ext", ops: ["192.168.7.1", "192.168.7.2"].map((ip) => permanent("eth0", ip, macOf(ip))) });
  hosts.push(host("ext", "192.168.7.9", 1500, "192.168.7.1"));
  return {
    title: `vxlan port ${port}, br_netfilter ${call}`,
    namespaces: ["sw", "N1", "N2", "ext", ...podNames()],
    build,
    mute: muteHosts(hosts),
    routers: ["N1", "N2"],
    hosts,
    vteps: ["192.168.7.1", "192.168.7.2"],
    backend: backendOf(c),
    routerIps: ["10.1.1.1", "10.1.2.1", "192.168.7.1", "192.168.7.2", "10.1.2.0"],
    emptyIps: ["10.1.1.77", "10.1.2.77"],
    devices: ["cni0", "flannel.1", "eth0"],
  };
}

const podNames = (): string[] => ["P1a", "P1b", "P2a", "P2b"];

function underlayOps(): ConfigOp[] {
  return [
    loUp,
    { op: "link-add", name: "br0", link: { type: "bridge" }, address: "0a:60:00:00:00:01" },
    { op: "link-set", dev: "br0", mcastSnooping: false },
    { op: "link-set", dev: "br0", up: true },
  ];
}

function plugUnderlay(ns: string, ip: string): ConfigOp[] {
  const peer = { name: `p${ns}`, netns: "sw", address: macOf(ip).replace("0a:58", "0a:61") };
  return [
    { op: "link-add", name: "eth0", address: macOf(ip), link: { type: "veth", peer } },
    { op: "addr-add", dev: "eth0", local: `${ip}/24` },
    { op: "link-set", dev: "eth0", up: true },
  ];
}

/** Where the machines are is known: one that says a word while it starts would be learned on one kernel only. */
function portUp(ns: string, ip: string): ConfigOp[] {
  const dev = `p${ns}`;
  return [
    { op: "link-set", dev, master: "br0", up: true },
    { op: "fdb-replace", dev, mac: macOf(ip), master: true, state: "static" },
  ];
}

interface Tunnel {
  readonly learning: boolean;
  readonly udpCsum: boolean;
  readonly ttl?: number;
  readonly df?: "set" | "inherit";
}

function tunnelDimensions(c: Chooser): Tunnel {
  return {
    learning: c.chance(0.3),
    udpCsum: c.chance(0.3),
    ...(c.chance(0.2) ? { ttl: c.pick([1, 7, 200]) } : {}),
    ...(c.chance(0.3) ? { df: c.pick(["set", "inherit"] as const) } : {}),
  };
}

function vxlanOps(n: 1 | 2, dstport: number, mtu: number, tunnel: Tunnel): ConfigOp[] {
  const other = 3 - n;
  const [local, remote] = [`192.168.7.${n}`, `192.168.7.${other}`];
  const far = `10.1.${other}.0`;
  const mac = macOf(far).replace("0a:58", "0a:62");
  return [
    {
      op: "link-add",
      name: "flannel.1",
      address: macOf(`10.1.${n}.0`).replace("0a:58", "0a:62"),
      mtu,
      link: {
        type: "vxlan",
        id: 1,
        local,
        dstport,
        ...tunnel,
      },
    },
    { op: "addr-add", dev: "flannel.1", local: `10.1.${n}.0/32` },
    { op: "link-set", dev: "flannel.1", up: true },
    { op: "route-add", dst: `10.1.${other}.0/24`, via: far, dev: "flannel.1", onlink: true },
    permanent("flannel.1", far, mac),
    { op: "fdb-append", dev: "flannel.1", mac, dst: remote, state: "permanent" },
  ];
}

function outward(n: number): ConfigOp[] {
  return [
    permanent("eth0", `192.168.7.${3 - n}`, macOf(`192.168.7.${3 - n}`)),
    permanent("eth0", "192.168.7.9", macOf("192.168.7.9")),
    { op: "route-add", dst: "default", via: "192.168.7.9" },
  ];
}

/** A – R1 – R2 – B, with a third host on each router; the link between may be narrow. */
export function chained(c: Chooser): FuzzLab {
  const middle = c.pick([1500, 1400, 1280, 576]);
  const build: Build = [];
  const hosts: FuzzHost[] = [];
  for (const n of [1, 2] as const) {
    build.push({ ns: `R${n}`, ops: [...routerSysctls(c), loUp] });
    for (const [i, name] of [`A${n}`, `B${n}`].entries()) {
      const net = 10 * n + i;
      const [ip, gateway, mtu] = [`10.${net}.0.2`, `10.${net}.0.1`, c.pick(MTUS)];
      hosts.push(host(name, ip, mtu, gateway));
      build.push(...hostLink({ router: `R${n}`, dev: `e${name}`, host: name, ip, gateway, mtu }, c.chance(0.5)));
    }
  }
  build.push(...middleLink(middle, c.chance(0.5)));
  for (const n of [1, 2]) build.push({ ns: `R${n}`, ops: trackingSysctls(c) });
  return {
    title: `chained, middle ${middle}`,
    namespaces: ["R1", "R2", ...hosts.map((h) => h.ns)],
    build,
    mute: muteHosts(hosts),
    routers: ["R1", "R2"],
    hosts,
    ...PLAIN,
    backend: backendOf(c),
    routerIps: ["10.10.0.1", "10.20.0.1", "10.77.0.1", "10.77.0.2"],
    emptyIps: ["10.21.0.77", "10.10.0.77"],
    devices: ["mid", "eA1", "eA2", "eB1"],
  };
}

function middleLink(mtu: number, known: boolean): Build {
  const [left, right] = ["10.77.0.1", "10.77.0.2"];
  const peer = { name: "mid", netns: "R2", address: macOf(right), mtu };
  return [
    { ns: "R1", ops: [{ op: "link-add", name: "mid", address: macOf(left), mtu, link: { type: "veth", peer } }] },
    {
      ns: "R1",
      ops: [
        { op: "addr-add", dev: "mid", local: `${left}/24` },
        { op: "link-set", dev: "mid", up: true },
        proxiesAtOnce("mid"),
      ],
    },
    {
      ns: "R2",
      ops: [
        { op: "addr-add", dev: "mid", local: `${right}/24` },
        { op: "link-set", dev: "mid", up: true },
        proxiesAtOnce("mid"),
      ],
    },
    {
      ns: "R1",
      ops: [{ op: "route-add", dst: "default", via: right }, ...(known ? [permanent("mid", right, macOf(right))] : [])],
    },
    {
      ns: "R2",
      ops: [
        { op: "route-add", dst: "10.10.0.0/15", via: left },
        { op: "route-add", dst: "default", via: "10.20.0.2" },
        ...(known ? [permanent("mid", left, macOf(left))] : []),
      ],
    },
  ];
}

export const KINDS = { routed, bridged, tunnelled, chained } as const;
