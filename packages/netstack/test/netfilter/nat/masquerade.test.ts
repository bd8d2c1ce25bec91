// MASQUERADE and REDIRECT on a real router: whose address is taken, and when the mapping ends (R7.13–R7.15, R7.20).

import { beforeEach, expect, test } from "vitest";
import { formatIpv4 } from "../../../src/addr/ipv4.ts";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";
import { applyBatch } from "../../../src/rtnl/apply.ts";
import type { ConfigOp } from "../../../src/rtnl/batch.ts";
import { packetSend } from "../../../src/sock/packet-socket.ts";
import { udpOpen } from "../../../src/sock/udp.ts";
import { parseMac } from "../../../src/addr/mac.ts";
import { ETH_HLEN, ETH_P_IP, ethWrite } from "../../../src/wire/ethernet.ts";
import { ipDaddr, ipSaddr } from "../../../src/wire/ipv4-fields.ts";
import { conntrackCommand } from "../../../src/netfilter/conntrack/command.ts";
import { udpPacket } from "../conntrack/bare-ns.ts";

const MAC = {
  inside: "02:00:00:00:01:02",
  inRouter: "02:00:00:00:01:01",
  outside: "02:00:00:00:02:02",
  outRouter: "02:00:00:00:02:01",
};
let world: World;
let router: NetNamespace;
let inside: NetNamespace;
/** `source > destination` of what left by eth1 or eth2. */
let sent: string[];

function apply(ns: NetNamespace, ...ops: ConfigOp[]): void {
  const error = applyBatch(ns, { agent: "test", ops });
  if (error !== null) throw new Error(error.message);
}

function iptables(rule: string): void {
  apply(router, { op: "iptables", args: rule.split(" ") });
}

function mac(text: string): NonNullable<ReturnType<typeof parseMac>> {
  return parseMac(text) ?? (0 as never);
}

/** A UDP frame of the inside host, given to the router. */
function send(dst: string, sport = 1000): void {
  const pkt = udpPacket("10.1.0.2", sport, dst, 53);
  pkt.push(ETH_HLEN);
  ethWrite(pkt.buf, pkt.head, mac(MAC.inRouter), mac(MAC.inside), ETH_P_IP);
  const dev = inside.devices.byName("eth0");
  if (dev === undefined) throw new Error("no eth0");
  packetSend(dev, pkt.bytes());
  world.softirq();
}

function entries(): string[] {
  return conntrackCommand(router, ["-L"]).stdout.split("\n").slice(0, -1);
}

beforeEach(() => {
  world = new World(1);
  router = new NetNamespace(world, "router");
  inside = new NetNamespace(world, "inside");
  const outside = new NetNamespace(world, "outside");
  const up = (dev: string): ConfigOp => ({ op: "link-set", dev, up: true });
  apply(
    router,
    { op: "sysctl", key: "net.ipv4.ip_forward", value: "1" },
    {
      op: "link-add",
      name: "eth0",
      address: MAC.inRouter,
      link: { type: "veth", peer: { name: "eth0", netns: "inside", address: MAC.inside } },
    },
    {
      op: "link-add",
      name: "eth1",
      address: MAC.outRouter,
      link: { type: "veth", peer: { name: "eth0", netns: "outside", address: MAC.outside } },
    },
    { op: "link-add", name: "eth2", link: { type: "veth", peer: { name: "eth1", netns: "outside" } } },
    up("lo"),
    up("eth0"),
    up("eth1"),
    up("eth2"),
    { op: "addr-add", dev: "eth0", local: "10.1.0.1/24" },
    { op: "addr-add", dev: "eth1", local: "10.2.0.1/24" },
    { op: "addr-add", dev: "eth1", local: "10.4.0.1/24" },
    { op: "route-add", dst: "default", via: "10.2.0.2" },
    { op: "route-add", dst: "10.5.0.0/16", via: "10.4.0.2" },
    { op: "neigh-add", dev: "eth1", dst: "10.2.0.2", lladdr: MAC.outside, nud: "permanent" },
    { op: "neigh-add", dev: "eth1", dst: "10.4.0.2", lladdr: MAC.outside, nud: "permanent" },
  );
  apply(inside, up("eth0"));
  apply(outside, up("eth0"), up("eth1"));
  outside.mute = true;
  sent = [];
  for (const name of ["eth1", "eth2"]) {
    router.devices.byName(name)?.taps.push(({ out, pkt }) => {
      const at = pkt.head + ETH_HLEN;
      const isIp = pkt.buf[pkt.head + 12] === 8 && pkt.buf[pkt.head + 13] === 0;
      if (out && isIp) sent.push(`${formatIpv4(ipSaddr(pkt.buf, at))} > ${formatIpv4(ipDaddr(pkt.buf, at))}`);
    });
  }
});

