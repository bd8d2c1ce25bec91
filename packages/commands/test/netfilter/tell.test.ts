// Whatever is typed, who looks on is told of the change as a batch that would have made it.
import { applyBatch, NetNamespace, World } from "@kubehop/netstack";
import type { ConfigOp } from "@kubehop/netstack";
import { beforeEach, describe, expect, it } from "vitest";
import { Town } from "../support/town.ts";

let told: { readonly ns: string; readonly ops: readonly ConfigOp[]; readonly error: string | undefined }[];
let town: Town;

beforeEach(() => {
  town = new Town();
  told = [];
  town.world.onBatch = (ns, { ops }, error) => {
    told.push({ ns: ns.name, ops, error: error?.message });
  };
});

function typed(line: string): readonly ConfigOp[] {
  town.run(town.node, line);
  return told.flatMap(({ ops }) => ops);
}

describe("a change that is typed", () => {
  it.each([
    ["ip link set br0 mtu 1400", { op: "link-set", dev: "br0", mtu: 1400 }],
    ["sysctl -w net.ipv4.ip_forward=0", { op: "sysctl", key: "net.ipv4.ip_forward", value: "0" }],
    ["echo 0 > /proc/sys/net/ipv4/ip_forward", { op: "sysctl", key: "net.ipv4.ip_forward", value: "0" }],
    ["iptables -A INPUT -j DROP", { op: "iptables", args: ["-A", "INPUT", "-j", "DROP"], backend: "nft" }],
    ["iptables-legacy -P INPUT DROP", { op: "iptables", args: ["-P", "INPUT", "DROP"], backend: "legacy" }],
    [
      "iptables-restore -n <<EOF\n*filter\nCOMMIT\nEOF",
      { op: "iptables-restore", text: "*filter\nCOMMIT\n", backend: "nft", noflush: true },
    ],
    ["ipset create web hash:ip", { op: "ipset", args: ["create", "web", "hash:ip"] }],
    [
      "ipset restore -exist <<< 'create web hash:ip'",
      { op: "ipset-restore", text: "create web hash:ip\n", exist: true },
    ],
    ["conntrack -F", { op: "conntrack", args: ["-F"] }],
    ["modprobe br_netfilter", { op: "modprobe", module: "br_netfilter", remove: false }],
    ["ip link add d0 txqueuelen 5 type dummy", { op: "link-add", name: "d0", txqueuelen: 5, link: { type: "dummy" } }],
  ] as const)("%s", (line, op) => {
    expect(typed(line)).toEqual([op]);
    expect(told.map(({ ns, error }) => [ns, error])).toEqual([["node1", undefined]]);
    // It is the same through the door.
    const other = new Town();
    expect(applyBatch(other.node, { agent: "test", ops: [op] })).toBeNull();
  });

  it.each(["iptables -S", "iptables -t nat -L", "ipset list", "conntrack -L", "sysctl net.ipv4.ip_forward", "ip addr"])(
    "%s changes nothing",
    (line) => {
      expect(typed(line)).toEqual([]);
    },
  );

  it.each([
    ["iptables -A NOWHERE -j DROP", "iptables"],
    ["ip link set nowhere up", "Cannot find device"],
    ["ipset add nowhere 10.0.0.1", "ipset"],
  ])("%s is told with its refusal", (line, words) => {
    expect(typed(line)).toHaveLength(1);
    expect(told[0]?.error).toContain(words);
  });

  it("is told when it has been made", () => {
    const world = new World();
    const ns = new NetNamespace(world, "a");
    world.onBatch = (where) => void told.push({ ns: "a", ops: [], error: where.sysctl.get("net.ipv4.ip_forward") });
    applyBatch(ns, { agent: "test", ops: [{ op: "sysctl", key: "net.ipv4.ip_forward", value: "1" }] });
    expect(told.map(({ error }) => error)).toEqual(["1"]);
  });
});
