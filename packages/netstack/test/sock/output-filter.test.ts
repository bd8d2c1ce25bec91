// What a program sees when rules stand in its own way (R1.44), and errors that come from further down the road (R1.54).

import { describe, expect, it } from "vitest";
import { tcpConnect, tcpListen } from "../../src/sock/tcp.ts";
import { udpOpen } from "../../src/sock/udp.ts";
import { pingOpen } from "../../src/sock/ping.ts";
import { applyBatch } from "../../src/rtnl/apply.ts";
import { NetNamespace } from "../../src/netns/net-namespace.ts";
import { createVeth } from "../../src/dev/veth.ts";
import { devOpen } from "../../src/dev/link.ts";
import { addAddress, bytesOf, capture, run, twoHosts } from "./lab.ts";

function iptables(ns: NetNamespace, rule: string): void {
  const error = applyBatch(ns, { agent: "test", ops: [{ op: "iptables", args: rule.split(" ") }] });
  if (error !== null) throw new Error(error.message);
}

function connect(lab: ReturnType<typeof twoHosts>, ms: number): string[] {
  const events: string[] = [];
  tcpConnect(lab.a, {
    dst: "10.0.0.2",
    dport: 80,
    on: { connected: () => events.push("connected"), error: (errno) => events.push(`${errno} at ${lab.world.now} ms`) },
  });
  run(lab, ms);
  expect(lab.recorder.unfinished()).toEqual([]);
  return events;
}

describe("OUTPUT", () => {
  it("DROP makes datagrams fail and connections time out", () => {
    const lab = twoHosts();
    iptables(lab.a, "-A OUTPUT -d 10.0.0.2 -j DROP");
    expect(udpOpen(lab.a, {}).sendTo(bytesOf("x"), "10.0.0.2", 9)).toBe("EPERM");
    expect(pingOpen(lab.a, { dst: "10.0.0.2" }).send(1)).toBe("EPERM");
    expect(connect(lab, 200_000)).toEqual(["ETIMEDOUT at 131000 ms"]);
  });

  it.each(["", " --reject-with tcp-reset"])("REJECT%s refuses connections at once", (how) => {
    const lab = twoHosts();
    iptables(lab.a, `-A OUTPUT -p tcp -d 10.0.0.2 -j REJECT${how}`);
    expect(connect(lab, 100)).toEqual(["ECONNREFUSED at 0 ms"]);
  });

  it("REJECT fails a datagram with EPERM and the next one of a connected socket with ECONNREFUSED", () => {
    const lab = twoHosts();
    iptables(lab.a, "-A OUTPUT -p udp -d 10.0.0.2 -j REJECT");
    const sk = udpOpen(lab.a, { connectTo: { addr: "10.0.0.2", port: 9 } });
    expect(sk.send(bytesOf("x"))).toBe("EPERM");
    expect(sk.send(bytesOf("x"))).toBe("ECONNREFUSED");
  });
});

describe("the other side's rules", () => {
  it.each([
    ["icmp-port-unreachable", "ECONNREFUSED at 0 ms"],
    ["icmp-host-unreachable", "EHOSTUNREACH at 0 ms"],
    ["icmp-net-unreachable", "ENETUNREACH at 0 ms"],
    ["icmp-admin-prohibited", "EHOSTUNREACH at 0 ms"],
    ["icmp-proto-unreachable", "ENOPROTOOPT at 0 ms"],
    ["tcp-reset", "ECONNREFUSED at 0 ms"],
  ])("REJECT with %s end a connection attempt with %s", (how, wanted) => {
    const lab = twoHosts();
    tcpListen(lab.b, { port: 80, onConnection: () => ({}) });
    iptables(lab.b, `-A INPUT -p tcp -j REJECT --reject-with ${how}`);
    expect(connect(lab, 100)).toEqual([wanted]);
  });

  it("REJECT on an established connection is only remembered: the error comes with the timeout", () => {
    const lab = twoHosts();
    tcpListen(lab.b, { port: 80, onConnection: () => ({}) });
    const events: string[] = [];
    tcpConnect(lab.a, {
      dst: "10.0.0.2",
      dport: 80,
      on: {
        connected: (sk) => {
          iptables(lab.b, "-A INPUT -p tcp -j REJECT");
          sk.send(bytesOf("x"));
        },
        error: (errno) => events.push(`${errno} after ${Math.round(lab.world.now / 60_000)} min`),
      },
    });
    run(lab, 600_000);
    expect(events).toEqual([]);
    run(lab, 600_000);
    // 924.6 s after the loss probe (6.18 with tcp_retries2=5 for 15: 13.5 s; without the probe it would be 25.4).
    expect(events).toEqual(["ECONNREFUSED after 15 min"]);
  });
});

