import { describe, expect, it } from "vitest";
import { bridgeOf } from "../../src/bridge/bridge.ts";
import { dumpFdb } from "../../src/rtnl/fdb.ts";
import { applyBatch } from "../../src/rtnl/apply.ts";
import type { ConfigOp } from "../../src/rtnl/batch.ts";
import { destroyNetns } from "../../src/netns/destroy-netns.ts";
import { KERNEL_FLAVOURS } from "../../src/netns/flavour.ts";
import { NetNamespace } from "../../src/netns/net-namespace.ts";
import { World } from "../../src/netns/world.ts";
import { skbFromBytes } from "../../src/skb/packet.ts";
import { packetSend } from "../../src/sock/packet-socket.ts";
import { pingOpen } from "../../src/sock/ping.ts";
import { tcpConnect, tcpListen } from "../../src/sock/tcp.ts";
import { udpOpen } from "../../src/sock/udp.ts";
import { ipFrame } from "../dev/ip-frame.ts";
import { bridgeLab, frame, HOST, Lab } from "../dev/lab.ts";

function must(ns: NetNamespace, ...ops: ConfigOp[]): void {
  const error = applyBatch(ns, { agent: "test", ops });
  if (error !== null) throw new Error(`${ns.name}: ${error.message}`);
}

/** `host` with br0 10.0.0.1/24 and two pods behind it, 10.0.0.2 and 10.0.0.3, as a container runtime wires them. */
function hostWithPods(): { world: World; host: NetNamespace; a: NetNamespace; b: NetNamespace } {
  const world = new World(1);
  const make = (name: string): NetNamespace => new NetNamespace(world, name, KERNEL_FLAVOURS["6.18"]);
  const [host, a, b] = [make("host"), make("a"), make("b")];
  must(
    host,
    { op: "link-add", name: "br0", link: { type: "bridge" } },
    { op: "addr-add", dev: "br0", local: "10.0.0.1/24" },
    { op: "link-set", dev: "br0", up: true },
  );
  for (const [i, pod] of [a, b].entries()) {
    const dev = `veth${pod.name}`;
    must(
      host,
      {
        op: "link-add",
        name: dev,
        link: { type: "veth", peer: { name: "eth0", netns: pod.name, address: HOST(i + 2) } },
      },
      { op: "link-set", dev, up: true, master: "br0" },
    );
    must(
      pod,
      { op: "link-set", dev: "lo", up: true },
      { op: "addr-add", dev: "eth0", local: `10.0.0.${i + 2}/24` },
      { op: "link-set", dev: "eth0", up: true },
    );
  }
  return { world, host, a, b };
}

