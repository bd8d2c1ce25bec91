import { expect, test } from "vitest";
import { formatMac } from "../../src/addr/mac.ts";
import { dumpFdb } from "../../src/rtnl/fdb.ts";
import { dumpLinks } from "../../src/rtnl/link-dump.ts";
import { printBrctlShow, printBridgeLink, printLink } from "../../src/rtnl/print-link.ts";
import { Lab } from "../dev/lab.ts";

/** Bridge br0 and pairs p1…p3 whose own addresses end in 30, 20, 10; nothing is up. */
function lab3(): Lab {
  const lab = new Lab();
  lab.apply("a", { op: "link-add", name: "br0", link: { type: "bridge" } });
  for (const i of [1, 2, 3]) {
    lab.apply("a", {
      op: "link-add",
      name: `p${i}`,
      address: `02:00:00:00:00:${40 - 10 * i}`,
      link: { type: "veth", peer: { name: `q${i}` } },
    });
  }
  return lab;
}

const addr = (lab: Lab): string => formatMac(lab.dev("a", "br0").addr);
const master = (lab: Lab, dev: string, to: string | null): void => lab.apply("a", { op: "link-set", dev, master: to });

test("R3.12: the address is the lowest of the ports, zero without ports", () => {
  const lab = lab3();
  const random = addr(lab);
  expect(Number.parseInt(random.slice(0, 2), 16) & 3).toBe(2);
  master(lab, "p1", "br0");
  expect(addr(lab)).toBe("02:00:00:00:00:30");
  master(lab, "p3", "br0");
  master(lab, "p2", "br0");
  expect(addr(lab)).toBe("02:00:00:00:00:10");
  master(lab, "p3", null);
  expect(addr(lab)).toBe("02:00:00:00:00:20");
  master(lab, "p2", null);
  master(lab, "p1", null);
  expect(addr(lab)).toBe("00:00:00:00:00:00");
});

test("R3.12: a port's new address counts; an address given by hand stays", () => {
  const lab = lab3();
  master(lab, "p1", "br0");
  lab.apply("a", { op: "link-set", dev: "p1", address: "02:00:00:00:00:05" });
  expect(addr(lab)).toBe("02:00:00:00:00:05");
  lab.apply("a", { op: "link-set", dev: "br0", address: "02:00:00:00:00:99" });
  master(lab, "p3", "br0");
  expect(addr(lab)).toBe("02:00:00:00:00:99");
  master(lab, "p1", null);
  master(lab, "p3", null);
  expect(addr(lab)).toBe("02:00:00:00:00:99");
});

test("local rows follow the addresses", () => {
  const lab = lab3();
  const rows = (): string[] => dumpFdb(lab.ns("a")).map((r) => `${r.mac} ${r.ifname} ${r.state}`);
  expect(rows()).toEqual([`${addr(lab)} br0 permanent`]);
  master(lab, "p1", "br0");
  expect(rows()).toEqual(["02:00:00:00:00:30 p1 permanent"]);
  lab.apply("a", { op: "link-set", dev: "br0", address: "02:00:00:00:00:77" });
  expect(rows()).toEqual(["02:00:00:00:00:77 br0 permanent", "02:00:00:00:00:30 p1 permanent"]);
  lab.apply("a", { op: "link-set", dev: "p1", address: "02:00:00:00:00:31" });
  expect(rows()).toEqual(["02:00:00:00:00:77 br0 permanent", "02:00:00:00:00:31 p1 permanent"]);
});

test("R3.13: the MTU is the smallest of the ports until it is set by hand", () => {
  const lab = lab3();
  const mtu = (): number => lab.dev("a", "br0").mtu;
  lab.apply("a", { op: "link-set", dev: "p1", mtu: 1400 });
  master(lab, "p1", "br0");
  expect(mtu()).toBe(1400);
  lab.apply("a", { op: "link-set", dev: "p1", mtu: 1450 });
  expect(mtu()).toBe(1450);
  master(lab, "p1", null);
  expect(mtu()).toBe(1500);
  lab.apply("a", { op: "link-set", dev: "br0", mtu: 1300 });
  master(lab, "p1", "br0");
  expect(mtu()).toBe(1300);
});

