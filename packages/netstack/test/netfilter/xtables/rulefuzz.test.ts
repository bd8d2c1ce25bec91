import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { packetSend } from "../../../src/sock/packet-socket.ts";
import { applyBatch } from "../../../src/rtnl/apply.ts";
import type { ConfigOp } from "../../../src/rtnl/batch.ts";
import { fromHex, toHex } from "../../../src/wire/bytes.ts";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";

// Random rule sets and random packets on a router with three ports, recorded on a 6.18 kernel with both back ends: what left the
// router, and what every rule counted.

interface Step {
  readonly host: string;
  readonly frame: string;
  readonly out: readonly (readonly [string, string])[];
}
interface FuzzCase {
  readonly rules: string;
  readonly steps: readonly Step[];
  readonly counters: readonly string[];
}
interface Fuzz {
  readonly hosts: Readonly<Record<string, readonly [string, string]>>;
  readonly host_mac: Readonly<Record<string, string>>;
  readonly router_mac: Readonly<Record<string, string>>;
  readonly cases: readonly FuzzCase[];
}

const fuzz = JSON.parse(
  gunzipSync(readFileSync(new URL("./data/rulefuzz.json.gz", import.meta.url))).toString(),
) as Fuzz;
const SYSCTLS: readonly (readonly [string, string])[] = [
  ["ip_forward", "1"],
  ["icmp_ratelimit", "0"],
  ["icmp_msgs_per_sec", "100000"],
  ["icmp_msgs_burst", "10000"],
  ["conf.all.send_redirects", "0"],
  ["conf.default.send_redirects", "0"],
];

function apply(ns: NetNamespace, ops: readonly ConfigOp[]): void {
  expect(applyBatch(ns, { agent: "test", ops })).toBeNull();
}

function router(): { world: World; ns: NetNamespace } {
  const world = new World(1);
  const ns = new NetNamespace(world, "R");
  apply(
    ns,
    SYSCTLS.map(([key, value]) => ({ op: "sysctl", key: `net.ipv4.${key}`, value })),
  );
  apply(ns, [{ op: "link-set", dev: "lo", up: true }]);
  for (const [host, [addr, gateway]] of Object.entries(fuzz.hosts)) {
    const peer = new NetNamespace(world, host);
    apply(ns, [
      {
        op: "link-add",
        name: `e${host}`,
        address: fuzz.router_mac[host] ?? "",
        link: { type: "veth", peer: { name: "eth0", netns: host, address: fuzz.host_mac[host] ?? "" } },
      },
      { op: "addr-add", dev: `e${host}`, local: `${gateway}/16` },
      { op: "link-set", dev: `e${host}`, up: true },
      { op: "neigh-replace", dev: `e${host}`, dst: addr, lladdr: fuzz.host_mac[host] ?? "", nud: "permanent" },
    ]);
    apply(peer, [
      { op: "link-set", dev: "lo", up: true },
      { op: "addr-add", dev: "eth0", local: `${addr}/16` },
      { op: "link-set", dev: "eth0", up: true },
      { op: "neigh-replace", dev: "eth0", dst: gateway, lladdr: fuzz.router_mac[host] ?? "", nud: "permanent" },
    ]);
    peer.mute = true;
  }
  apply(ns, [{ op: "route-add", dst: "default", via: fuzz.hosts["C"]?.[0] ?? "" }]);
  return { world, ns };
}

/** The recorder blanks the IP id and checksum of ICMP that the router makes. */
function masked(hex: string): string {
  const b = fromHex(hex);
  if (b[12] === 8 && b[13] === 0 && b[23] === 1 && [3, 11, 0].includes(b[34] ?? -1)) b.fill(0, 18, 20).fill(0, 24, 26);
  return toHex(b);
}

function isIp(hex: string): boolean {
  return hex.slice(24, 28) === "0800";
}

describe.each(["legacy", "nft"] as const)("random rule sets, %s", (kind) => {
  it.each(fuzz.cases.map((c, i) => [i, c] as const))("case %i", (_, one) => {
    const { ns } = router();
    const backend = ns.xt.backend(kind);
    expect(backend.restore(one.rules)).toBeNull();
    let out: [string, string][] = [];
    for (const dev of ns.devices) {
      dev.taps.push(({ out: isOut, pkt }) => {
        const hex = toHex(pkt.bytes(pkt.mac));
        if (isOut && isIp(hex)) out.push([dev.name, masked(hex)]);
      });
    }
    const steps = one.steps.map((step) => {
      out = [];
      const dev = ns.world.namespaces.get(step.host)?.devices.byName("eth0");
      if (dev === undefined) throw new Error(step.host);
      packetSend(dev, fromHex(step.frame));
      return { host: step.host, frame: step.frame, out };
    });
    expect(steps.map((s) => s.out)).toEqual(one.steps.map((s) => s.out));
    const rules = (lines: readonly string[]): string[] => lines.filter((l) => l.startsWith("[")).sort();
    expect(rules(backend.save({ counters: true, bare: true }).split("\n"))).toEqual(rules(one.counters));
  });
});