describe("a router with a smaller MTU behind it", () => {
  it("makes the sender cut its data anew", () => {
    const { lab, far } = routedLab();
    let got = 0;
    tcpListen(far, { port: 80, onConnection: () => ({ data: (bytes) => (got += bytes.length) }) });
    const lines = capture(lab.devA, { time: "none" });
    const events: string[] = [];
    tcpConnect(lab.a, {
      dst: "10.1.0.2",
      dport: 80,
      on: { connected: (sk) => void sk.send(new Uint8Array(20_000)), error: (errno) => events.push(errno) },
    });
    // Nobody on the far side may announce its small MTU: then only the router knows.
    run(lab, 10_000);
    expect([got, events]).toEqual([20_000, []]);
    expect(lines.filter((l) => l.includes("unreachable - need to frag (mtu 1300)")).length).toBeGreaterThan(0);
    expect(Math.max(...lines.map((l) => Number(/length (\d+): HTTP$/.exec(l)?.[1] ?? 0)))).toBe(1448);
    expect(lines.filter((l) => l.includes("length 1248: HTTP")).length).toBeGreaterThan(5);
    expect(lab.recorder.unfinished()).toEqual([]);
  });
});

/** a — b (router) — far; the router's second link has MTU 1300, the far host's end 1500. */
function routedLab(): { lab: ReturnType<typeof twoHosts>; far: NetNamespace } {
  const lab = twoHosts();
  const far = new NetNamespace(lab.world, "far");
  const { dev: inner, peer: outer } = createVeth(
    { ns: lab.b, name: "eth1", mtu: 1300 },
    { ns: far, name: "eth0", mtu: 1500 },
  );
  for (const dev of [inner, outer, far.lo]) devOpen(dev);
  addAddress(inner, "10.1.0.1/24");
  addAddress(outer, "10.1.0.2/24");
  expect(lab.b.sysctl.set("net.ipv4.ip_forward", "1")).toBeUndefined();
  for (const [ns, via] of [
    [lab.a, "10.0.0.2"],
    [far, "10.1.0.1"],
  ] as const) {
    const error = applyBatch(ns, { agent: "test", ops: [{ op: "route-add", dst: "default", via }] });
    expect(error).toBeNull();
  }
  return { lab, far };
}

describe("a route that goes away", () => {
  it("drops segments until it comes back; the timers bridge the gap", () => {
    const lab = twoHosts();
    let got = 0;
    tcpListen(lab.b, { port: 80, onConnection: () => ({ data: (bytes) => (got += bytes.length) }) });
    const sender = tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: {} });
    run(lab, 10);
    const change = (op: "route-del" | "route-add"): void => {
      expect(applyBatch(lab.a, { agent: "test", ops: [{ op, dst: "10.0.0.0/24", dev: "eth0" }] })).toBeNull();
    };
    change("route-del");
    expect(sender.send(bytesOf("hello"))).toBeUndefined();
    run(lab, 1000);
    expect(got).toBe(0);
    const drops = lab.recorder.packets().flatMap((j) => j.steps.filter((s) => s.kind === "drop"));
    expect(drops.map((s) => s.kind === "drop" && `${s.reason} ${s.detail}`)).toEqual(
      Array(3).fill("IP_OUTNOROUTES ENETUNREACH"),
    );
    change("route-add");
    run(lab, 1000);
    expect(got).toBe(5);
    expect(lab.recorder.unfinished()).toEqual([]);
  });
});