test("R3.14: UNKNOWN while no port was there, then as the ports are", () => {
  const lab = lab3();
  const head = (): string => {
    const row = dumpLinks(lab.ns("a")).find((r) => r.ifname === "br0");
    return row === undefined ? "" : `${row.flags.join(",")} ${row.operstate}`;
  };
  expect(head()).toBe("BROADCAST,MULTICAST DOWN");
  lab.up("a", "br0");
  expect(head()).toBe("BROADCAST,MULTICAST,UP,LOWER_UP UNKNOWN");
  master(lab, "p1", "br0");
  expect(head()).toBe("NO-CARRIER,BROADCAST,MULTICAST,UP DOWN");
  lab.up("a", "p1");
  expect(head()).toBe("NO-CARRIER,BROADCAST,MULTICAST,UP DOWN");
  lab.up("a", "q1");
  expect(head()).toBe("BROADCAST,MULTICAST,UP,LOWER_UP UP");
  master(lab, "p1", null);
  expect(head()).toBe("NO-CARRIER,BROADCAST,MULTICAST,UP DOWN");
});

test("deleting a bridge releases its ports", () => {
  const lab = lab3();
  master(lab, "p1", "br0");
  lab.apply("a", { op: "link-del", dev: "br0" });
  const p1 = lab.dev("a", "p1");
  expect([p1.master, p1.rxHandler, p1.promisc]).toEqual([null, null, 0]);
});

test("brctl show", () => {
  const lab = lab3();
  lab.apply("a", { op: "link-add", name: "docker0", address: "02:42:0a:eb:de:a5", link: { type: "bridge" } });
  lab.apply("a", { op: "link-set", dev: "br0", address: "0a:58:0a:01:04:01" });
  master(lab, "p3", "br0");
  master(lab, "p1", "br0");
  expect(printBrctlShow(dumpLinks(lab.ns("a")))).toBe(
    "bridge name\tbridge id\t\tSTP enabled\tinterfaces\n" +
      "br0\t\t8000.0a580a010401\tno\t\tp1\n\t\t\t\t\t\t\tp3\n" +
      "docker0\t\t8000.02420aebdea5\tno\t\t\n",
  );
});

function printed(lab: Lab, name: string, version: string): string {
  const row = dumpLinks(lab.ns("a")).find((r) => r.ifname === name);
  return row === undefined ? "" : printLink(row, { version, details: true, addr: true });
}

test("ip -d addr of a port and its bridge, iproute2 of 2017 on 3.10 and 6.1 on 6.18", () => {
  const old = new Lab("3.10");
  old.apply("a", { op: "link-add", name: "cni0", address: "0a:58:0a:01:04:01", mtu: 1450, link: { type: "bridge" } });
  old.up("a", "cni0");
  old.pair("a", "veth0", "pod", "eth0");
  old.apply("a", {
    op: "link-set",
    dev: "veth0",
    address: "de:56:b4:74:4e:b1",
    mtu: 1450,
    master: "cni0",
    hairpin: true,
  });
  expect(printed(old, "veth0", "4.11").split("\n")).toEqual([
    "3: veth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue master cni0 state UP group default ",
    "    link/ether de:56:b4:74:4e:b1 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 1 ",
    "    veth ",
    "    bridge_slave state forwarding priority 32 cost 2 hairpin on guard off root_block off fastleave off learning on flood on port_id 0x8001 port_no 0x1 designated_port 32769 designated_cost 0 designated_bridge 8000.a:58:a:1:4:1 designated_root 8000.a:58:a:1:4:1 hold_timer    0.00 message_age_timer    0.00 forward_delay_timer    0.00 topology_change_ack 0 config_pending 0 proxy_arp off proxy_arp_wifi off mcast_router 1 mcast_fast_leave off mcast_flood on numtxqueues 1 numrxqueues 1 gso_max_size 65536 gso_max_segs 65535 ",
  ]);
  expect(printed(old, "cni0", "4.11").split("\n")).toEqual([
    "2: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP group default qlen 1000",
    "    link/ether 0a:58:0a:01:04:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 ",
    "    bridge forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 stp_state 0 priority 32768 vlan_filtering 0 vlan_protocol 802.1Q bridge_id 8000.a:58:a:1:4:1 designated_root 8000.a:58:a:1:4:1 root_port 0 root_path_cost 0 topology_change 0 topology_change_detected 0 hello_timer    0.00 tcn_timer    0.00 topology_change_timer    0.00 gc_timer    0.00 vlan_default_pvid 1 vlan_stats_enabled 0 group_fwd_mask 0 group_address 01:80:c2:00:00:00 mcast_snooping 1 mcast_router 1 mcast_query_use_ifaddr 0 mcast_querier 0 mcast_hash_elasticity 4 mcast_hash_max 512 mcast_last_member_count 2 mcast_startup_query_count 2 mcast_last_member_interval 100 mcast_membership_interval 26000 mcast_querier_interval 25500 mcast_query_interval 12500 mcast_query_response_interval 1000 mcast_startup_query_interval 3125 mcast_stats_enabled 0 mcast_igmp_version 2 mcast_mld_version 1 nf_call_iptables 0 nf_call_ip6tables 0 nf_call_arptables 0 numtxqueues 1 numrxqueues 1 gso_max_size 65536 gso_max_segs 65535 ",
  ]);
  expect(
    printLink(dumpLinks(old.ns("pod")).find((r) => r.ifname === "eth0") ?? fail(), { version: "busybox", addr: true }),
  ).toMatch(
    /^2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue state UP \n {4}link\/ether [0-9a-f:]{17} brd ff:ff:ff:ff:ff:ff$/,
  );
});

