import { ControlPlane } from "@kubehop/kube";
import { dumpAddrs, dumpFdb, dumpLinks, dumpNeighs, dumpRoutes, openDoor, pingOpen, World } from "@kubehop/netstack";
import type { NetNamespace } from "@kubehop/netstack";
import { describe, expect, test } from "vitest";
import { Flanneld, FlannelError } from "../../src/index.ts";
import type { FlannelOptions } from "../../src/index.ts";
import { must, node, rules } from "../node.ts";

const MACS = ["0a:00:00:00:00:01", "0a:00:00:00:00:02", "0a:00:00:00:00:03"];

/** Nodes node1 … noden, 192.168.0.1 …, with podCIDRs 10.244.0.0/24 … */
class Lab {
  readonly world = new World(1);
  readonly control = new ControlPlane({ random: this.world.random.fork("c"), now: () => this.world.now });
  readonly nodes: NetNamespace[] = [];
  readonly daemons: Flanneld[] = [];

  constructor(nodes: number) {
    for (let i = 0; i < nodes; i++) this.addNode();
  }

  addNode(): void {
    const i = this.nodes.length;
    this.control.addNode({ name: `node${i + 1}`, ip: `192.168.0.${i + 1}`, podCIDR: `10.244.${i}.0/24` });
    this.nodes.push(node(this.world, `node${i + 1}`, `192.168.0.${i + 1}/24`));
    this.daemons.push(this.daemon(i));
    this.daemons[i]?.start();
  }

  daemon(i: number, more: Partial<FlannelOptions> = {}): Flanneld {
    return new Flanneld({
      node: `node${i + 1}`,
      store: this.control.store,
      door: openDoor(this.ns(i)),
      version: "0.28.9",
      network: "10.244.0.0/16",
      subnet: `10.244.${i}.0/24`,
      vni: 1,
      iface: "eth0",
      publicIP: `192.168.0.${i + 1}`,
      mtu: 1450,
      vtepMac: MACS[i] ?? "",
      ipMasq: true,
      randomFully: true,
      ...more,
    });
  }

  ns(i: number): NetNamespace {
    const ns = this.nodes[i];
    if (ns === undefined) throw new Error(`no node ${i}`);
    return ns;
  }

  /** Another process in place of the old one. */
  restart(i: number, more: Partial<FlannelOptions> = {}): Flanneld {
    this.daemons[i]?.stop();
    const daemon = this.daemon(i, more);
    this.daemons[i] = daemon;
    daemon.start();
    return daemon;
  }
}

/** Neighbours, FDB entries and routes of flannel.1. */
function overlay(ns: NetNamespace): { neigh: string[]; fdb: string[]; route: string[] } {
  const dev = "flannel.1";
  return {
    neigh: dumpNeighs(ns)
      .filter((n) => n.dev === dev)
      .map((n) => `${n.dst} ${n.lladdr ?? ""} ${n.state.join()}`),
    fdb: dumpFdb(ns)
      .filter((f) => f.ifname === dev)
      .map((f) => `${f.mac} ${f.dst ?? ""} ${f.state}`)
      .toSorted(),
    route: dumpRoutes(ns)
      .filter((r) => r.dev === dev)
      .map((r) => `${r.dst} ${r.gateway ?? ""} ${r.flags.join()}`),
  };
}

describe("flannel.1", () => {
  test("has the attributes that flanneld asks for", () => {
    const lab = new Lab(1);
    const link = dumpLinks(lab.ns(0)).find((row) => row.ifname === "flannel.1");
    expect(link).toMatchObject({ address: MACS[0], mtu: 1450, operstate: "UNKNOWN" });
    expect(link?.linkinfo).toMatchObject({
      info_kind: "vxlan",
      info_data: { id: 1, local: "192.168.0.1", link: "eth0", port: 8472, learning: false, ttl: 0, udp_csum: false },
    });
    const [address] = dumpAddrs(lab.ns(0), "flannel.1").flatMap((row) => row.addr_info);
    expect(address).toMatchObject({ local: "10.244.0.0", prefixlen: 32, scope: "global" });
    expect(lab.control.store.get("Node", "", "node1")?.metadata.annotations).toEqual({
      "flannel.alpha.coreos.com/backend-data": `{"VNI":1,"VtepMAC":"${MACS[0]}"}`,
      "flannel.alpha.coreos.com/backend-type": "vxlan",
      "flannel.alpha.coreos.com/kube-subnet-manager": "true",
      "flannel.alpha.coreos.com/public-ip": "192.168.0.1",
    });
  });

  test("cannot be made without the underlay device", () => {
    const lab = new Lab(1);
    lab.daemons[0]?.stop();
    const wrong = lab.daemon(0, { iface: "eth9", vni: 2 });
    expect(() => wrong.start()).toThrow(FlannelError);
    expect(() => wrong.start()).toThrow('Cannot find device "eth9"');
  });
});