describe("destroyNetns", () => {
  it("frees the name at once, and only if it is still its own", () => {
    const world = new World(1);
    const first = new NetNamespace(world, "pod");
    destroyNetns(first);
    expect(world.namespaces.has("pod")).toBe(false);
    const second = new NetNamespace(world, "pod");
    destroyNetns(first);
    expect(world.namespaces.get("pod")).toBe(second);
  });

  it("takes the other ends of veth pairs along, and their bridge forgets what it learned there", () => {
    const lab = bridgeLab(3);
    lab.send("h1", "e0", frame(HOST(2), HOST(1)));
    lab.send("h2", "e0", frame(HOST(1), HOST(2)));
    const learned = (): string[] =>
      dumpFdb(lab.ns("sw"))
        .filter((row) => row.state !== "permanent")
        .map((row) => `${row.mac} ${row.ifname}`);
    expect(learned()).toEqual([`${HOST(1)} p1`, `${HOST(2)} p2`]);
    destroyNetns(lab.ns("h1"));
    expect(learned()).toEqual([`${HOST(2)} p2`]);
    expect(lab.ns("sw").devices.byName("p1")).toBeUndefined();
    expect(bridgeOf(lab.dev("sw", "br0"))?.ports.length).toBe(2);
  });

  it("leaves no timer of connections, handshakes, TIME_WAIT or neighbours on the clock", () => {
    const { world, a, b } = hostWithPods();
    const idle = world.clock.pending;
    tcpListen(b, {
      port: 80,
      onConnection: (sk) => ({ data: (bytes) => void sk.send(bytes), closed: () => sk.close() }),
    });
    const heard: string[] = [];
    // Established with unacknowledged data; closed, so TIME_WAIT; half open; unanswered neighbour; ping and UDP sockets.
    tcpConnect(a, { dst: "10.0.0.3", dport: 80, on: { connected: (sk) => void sk.send(new Uint8Array(5)) } });
    tcpConnect(a, { dst: "10.0.0.3", dport: 80, on: { connected: (sk) => sk.close() } });
    world.clock.runUntil(world.now + 100);
    tcpConnect(a, { dst: "10.0.0.77", dport: 80, on: { error: (errno) => void heard.push(errno) } });
    pingOpen(a, { dst: "10.0.0.77", onReply: () => heard.push("reply") }).send(1);
    udpOpen(a, { port: 53, onData: () => heard.push("data") });
    expect([...a.sockets.tcp.list()].map((sk) => sk.constructor.name).toSorted()).toEqual([
      "TcpSock",
      "TcpSock",
      "TcpTimewaitSock",
    ]);
    expect(world.clock.pending).toBeGreaterThan(idle);
    destroyNetns(a);
    expect([...a.sockets.tcp.list()]).toEqual([]);
    destroyNetns(b);
    // The host's own neighbour entries are the host's.
    const host = world.namespaces.get("host");
    for (const neigh of host?.arp ?? []) host?.arp.remove(neigh);
    world.clock.runUntil(world.now);
    expect(world.clock.pending).toBe(idle);
    world.clock.runUntil(world.now + 200_000);
    expect(heard).toEqual([]);
  });

  it("forgets a half-open connection of a listener", () => {
    const { world, a, b } = hostWithPods();
    tcpListen(b, { port: 80, onConnection: () => ({}) });
    const dropSynAck: ConfigOp = {
      op: "iptables",
      args: ["-A", "INPUT", "-p", "tcp", "--tcp-flags", "SYN,ACK", "SYN,ACK", "-j", "DROP"],
    };
    must(a, dropSynAck);
    tcpConnect(a, { dst: "10.0.0.3", dport: 80, on: {} });
    world.clock.runUntil(world.now + 100);
    expect([...b.sockets.tcp.list()].map((sk) => sk.constructor.name)).toEqual(["TcpListener", "TcpRequestSock"]);
    destroyNetns(b);
    expect([...b.sockets.tcp.list()]).toEqual([]);
    destroyNetns(a);
    world.clock.runUntil(world.now);
    expect(world.clock.pending).toBe(0);
  });

  it("forgets fragments that wait for the rest", () => {
    const { world, a, host } = hostWithPods();
    const veth = host.devices.byName("vetha");
    if (veth === undefined) throw new Error("no device");
    packetSend(veth, ipFrame(HOST(2), HOST(3), { src: "10.0.0.3", dst: "10.0.0.2", frag: 0x2000, payload: 8 }));
    expect([world.clock.pending, a.ipv4.fragQueues.size]).toEqual([1, 1]);
    destroyNetns(a);
    expect([world.clock.pending, a.ipv4.fragQueues.size, a.ipv4.fragMemory]).toEqual([0, 0, 0]);
  });

  it("stops conntrack's clock while somebody listens to events", () => {
    const { world, a } = hostWithPods();
    must(a, { op: "iptables", args: ["-A", "INPUT", "-m", "conntrack", "--ctstate", "NEW", "-j", "ACCEPT"] });
    let destroyed = 0;
    const end = a.ct.listen({ destroy: () => destroyed++ });
    pingOpen(a, { dst: "10.0.0.3" }).send(1);
    expect(a.ct.count).toBe(1);
    destroyNetns(a);
    expect([a.ct.count, destroyed]).toEqual([0, 0]);
    end();
    const pending = world.clock.pending;
    world.clock.runUntil(world.now + 60_000);
    expect(world.clock.pending).toBeLessThanOrEqual(pending);
    expect(destroyed).toBe(0);
  });

  it("drops what was on its way to it, with a reason", () => {
    const lab = new Lab();
    lab.pair("a", "x", "b", "y", HOST(2));
    const pkt = lab.world.adopt(skbFromBytes(frame(HOST(2), lab.frameMac("a", "x"))));
    pkt.dev = lab.dev("b", "y");
    lab.world.netifRx(pkt);
    destroyNetns(lab.ns("b"));
    expect(lab.drops).toEqual(["DEV_READY@enqueue_to_backlog"]);
  });

  it("takes a tunnel along that was moved away from it", () => {
    const { world, host, a } = hostWithPods();
    must(
      a,
      { op: "link-add", name: "vx", link: { type: "vxlan", id: 7, dstport: 4789 } },
      { op: "link-set", dev: "vx", netns: "host" },
    );
    expect(host.devices.byName("vx")).toBeDefined();
    destroyNetns(a);
    expect(host.devices.byName("vx")).toBeUndefined();
    expect([...world.namespaces.keys()]).toEqual(["host", "b"]);
  });
});
