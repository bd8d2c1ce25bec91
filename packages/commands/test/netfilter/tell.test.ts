// Whatever is typed, who looks on is told of the change as the operation that would have made it.
import { applyBatch } from "@kubehop/netstack";
import type { ConfigOp } from "@kubehop/netstack";
import { beforeEach, describe, expect, it } from "vitest";
import { Town } from "../support/town.ts";

let told: { readonly ns: string; readonly op: ConfigOp; readonly refused: boolean }[];
let town: Town;

beforeEach(() => {
  town = new Town();
  told = [];
  town.world.recorder = {
    config: (ns, op, refused) => void told.push({ ns: ns.name, op, refused }),
    netnsGone: () => undefined,
    drawn: () => undefined,
    natDrew: () => undefined,
  };
});

function typed(line: string): readonly ConfigOp[] {
  town.run(town.node, line);
  return told.map(({ op }) => op);
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
      {
        op: "iptables-restore",
        text: "*filter\nCOMMIT\n",
        backend: "nft",
        noflush: true,
        counters: false,
        test: false,
      },
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
    expect(told.map(({ ns, refused }) => [ns, refused])).toEqual([["node1", false]]);
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

  it.each(["iptables -A NOWHERE -j DROP", "ip link set nowhere up", "ipset add nowhere 10.0.0.1"])(
    "%s is told with its refusal",
    (line) => {
      expect(typed(line)).toHaveLength(1);
      expect(told[0]?.refused).toBe(true);
    },
  );
});