function fail(): never {
  throw new Error("no such link");
}

test("ip link and bridge link of iproute2 6.1", () => {
  const lab = lab3();
  lab.up("a", "br0", "p1", "q1");
  master(lab, "p1", "br0");
  const rows = dumpLinks(lab.ns("a"));
  const p1 = rows.find((r) => r.ifname === "p1") ?? fail();
  expect(printLink(p1, { version: "6.1" })).toBe(
    "4: p1@q1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP mode DEFAULT group default qlen 1000\n    link/ether 02:00:00:00:00:30 brd ff:ff:ff:ff:ff:ff",
  );
  expect(printBridgeLink(p1, { version: "6.1" })).toBe(
    "4: p1@q1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2 ",
  );
  const q2 = rows.find((r) => r.ifname === "q2") ?? fail();
  expect(printLink(q2, { version: "6.1" }).split(" mtu")[0]).toBe("5: q2@p2: <BROADCAST,MULTICAST,M-DOWN>");
});

test("a bridge that is given an address looks at its ports: with none it has no carrier; untouched it is UNKNOWN", () => {
  const lab = new Lab();
  lab.apply(
    "a",
    { op: "link-add", name: "br0", link: { type: "bridge" } },
    { op: "link-add", name: "br1", link: { type: "bridge" }, address: "02:42:0a:eb:de:a5" },
    { op: "link-add", name: "br2", link: { type: "bridge" } },
    ...["br0", "br1", "br2"].map((dev) => ({ op: "link-set", dev, up: true }) as const),
    { op: "link-set", dev: "br2", address: "02:42:0a:eb:de:a6" },
  );
  const states = dumpLinks(lab.ns("a"))
    .filter(({ ifname }) => ifname.startsWith("br"))
    .map((row) => `${row.ifname} ${row.operstate} ${row.flags.includes("NO-CARRIER")}`);
  expect(states).toEqual(["br0 UNKNOWN false", "br1 DOWN true", "br2 DOWN true"]);
});

test("a queue length that was asked for is listed, and none at 0", () => {
  const lab = new Lab();
  lab.apply(
    "a",
    { op: "link-add", name: "br0", link: { type: "bridge" }, txqueuelen: 0 },
    { op: "link-add", name: "br1", link: { type: "bridge" } },
  );
  const rows = dumpLinks(lab.ns("a")).filter(({ ifname }) => ifname.startsWith("br"));
  expect(rows.map((row) => row.txqlen)).toEqual([0, 1000]);
  expect(rows.map((row) => printLink(row, { version: "4.11" }).split("\n")[0]?.endsWith("qlen 1000"))).toEqual([
    false,
    true,
  ]);
});