test("the address is the one in the next hop's subnet, else the first", () => {
  iptables("-t nat -A POSTROUTING -j MASQUERADE");
  send("192.0.2.1");
  send("10.5.0.9");
  expect(sent).toEqual(["10.2.0.1 > 192.0.2.1", "10.4.0.1 > 10.5.0.9"]);
});

test("without any address the packet dies and the log says why", () => {
  iptables("-t nat -A POSTROUTING -j MASQUERADE");
  for (const [dev, local] of [
    ["eth1", "10.2.0.1/24"],
    ["eth1", "10.4.0.1/24"],
    ["eth0", "10.1.0.1/24"],
  ] as const) {
    apply(router, { op: "addr-del", dev, local });
  }
  apply(
    router,
    { op: "route-add", dst: "192.0.2.0/24", dev: "eth1" },
    { op: "neigh-add", dev: "eth1", dst: "192.0.2.1", lladdr: MAC.outside, nud: "permanent" },
  );
  send("192.0.2.1");
  expect(sent).toEqual([]);
  expect(router.dmesg.map((l) => l.text)).toContain("eth1 ate my IP address");
});

test("a device that goes down, or an address that is deleted, ends its masqueraded connections only", () => {
  iptables("-t nat -A POSTROUTING -d 192.0.2.0/24 -j MASQUERADE");
  send("192.0.2.1");
  send("198.51.100.1");
  expect(entries()).toHaveLength(2);
  apply(router, { op: "addr-del", dev: "eth1", local: "10.4.0.1/24" });
  expect(entries()).toHaveLength(2);
  apply(
    router,
    { op: "addr-add", dev: "eth1", local: "10.4.0.1/24" },
    { op: "addr-del", dev: "eth1", local: "10.2.0.1/24" },
  );
  expect(entries().map((l) => / dst=(\S+)/.exec(l)?.[1])).toEqual(["198.51.100.1"]);
  apply(router, { op: "addr-add", dev: "eth1", local: "10.2.0.1/24" });
  send("192.0.2.1", 1001);
  expect(entries()).toHaveLength(2);
  apply(router, { op: "link-set", dev: "eth1", up: false });
  expect(entries().map((l) => / dst=(\S+)/.exec(l)?.[1])).toEqual(["198.51.100.1"]);
});

test("a masqueraded connection that would leave elsewhere is ended and its packet dropped", () => {
  iptables("-t nat -A POSTROUTING -j MASQUERADE");
  send("192.0.2.1");
  apply(
    router,
    { op: "addr-add", dev: "eth2", local: "10.6.0.1/24" },
    { op: "neigh-add", dev: "eth2", dst: "10.6.0.2", lladdr: MAC.outside, nud: "permanent" },
    { op: "route-add", dst: "192.0.2.0/24", via: "10.6.0.2" },
  );
  send("192.0.2.1");
  expect(entries()).toEqual([]);
  send("192.0.2.1");
  expect(sent).toEqual(["10.2.0.1 > 192.0.2.1", "10.6.0.1 > 192.0.2.1"]);
});

test("REDIRECT takes packets to any destination to the ingress device's first address", () => {
  const got: string[] = [];
  udpOpen(router, { port: 5353, onData: (_bytes, from) => got.push(formatIpv4(from.addr as never)) });
  iptables("-t nat -A PREROUTING -p udp --dport 53 -j REDIRECT --to-ports 5353");
  send("192.0.2.1");
  expect(entries()[0]).toContain(
    "dst=192.0.2.1 sport=1000 dport=53 [UNREPLIED] src=10.1.0.1 dst=10.1.0.2 sport=5353 dport=1000",
  );
  world.clock.runUntil(1);
  expect(got).toHaveLength(1);
});

test("OUTPUT DNAT routes anew; MASQUERADE then takes the real output device's address", () => {
  apply(router, { op: "route-add", dst: "10.96.0.0/16", dev: "eth0" });
  iptables("-t nat -A OUTPUT -d 10.96.0.1 -p udp -j DNAT --to-destination 10.5.0.9:53");
  iptables("-t nat -A POSTROUTING -d 10.5.0.9 -j MASQUERADE");
  const sock = udpOpen(router, {});
  sock.sendTo(new Uint8Array(3), "10.96.0.1", 53);
  world.softirq();
  // The source was chosen for the service's route (10.1.0.1), and is masqueraded behind the new one.
  expect(sent).toEqual(["10.4.0.1 > 10.5.0.9"]);
  expect(entries()[0]).toMatch(/^udp {6}17 30 src=10\.1\.0\.1 dst=10\.96\.0\.1 .* src=10\.5\.0\.9 dst=10\.4\.0\.1 /);
});
