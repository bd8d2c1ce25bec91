// Random rule sets on a router with three hosts, recorded on Linux 6.18: the conntrack events of every packet, with tuples,
// status bits and states, must come out the same. Frames and rule counters are compared by the tests of xtables.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { formatIpv4 } from "../../../src/addr/ipv4.ts";
import type { Conntrack } from "../../../src/netfilter/conntrack/conntrack.ts";
import { conntrackRow } from "../../../src/netfilter/conntrack/dump.ts";
import { IPCT_PROTOINFO } from "../../../src/netfilter/conntrack/events.ts";
import type { Tuple } from "../../../src/netfilter/conntrack/tuple.ts";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";
import { applyBatch } from "../../../src/rtnl/apply.ts";
import type { ConfigOp } from "../../../src/rtnl/batch.ts";
import { packetSend } from "../../../src/sock/packet-socket.ts";
import { fromHex } from "../../../src/wire/bytes.ts";

interface RecordedTuple {
  readonly src: string;
  readonly dst: string;
  readonly proto: string | number;
  readonly [field: string]: string | number;
}
interface RecordedEvent {
  readonly ev: string;
  readonly orig: RecordedTuple;
  readonly reply: RecordedTuple;
  readonly status?: readonly string[];
  readonly mark?: number;
  readonly tcp?: string;
}
interface Step {
  readonly host: string;
  readonly frame: string;
  readonly ct: readonly RecordedEvent[];
}
interface Case {
  readonly rules: string;
  readonly steps: readonly Step[];
}
interface Recording {
  readonly hosts: Readonly<Record<string, readonly [string, string]>>;
  readonly host_mac: Readonly<Record<string, string>>;
  readonly router_mac: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
}

const FILE = new URL("../xtables/data/rulefuzz.json.gz", import.meta.url);
const recording = JSON.parse(gunzipSync(readFileSync(FILE)).toString()) as Recording;
const PROTOCOLS: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp" };

function sysctl(key: string, value: string): ConfigOp {
  return { op: "sysctl", key, value };
}

/** Router R with eA, eB, eC and its hosts, which say nothing. */
function buildWorld(): { world: World; router: NetNamespace; hosts: ReadonlyMap<string, NetNamespace> } {
  const world = new World(1);
  const apply = (ns: NetNamespace, ops: ConfigOp[]): void => {
    const error = applyBatch(ns, { agent: "test", ops });
    if (error !== null) throw new Error(error.message);
  };
  const router = new NetNamespace(world, "R");
  apply(router, [
    sysctl("net.ipv4.ip_forward", "1"),
    sysctl("net.ipv4.icmp_ratelimit", "0"),
    sysctl("net.ipv4.icmp_msgs_per_sec", "100000"),
    sysctl("net.ipv4.icmp_msgs_burst", "10000"),
    sysctl("net.ipv4.conf.all.send_redirects", "0"),
    sysctl("net.ipv4.conf.default.send_redirects", "0"),
    { op: "link-set", dev: "lo", up: true },
  ]);
  const hosts = new Map<string, NetNamespace>();
  for (const [name, [addr, gateway]] of Object.entries(recording.hosts)) {
    const host = new NetNamespace(world, name);
    hosts.set(name, host);
    const [mac = "", routerMac = ""] = [recording.host_mac[name], recording.router_mac[name]];
    const dev = `e${name}`;
    apply(router, [
      {
        op: "link-add",
        name: dev,
        address: routerMac,
        link: { type: "veth", peer: { name: "eth0", netns: name, address: mac } },
      },
      { op: "addr-add", dev, local: `${gateway}/16` },
      { op: "link-set", dev, up: true },
    ]);
    apply(host, [
      { op: "link-set", dev: "lo", up: true },
      { op: "addr-add", dev: "eth0", local: `${addr}/16` },
      { op: "link-set", dev: "eth0", up: true },
      { op: "neigh-replace", dev: "eth0", dst: gateway, lladdr: routerMac, nud: "permanent" },
    ]);
    apply(router, [
      { op: "neigh-replace", dev, dst: addr, lladdr: mac, nud: "permanent" },
      sysctl(`net.ipv4.conf.${dev}.send_redirects`, "0"),
    ]);
    host.mute = true;
  }
  apply(router, [{ op: "route-add", dst: "default", via: recording.hosts["C"]?.[0] ?? "" }]);
  return { world, router, hosts };
}

function tupleFields(t: Tuple): RecordedTuple {
  const base = { src: formatIpv4(t.src), dst: formatIpv4(t.dst), proto: PROTOCOLS[t.proto] ?? t.proto };
  return t.proto === 1
    ? { ...base, id: t.sport, type: t.dport >>> 8, code: t.dport & 255 }
    : { ...base, sport: t.sport, dport: t.dport };
}

function eventOf(ev: string, ct: Conntrack, withState: boolean): RecordedEvent {
  const row = conntrackRow(ct);
  const state = row.tcp === undefined || !withState ? {} : { tcp: row.tcp };
  return {
    ev,
    orig: tupleFields(row.orig),
    reply: tupleFields(row.reply),
    status: row.status,
    mark: row.mark,
    ...state,
  };
}

/** Without what the recording leaves open: an unset mark, and whether a dying entry is called so. */
function plainEvent({ mark, status = [], ...rest }: RecordedEvent): unknown {
  const { use: _use, ...known } = { use: 0, ...rest };
  return {
    ...known,
    status: status.filter((word) => word !== "DYING"),
    ...(mark === undefined || mark === 0 ? {} : { mark }),
  };
}

function replay(testCase: Case): void {
  const { world, router, hosts } = buildWorld();
  expect(applyBatch(router, { agent: "test", ops: [{ op: "iptables-restore", text: testCase.rules }] })).toBeNull();
  let events: RecordedEvent[] = [];
  router.ct.listen({
    new: (ct) => events.push(eventOf("NEW", ct, true)),
    update: (ct, mask) => events.push(eventOf("UPDATE", ct, (mask & IPCT_PROTOINFO) !== 0)),
    destroy: (ct) => events.push(eventOf("DESTROY", ct, true)),
  });
  for (const [i, step] of testCase.steps.entries()) {
    events = [];
    const dev = hosts.get(step.host)?.devices.byName("eth0");
    if (dev === undefined) throw new Error(`no host ${step.host}`);
    packetSend(dev, fromHex(step.frame));
    world.softirq();
    expect({ i, ct: events.map(plainEvent) }).toEqual({ i, ct: step.ct.map(plainEvent) });
  }
}

test("events of all recorded rule sets", () => {
  expect(recording.cases).toHaveLength(400);
  for (const [i, testCase] of recording.cases.entries()) {
    try {
      replay(testCase);
    } catch (err) {
      throw new Error(`rule set ${i}`, { cause: err });
    }
  }
}, 60_000);