describe("remote nodes", () => {
  test("one neighbour, one FDB entry and one route for each, whoever came first", () => {
    const lab = new Lab(3);
    expect(overlay(lab.ns(0))).toEqual({
      neigh: [`10.244.1.0 ${MACS[1]} PERMANENT`, `10.244.2.0 ${MACS[2]} PERMANENT`],
      fdb: [`${MACS[1]} 192.168.0.2 permanent`, `${MACS[2]} 192.168.0.3 permanent`],
      route: ["10.244.1.0/24 10.244.1.0 onlink", "10.244.2.0/24 10.244.2.0 onlink"],
    });
    expect(overlay(lab.ns(2)).route).toEqual(["10.244.0.0/24 10.244.0.0 onlink", "10.244.1.0/24 10.244.1.0 onlink"]);
    expect(lab.daemons.map((daemon) => daemon.errors)).toEqual([[], [], []]);
  });

  test("carry packets between the overlay's addresses", () => {
    const lab = new Lab(2);
    let from = "";
    pingOpen(lab.ns(0), {
      dst: "10.244.1.0",
      onReply: (reply) => (from = `${reply.bytes.length} ttl ${reply.ttl}`),
    }).send(1);
    lab.world.clock.runUntil(100);
    expect(from).toBe("56 ttl 64");
  });

  test("come in the order neighbour, FDB entry, route, and go again with their node", () => {
    const lab = new Lab(1);
    const seen: string[] = [];
    lab.ns(0).arp.listeners.push((neigh) => {
      if (neigh.dev.name !== "flannel.1") return;
      const { fdb, route } = overlay(lab.ns(0));
      seen.push(`neigh with ${fdb.length} fdb, ${route.length} route`);
    });
    lab.addNode();
    expect(seen).toEqual(["neigh with 0 fdb, 0 route"]);
    lab.control.delete("Node", "", "node2");
    // Failed, then removed.
    expect(seen.slice(1)).toEqual(["neigh with 1 fdb, 1 route", "neigh with 1 fdb, 1 route"]);
    expect(overlay(lab.ns(0))).toEqual({ neigh: [], fdb: [], route: [] });
  });

  test("a route that somebody took away does not stop the rest of the clean-up", () => {
    const lab = new Lab(2);
    must(lab.ns(0), { op: "route-del", dst: "10.244.1.0/24", dev: "flannel.1" });
    lab.control.delete("Node", "", "node2");
    expect(overlay(lab.ns(0))).toEqual({ neigh: [], fdb: [], route: [] });
    expect(lab.daemons[0]?.errors).toEqual([
      "failed to delete vxlanRoute (10.244.1.0/24 -> 10.244.1.0): RTNETLINK answers: No such process",
    ]);
  });

  test("without the device nothing is programmed, and the daemon lives", () => {
    const lab = new Lab(1);
    must(lab.ns(0), { op: "link-del", dev: "flannel.1" });
    lab.addNode();
    expect(lab.daemons[0]?.errors).toEqual(['AddARP failed: Cannot find device "flannel.1"']);
  });

  // handleSubnetEvents rolls back what it did before the step that failed.
  test("a device that is down takes no route, so the entries go too", () => {
    const lab = new Lab(1);
    must(lab.ns(0), { op: "link-set", dev: "flannel.1", up: false });
    lab.addNode();
    expect(lab.daemons[0]?.errors[0]).toMatch(/^failed to add vxlanRoute \(10\.244\.1\.0\/24 -> 10\.244\.1\.0\): /);
    expect(overlay(lab.ns(0))).toEqual({ neigh: [], fdb: [], route: [] });
  });

  // A changed VTEP is only an added one: the row of the old MAC stays (flannel kube.go, vxlan_network.go).
  test("a new VTEP MAC is written beside the old FDB row", () => {
    const lab = new Lab(2);
    must(lab.ns(1), { op: "link-del", dev: "flannel.1" });
    lab.restart(1, { vtepMac: "0a:00:00:00:00:22" });
    expect(overlay(lab.ns(0))).toEqual({
      neigh: ["10.244.1.0 0a:00:00:00:00:22 PERMANENT"],
      fdb: [`${MACS[1]} 192.168.0.2 permanent`, "0a:00:00:00:00:22 192.168.0.2 permanent"].toSorted(),
      route: ["10.244.1.0/24 10.244.1.0 onlink"],
    });
  });
});

