import {
  dumpAddrs,
  dumpFdb,
  dumpLinks,
  dumpNeighs,
  dumpRoutes,
  formatMac,
  KERNEL_FLAVOURS,
  NetNamespace,
  openDoor,
  packetWatch,
  pingOpen,
  World,
} from "@kubehop/netstack";
import type { LinkRow } from "@kubehop/netstack";
import { describe, expect, test } from "vitest";
import { BridgePlugin, CniError, HostLocal, masqueradeChain } from "../../src/index.ts";
import type { BridgeOptions, PodSandbox, SandboxPins } from "../../src/index.ts";
import { must, node, rules } from "../node.ts";

/** With the namespace behind the door, to look inside. */
type Sandbox = PodSandbox & { readonly ns: NetNamespace };

class Lab {
  readonly world = new World(1);
  readonly host = node(this.world, "node1", "192.168.0.1/24");
  readonly plugin: BridgePlugin;

  constructor(version: string, more: Partial<BridgeOptions> = {}) {
    this.plugin = this.with(version, more);
  }

  with(version: string, more: Partial<BridgeOptions> = {}): BridgePlugin {
    return new BridgePlugin({
      host: openDoor(this.host),
      network: "cbr0",
      bridge: "cni0",
      version,
      mtu: 1450,
      hairpinMode: true,
      ipMasq: false,
      ipam: new HostLocal("10.244.1.0/24"),
      routes: ["10.244.0.0/16"],
      random: this.world.random.fork("plugin"),
      ...more,
    });
  }

  sandbox(name: string, pins: SandboxPins = {}): Sandbox {
    const ns = new NetNamespace(this.world, name, KERNEL_FLAVOURS["6.18"]);
    return { id: `id-${name}`, namespace: "default", name, ns, door: openDoor(ns), pins };
  }
}

function link(ns: NetNamespace, name: string): LinkRow | undefined {
  return dumpLinks(ns).find((row) => row.ifname === name);
}

describe.each([
  { version: "0.6.0", eth0: 3, macs: true },
  { version: "0.9.1", eth0: 3, macs: false },
  { version: "1.0.0", eth0: 2, macs: false },
  { version: "1.6.0", eth0: 2, macs: false },
])("bridge plugin $version", ({ version, eth0, macs }) => {
  test("makes the veth pair where it did", () => {
    const lab = new Lab(version);
    const pod = lab.sandbox("a");
    const { ip, hostVeth } = lab.plugin.add(pod);
    expect(ip).toBe("10.244.1.2");
    expect(hostVeth).toMatch(/^veth[0-9a-f]{8}$/);
    const host = link(lab.host, hostVeth);
    expect(link(pod.ns, "eth0")).toMatchObject({
      ifindex: eth0,
      link_index: host?.ifindex,
      mtu: 1450,
      operstate: "UP",
    });
    expect(host).toMatchObject({ link_index: eth0, mtu: 1450, operstate: "UP", master: "cni0" });
    expect(host?.linkinfo.info_slave_data).toMatchObject({ hairpin: true, state: "forwarding", learning: true });
    expect(link(pod.ns, "lo")?.flags).toContain("UP");
    expect(link(pod.ns, "eth0")?.address === "0a:58:0a:f4:01:02").toBe(macs);
  });

  test("gives pod and bridge their addresses and routes", () => {
    const lab = new Lab(version);
    const pod = lab.sandbox("a");
    lab.plugin.add(pod);
    expect(dumpRoutes(pod.ns).map((r) => `${r.dst} ${r.gateway ?? "-"} ${r.prefsrc ?? "-"}`)).toEqual([
      "default 10.244.1.1 -",
      "10.244.0.0/16 10.244.1.1 -",
      "10.244.1.0/24 - 10.244.1.2",
    ]);
    const [address] = dumpAddrs(lab.host, "cni0").flatMap((row) => row.addr_info);
    expect(address).toMatchObject({ local: "10.244.1.1", prefixlen: 24 });
    expect(lab.host.sysctl.get("net.ipv4.ip_forward")).toBe("1");
  });

  test("joins pods to each other and to their gateway", () => {
    const lab = new Lab(version);
    const [a, b] = [lab.sandbox("a"), lab.sandbox("b")];
    for (const pod of [a, b]) lab.plugin.add(pod);
    const ttls: number[] = [];
    for (const dst of ["10.244.1.3", "10.244.1.1"])
      pingOpen(a.ns, { dst, onReply: (reply) => ttls.push(reply.ttl) }).send(1);
    lab.world.clock.runUntil(100);
    expect(ttls).toEqual([64, 64]);
  });

  test("fixes the bridge's MAC, so that it follows no port", () => {
    const lab = new Lab(version);
    const low = lab.sandbox("low", { vethMac: "02:00:00:00:00:01" });
    lab.plugin.add(lab.sandbox("a"));
    const before = link(lab.host, "cni0")?.address;
    lab.plugin.add(low);
    expect(link(lab.host, "cni0")?.address).toBe(before);
    expect(before === "0a:58:0a:f4:01:01").toBe(macs);
    const ports = dumpLinks(lab.host).filter((row) => row.master === "cni0");
    expect(ports.map((row) => row.address)).not.toContain(before);
  });

  test("refuses a bridge with another address, and gives the pod's address back", () => {
    const lab = new Lab(version);
    lab.plugin.add(lab.sandbox("a"));
    const ipam = new HostLocal("10.244.9.0/24");
    const moved = lab.with(version, { ipam });
    const pod = lab.sandbox("b");
    expect(() => moved.add(pod)).toThrow(CniError);
    expect(() => moved.add(lab.sandbox("c"))).toThrow(
      /^failed to set bridge addr: "cni0" already has an IP address different from 10\.244\.9\.1\/24$/,
    );
    expect(ipam.allocate("again", "10.244.9.2")).toBe("10.244.9.2");
    const ports = (): number => dumpLinks(lab.host).filter((row) => row.master === "cni0").length;
    expect(ports()).toBe(3);
    moved.del(pod);
    expect(ports()).toBe(2);
  });

  test("DEL takes everything away, twice if asked", () => {
    const lab = new Lab(version);
    const [a, b] = [lab.sandbox("a"), lab.sandbox("b")];
    const { hostVeth } = lab.plugin.add(a);
    lab.plugin.add(b);
    pingOpen(a.ns, { dst: "10.244.1.3" }).send(1);
    expect(dumpFdb(lab.host).some((row) => row.ifname === hostVeth)).toBe(true);
    lab.plugin.del(a);
    lab.plugin.del(a);
    expect(dumpFdb(lab.host).some((row) => row.ifname === hostVeth)).toBe(false);
    expect([link(lab.host, hostVeth), link(a.ns, "eth0")]).toEqual([undefined, undefined]);
    expect(lab.plugin.add(lab.sandbox("c")).ip).toBe("10.244.1.4");
  });
});

