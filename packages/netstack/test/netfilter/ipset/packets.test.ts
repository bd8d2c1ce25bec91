// Random sets, rules that ask and change them, and packets through a router, as the kernel recorded them: counters of every rule and,
// afterwards, every element with its counters. Seconds left of timeouts and the order of hashes are masked.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";
import { ipsetCommand } from "../../../src/netfilter/ipset/command.ts";
import { applyBatch } from "../../../src/rtnl/apply.ts";
import type { ConfigOp } from "../../../src/rtnl/batch.ts";
import { packetSend } from "../../../src/sock/packet-socket.ts";
import { fromHex } from "../../../src/wire/bytes.ts";

interface Case {
  /** For `ipset restore -exist`. */
  readonly ipsets: string;
  readonly rules: string;
  readonly steps: readonly { readonly host: string; readonly frame: string }[];
  /** Lines of `iptables-save -c`. */
  readonly counters: readonly string[];
  /** `ipset save` before the first and behind the last packet. */
  readonly before: string;
  readonly after: string;
}

interface Recording {
  readonly hosts: Readonly<Record<string, readonly [string, string]>>;
  readonly host_mac: Readonly<Record<string, string>>;
  readonly router_mac: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
}

const recording = JSON.parse(
  gunzipSync(readFileSync(new URL("./data/setfuzz.json.gz", import.meta.url))).toString(),
) as Recording;

const SYSCTLS = { ip_forward: "1", icmp_ratelimit: "0", icmp_msgs_per_sec: "100000", icmp_msgs_burst: "10000" };

function apply(ns: NetNamespace, ops: readonly ConfigOp[]): void {
  expect(applyBatch(ns, { agent: "test", ops })).toBeNull();
}

/** A router R between the silent hosts A, B and C; the default route leads to C. */
function router(): NetNamespace {
  const world = new World(1);
  const ns = new NetNamespace(world, "R");
  apply(
    ns,
    Object.entries(SYSCTLS).map(([key, value]) => ({ op: "sysctl", key: `net.ipv4.${key}`, value })),
  );
  apply(ns, [
    { op: "sysctl", key: "net.ipv4.conf.all.send_redirects", value: "0" },
    { op: "sysctl", key: "net.ipv4.conf.default.send_redirects", value: "0" },
    { op: "link-set", dev: "lo", up: true },
  ]);
  for (const [host, [addr, gateway]] of Object.entries(recording.hosts)) plug(ns, host, addr, gateway);
  apply(ns, [{ op: "route-add", dst: "default", via: recording.hosts["C"]?.[0] ?? "" }]);
  return ns;
}

function plug(ns: NetNamespace, host: string, addr: string, gateway: string): void {
  const peer = new NetNamespace(ns.world, host);
  const [hostMac = "", routerMac = ""] = [recording.host_mac[host], recording.router_mac[host]];
  const link = { type: "veth", peer: { name: "eth0", netns: host, address: hostMac } } as const;
  apply(ns, [
    { op: "link-add", name: `e${host}`, address: routerMac, link },
    { op: "addr-add", dev: `e${host}`, local: `${gateway}/16` },
    { op: "link-set", dev: `e${host}`, up: true },
    { op: "neigh-replace", dev: `e${host}`, dst: addr, lladdr: hostMac, nud: "permanent" },
  ]);
  apply(peer, [
    { op: "link-set", dev: "lo", up: true },
    { op: "addr-add", dev: "eth0", local: `${addr}/16` },
    { op: "link-set", dev: "eth0", up: true },
    { op: "neigh-replace", dev: "eth0", dst: gateway, lladdr: routerMac, nud: "permanent" },
  ]);
  peer.mute = true;
}

/** ipset 7.17 may print the prefix length of an element of the set before behind a bitmask: that is not part of it. */
function rows(save: string): string[] {
  return save
    .replaceAll(/( bitmask [\d.]+)\/\d+/g, "$1")
    .replaceAll(/initval \S+/g, "initval *")
    .replaceAll(/^(add .*) timeout \d+/gm, "$1 timeout *")
    .split("\n")
    .sort();
}

function counted(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith("[")).sort();
}

describe.each(["legacy", "nft"] as const)("sets asked and changed by packets, %s", (kind) => {
  it.each(recording.cases.map((c, i) => [i, c] as const))("case %i", (_, one) => {
    const ns = router();
    apply(ns, [{ op: "ipset-restore", text: one.ipsets, exist: true }]);
    expect(rows(ipsetCommand(ns, ["save"]).stdout)).toEqual(rows(one.before));
    const backend = ns.xt.backend(kind);
    expect(backend.restore(one.rules)).toBeNull();
    for (const { host, frame } of one.steps) {
      const dev = ns.world.namespaces.get(host)?.devices.byName("eth0");
      if (dev === undefined) throw new Error(host);
      packetSend(dev, fromHex(frame));
    }
    expect(counted(backend.save({ counters: true, bare: true }).split("\n"))).toEqual(counted(one.counters));
    expect(rows(ipsetCommand(ns, ["save"]).stdout)).toEqual(rows(one.after));
    expect(ipsetCommand(ns, ["destroy"]).exit).toBe(one.rules.includes("set ") ? 1 : 0);
    backend.restore(one.rules.replaceAll(/^-A.*\n/gm, ""));
    apply(ns, [
      { op: "ipset", args: ["flush"] },
      { op: "ipset", args: ["destroy"] },
    ]);
  });
});