describe("a restart", () => {
  test("changes nothing", () => {
    const lab = new Lab(3);
    const state = (): unknown => [
      dumpLinks(lab.ns(0)),
      dumpAddrs(lab.ns(0)),
      overlay(lab.ns(0)),
      rules(lab.ns(0), "nat"),
      rules(lab.ns(0), "filter"),
    ];
    const before = state();
    const daemon = lab.restart(0);
    expect(state()).toEqual(before);
    expect(daemon.errors).toEqual([]);
  });

  test("keeps a device like the wanted one, with the MAC it has, and takes other addresses of the network away", () => {
    const lab = new Lab(2);
    must(lab.ns(0), { op: "addr-add", dev: "flannel.1", local: "10.244.7.0/32" });
    must(lab.ns(0), { op: "addr-add", dev: "flannel.1", local: "172.30.0.1/32" });
    lab.restart(0, { vtepMac: "0a:00:00:00:00:99" });
    expect(dumpLinks(lab.ns(0)).find((row) => row.ifname === "flannel.1")?.address).toBe(MACS[0]);
    expect(overlay(lab.ns(1)).neigh).toEqual([`10.244.0.0 ${MACS[0]} PERMANENT`]);
    const addresses = dumpAddrs(lab.ns(0), "flannel.1").flatMap((row) => row.addr_info.map((a) => a.local));
    expect(addresses).toEqual(["10.244.0.0", "172.30.0.1"]);
  });

  test.each([
    { change: "another port", link: { id: 1, local: "192.168.0.1", dev: "eth0", dstport: 4789 } },
    { change: "another local address", link: { id: 1, local: "192.168.0.77", dev: "eth0", dstport: 8472 } },
    { change: "another VNI", link: { id: 9, local: "192.168.0.1", dev: "eth0", dstport: 8472 } },
  ])("replaces a device with $change", ({ link }) => {
    const lab = new Lab(1);
    must(
      lab.ns(0),
      { op: "link-del", dev: "flannel.1" },
      { op: "link-add", name: "flannel.1", address: MACS[2] ?? "", link: { type: "vxlan", ...link } },
    );
    lab.restart(0);
    const found = dumpLinks(lab.ns(0)).find((row) => row.ifname === "flannel.1");
    expect(found?.address).toBe(MACS[0]);
    expect(found?.linkinfo.info_data).toMatchObject({ id: 1, local: "192.168.0.1", port: 8472 });
  });

  test("finds nodes that came while it was away; routes of nodes that went stay (flannel issue 2554)", () => {
    const lab = new Lab(2);
    lab.daemons[0]?.stop();
    lab.addNode();
    lab.control.delete("Node", "", "node2");
    expect(overlay(lab.ns(0)).route).toEqual(["10.244.1.0/24 10.244.1.0 onlink"]);
    lab.restart(0);
    expect(overlay(lab.ns(0)).route).toEqual(["10.244.1.0/24 10.244.1.0 onlink", "10.244.2.0/24 10.244.2.0 onlink"]);
  });
});
