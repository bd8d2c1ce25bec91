import { dumpFdb, dumpLinks, dumpRoutes, NetNamespace, pingOpen, World } from "@kubehop/netstack";
import { expect, test } from "vitest";
import { Dockerd, DockerNetwork, NodeRefusal } from "../../src/index.ts";
import type { SandboxRequest } from "../../src/index.ts";
import { doorOf, node } from "../node/machine.ts";

function network(bridge = "172.17.0.1/16"): { host: NetNamespace; docker: DockerNetwork; world: World } {
  const world = new World(1);
  const host = node("6.18", world);
  const door = doorOf(host);
  new Dockerd({ door, version: "17.03", bridge, mac: "02:42:c0:00:00:01", forwardPolicy: "ACCEPT" }).start();
  const docker = new DockerNetwork({ door, bridge, mtu: 1500, random: world.random.fork("d") });
  return { host, docker, world };
}

/** With the namespace behind the door, to look inside. */
type Sandbox = SandboxRequest & { readonly ns: NetNamespace };

function sandbox(world: World, name: string, pins: SandboxRequest["pins"] = {}): Sandbox {
  const ns = new NetNamespace(world, name);
  return { id: `id-${name}`, namespace: "default", name, ns, door: doorOf(ns), pins };
}

test("both ends are made on the node: the sandbox's has the lower index and keeps it", () => {
  const { host, docker, world } = network();
  const a = sandbox(world, "a");
  expect(docker.add(a)).toEqual({ ip: "172.17.0.2" });
  const eth0 = dumpLinks(a.ns).find((row) => row.ifname === "eth0");
  expect(eth0).toMatchObject({ ifindex: 3, link_index: 4, address: "02:42:ac:11:00:02", mtu: 1500, operstate: "UP" });
  const veth = dumpLinks(host).find((row) => row.ifindex === 4);
  expect(veth).toMatchObject({ link_index: 3, master: "docker0", operstate: "UP" });
  expect(veth?.ifname).toMatch(/^veth[0-9a-f]{7}$/);
  expect(veth?.linkinfo.info_slave_data?.["hairpin"]).toBe(false);
  expect(dumpRoutes(a.ns).map((r) => `${r.dst} ${r.gateway ?? "-"} ${r.dev ?? ""}`)).toEqual([
    "default 172.17.0.1 eth0",
    "172.17.0.0/16 - eth0",
  ]);
});

test("the lowest free address is given, a wanted one if it is free", () => {
  const { docker, world } = network();
  const [a, b] = [
    sandbox(world, "a"),
    sandbox(world, "b", { ip: "172.17.0.9", mac: "02:42:00:00:00:99", veth: "vethb" }),
  ];
  expect([docker.add(a).ip, docker.add(b).ip]).toEqual(["172.17.0.2", "172.17.0.9"]);
  expect(dumpLinks(b.ns).find((row) => row.ifname === "eth0")?.address).toBe("02:42:00:00:00:99");
  expect(() => docker.add(sandbox(world, "c", { ip: "172.17.0.9" }))).toThrow(NodeRefusal);
  docker.del(a);
  expect(docker.add(sandbox(world, "d")).ip).toBe("172.17.0.2");
});

test("a network that is used up is refused", () => {
  const { docker, world } = network("10.1.0.1/30");
  expect(docker.add(sandbox(world, "a")).ip).toBe("10.1.0.2");
  expect(() => docker.add(sandbox(world, "b"))).toThrow(
    "no available IPv4 addresses on this network's address pools: bridge",
  );
});

test("what a deleted container leaves: nothing", () => {
  const { host, docker, world } = network();
  const [a, b] = [sandbox(world, "a"), sandbox(world, "b")];
  for (const one of [a, b]) docker.add(one);
  let replies = 0;
  pingOpen(a.ns, { dst: "172.17.0.3", onReply: () => replies++ }).send(1);
  world.clock.runUntil(10);
  expect(replies).toBe(1);
  const before = dumpFdb(host).length;
  docker.del(a);
  docker.del(a);
  expect(dumpFdb(host).length).toBeLessThan(before);
  expect(a.ns.devices.byName("eth0")).toBeUndefined();
  expect(
    dumpLinks(host)
      .map((row) => row.ifname)
      .filter((name) => name.startsWith("veth")),
  ).toHaveLength(1);
});