test("hairpinMode is off unless asked for", () => {
  const lab = new Lab("0.6.0", { hairpinMode: false });
  const { hostVeth } = lab.plugin.add(lab.sandbox("a"));
  expect(link(lab.host, hostVeth)?.linkinfo.info_slave_data?.["hairpin"]).toBe(false);
});

test("pins fix address, MACs and the host end's name", () => {
  const lab = new Lab("0.6.0");
  const pod = lab.sandbox("a", {
    ip: "10.244.1.77",
    mac: "0a:58:00:00:00:77",
    veth: "veth4a0982ff",
    vethMac: "02:00:00:00:00:77",
  });
  expect(lab.plugin.add(pod)).toEqual({ ip: "10.244.1.77", hostVeth: "veth4a0982ff" });
  expect(link(pod.ns, "eth0")?.address).toBe("0a:58:00:00:00:77");
  expect(link(lab.host, "veth4a0982ff")?.address).toBe("02:00:00:00:00:77");
});

/**
 * What becomes of a host's stale neighbour when an address comes back with another pod (containernetworking/plugins issue 858).
 * With arp_notify the announcement is sent while the bridge port does not forward yet: on Linux 6.18 it never reaches the bridge.
 */
test.each([
  // The bridge is given its address again, and forgets its neighbours (NETDEV_CHANGEADDR).
  { version: "0.6.0", announced: [], known: "none", dropped: [] },
  { version: "0.9.1", announced: ["cni0"], known: "new", dropped: [] },
  { version: "1.0.0", announced: ["cni0"], known: "new", dropped: [] },
  { version: "1.1.0", announced: [], known: "old", dropped: ["node1 br_handle_frame"] },
  { version: "1.6.0", announced: [], known: "old", dropped: ["node1 br_handle_frame"] },
])("$version: the host's neighbour entry of a new pod is $known", ({ version, announced, known, dropped }) => {
  const lab = new Lab(version);
  lab.plugin.add(lab.sandbox("first"));
  must(lab.host, { op: "neigh-add", dev: "cni0", dst: "10.244.1.3", lladdr: "02:00:00:00:00:99", nud: "stale" });
  const bridge = lab.host.devices.byName("cni0");
  const heard: string[] = [];
  if (bridge !== undefined) packetWatch(bridge, ({ out }) => void (out || heard.push("cni0")));
  const lost: string[] = [];
  lab.world.onDrop = (ns, _pkt, _reason, fn) => void lost.push(`${ns.name} ${fn}`);
  const pod = lab.sandbox("second");
  lab.plugin.add(pod);
  expect(heard).toEqual(announced);
  expect(lost).toEqual(dropped);
  const mac = formatMac(pod.ns.devices.byName("eth0")?.addr ?? (0 as never));
  const entry = dumpNeighs(lab.host).find((row) => row.dst === "10.244.1.3");
  expect(entry?.lladdr).toBe({ new: mac, old: "02:00:00:00:00:99", none: undefined }[known]);
  expect(pod.ns.sysctl.get("net.ipv4.conf.eth0.arp_notify")).toBe(
    version.startsWith("1.0") || version.startsWith("0.") ? "0" : "1",
  );
});

describe("ipMasq", () => {
  const CHAIN = masqueradeChain("cbr0", "id-a");
  const comment = `-m comment --comment "name: \\"cbr0\\" id: \\"id-a\\""`;

  test.each([
    { version: "0.7.5", source: "10.244.1.0/24" },
    { version: "0.8.0", source: "10.244.1.2/32" },
  ])("$version: what comes from $source enters the pod's chain, until DEL", ({ version, source }) => {
    const lab = new Lab(version, { ipMasq: true });
    const pod = lab.sandbox("a");
    lab.plugin.add(pod);
    expect(CHAIN).toMatch(/^CNI-[0-9a-f]{24}$/);
    expect(rules(lab.host, "nat")).toEqual([
      `-N ${CHAIN}`,
      `-A POSTROUTING -s ${source} ${comment} -j ${CHAIN}`,
      `-A ${CHAIN} -d 10.244.1.0/24 ${comment} -j ACCEPT`,
      `-A ${CHAIN} ! -d 224.0.0.0/4 ${comment} -j MASQUERADE`,
    ]);
    lab.plugin.del(pod);
    expect(rules(lab.host, "nat")).toEqual([]);
  });

  // sha512 of network and container id, as `printf cbr0id-a | sha512sum` prints it.
  test("names the chain by a hash", () => {
    expect(CHAIN).toBe("CNI-b7a57faf1c1870ff8c48e131");
  });
});
