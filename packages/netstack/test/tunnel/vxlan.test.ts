import { expect, test } from "vitest";
import type { FdbOp } from "../../src/rtnl/fdb.ts";
import { applyFdbOp, dumpFdb } from "../../src/rtnl/fdb.ts";
import { dumpLinks } from "../../src/rtnl/link-dump.ts";
import { printFdb } from "../../src/rtnl/print-fdb.ts";
import { printLink } from "../../src/rtnl/print-link.ts";
import { applyNeighOp } from "../../src/rtnl/neigh.ts";
import { flowKey, ipRouteOutput } from "../../src/ipv4/route.ts";
import { udpOpen } from "../../src/sock/udp.ts";
import { vxlanOf } from "../../src/tunnel/vxlan.ts";
import { getU16, getU32 } from "../../src/wire/bytes.ts";
import { ipFragOff, ipTos, ipTtl } from "../../src/wire/ipv4-fields.ts";
import { ALL, Capture, ETH_P_TEST, frame, HOST, Lab } from "../dev/lab.ts";
import { address, endpoints, ip, ipFrame } from "../dev/ip-frame.ts";

const VTEP = (i: number): string => `02:00:00:00:01:0${i}`;

/** Nodes n1…n3 on one segment, eth0 192.168.0.i, vx0 with VNI 1 and MAC VTEP(i); no remotes. */
function tunnelLab(
  spec: {
    learning?: boolean;
    udpCsum?: boolean;
    ttl?: number;
    df?: "set" | "inherit";
    remote?: string;
    dev?: string;
  } = {},
): Lab {
  const lab = new Lab();
  for (const i of [1, 2, 3]) {
    const ns = `n${i}`;
    lab.apply(ns, { op: "link-add", name: "eth0", address: HOST(i), link: { type: "nic", segment: "lan" } });
    lab.up(ns, "eth0");
    address(lab, ns, "eth0", `192.168.0.${i}`, 24);
    lab.apply(ns, {
      op: "link-add",
      name: "vx0",
      address: VTEP(i),
      link: { type: "vxlan", id: 1, dstport: 8472, local: `192.168.0.${i}`, ...spec },
    });
    lab.up(ns, "vx0");
    for (const j of [1, 2, 3]) {
      if (j !== i)
        applyNeighOp(lab.ns(ns), {
          op: "neigh-add",
          dev: "eth0",
          dst: `192.168.0.${j}`,
          lladdr: HOST(j),
          nud: "permanent",
        });
    }
    lab.ns(ns).packetTypes.set(ETH_P_TEST, () => undefined);
  }
  return lab;
}

function fdb(lab: Lab, ns: string, op: FdbOp): string {
  return applyFdbOp(lab.ns(ns), op)?.message ?? "";
}

const toward = (mac: string, dst: string): FdbOp => ({ op: "fdb-append", dev: "vx0", mac, dst, state: "permanent" });
/** Drops, but for what the third node does not take when the switch floods. */
const dropped = (lab: Lab): string[] => lab.drops.filter((d) => d !== "OTHERHOST@ip_rcv_core");
const rows = (lab: Lab, ns: string): string[] =>
  dumpFdb(lab.ns(ns), { dev: "vx0" }).map((r) => printFdb(r, { dev: true }));

test("R4.9: the outer headers", () => {
  const lab = tunnelLab({ learning: false, udpCsum: false });
  fdb(lab, "n1", toward(VTEP(2), "192.168.0.2"));
  const wire = new Capture(lab.dev("n1", "eth0"));
  lab.send("n1", "vx0", ipFrame(VTEP(2), VTEP(1), { src: "10.0.1.1", dst: "10.0.2.1", tos: 0xb9, ttl: 5 }));
  const b = wire.frames[0] as Uint8Array;
  expect(wire.lines).toEqual([`eth0:out ${HOST(2)}<${HOST(1)}`]);
  expect(endpoints(b, 14)).toBe("192.168.0.1>192.168.0.2");
  expect({
    ttl: ipTtl(b, 14),
    tos: ipTos(b, 14),
    frag: ipFragOff(b, 14),
    dport: getU16(b, 36),
    csum: getU16(b, 40),
    len: getU16(b, 38),
  }).toEqual({ ttl: 64, tos: 1, frag: 0, dport: 8472, csum: 0, len: 16 + 14 + 32 });
  expect(getU16(b, 18)).not.toBe(0);
  expect([getU32(b, 42), getU32(b, 46)]).toEqual([0x08000000, 0x100]);
  expect(endpoints(b, 50 + 14)).toBe("10.0.1.1>10.0.2.1");
});

test("R4.13: the inner frame comes out of the other side's device", () => {
  const lab = tunnelLab({ learning: false });
  fdb(lab, "n1", toward(VTEP(2), "192.168.0.2"));
  const got: (string | undefined)[] = [];
  lab.ns("n2").packetTypes.set(ETH_P_TEST, (pkt) => got.push(pkt.dev?.name, String(pkt.pktType)));
  lab.send("n1", "vx0", frame(VTEP(2), VTEP(1)));
  expect(got).toEqual(["vx0", "0"]);
  expect([lab.dev("n1", "vx0").txPackets, lab.dev("n2", "vx0").rxPackets]).toEqual([1, 1]);
});

test.each([
  { spec: { ttl: 12 }, inner: 0x4000, ttl: 12, df: 0 },
  { spec: { df: "set" }, inner: 0, ttl: 64, df: 0x4000 },
  { spec: { df: "inherit" }, inner: 0x4000, ttl: 64, df: 0x4000 },
  { spec: { df: "inherit" }, inner: 0, ttl: 64, df: 0 },
] as const)("options: $spec", ({ spec, inner, ttl, df }) => {
  const lab = tunnelLab(spec);
  fdb(lab, "n1", toward(VTEP(2), "192.168.0.2"));
  const wire = new Capture(lab.dev("n1", "eth0"));
  lab.send("n1", "vx0", ipFrame(VTEP(2), VTEP(1), { src: "10.0.1.1", dst: "10.0.2.1", frag: inner }));
  const b = wire.frames[0] as Uint8Array;
  expect([ipTtl(b, 14), ipFragOff(b, 14)]).toEqual([ttl, df]);
});

test("R4.7: no entry, no packet", () => {
  const lab = tunnelLab();
  lab.send("n1", "vx0", frame(VTEP(9), VTEP(1)));
  expect(dropped(lab)).toEqual(["NO_TX_TARGET@vxlan_xmit"]);
  expect(lab.dev("n1", "vx0").txDropped).toBe(1);
});

test("R4.7: the all-zeros row takes what has no row; further remotes first, the first last", () => {
  const lab = tunnelLab({ learning: false });
  fdb(lab, "n1", toward("00:00:00:00:00:00", "192.168.0.2"));
  fdb(lab, "n1", toward("00:00:00:00:00:00", "192.168.0.3"));
  const wire = new Capture(lab.dev("n1", "eth0"));
  lab.send("n1", "vx0", frame(ALL, VTEP(1)));
  expect(wire.lines).toEqual([`eth0:out ${HOST(3)}<${HOST(1)}`, `eth0:out ${HOST(2)}<${HOST(1)}`]);
});

test("R4.14: learned from what comes in, gone after 300 s", () => {
  const lab = tunnelLab();
  fdb(lab, "n1", toward("00:00:00:00:00:00", "192.168.0.2"));
  lab.send("n1", "vx0", frame(ALL, VTEP(7)));
  expect(rows(lab, "n2")).toEqual([`${VTEP(7)} dst 192.168.0.1 self `]);
  lab.world.clock.runUntil(300_000);
  expect(rows(lab, "n2")).toEqual([]);
});

test("a learned row moves; a permanent one stays and the frame is dropped", () => {
  const lab = tunnelLab();
  for (const n of ["n1", "n3"]) fdb(lab, n, toward("00:00:00:00:00:00", "192.168.0.2"));
  lab.send("n1", "vx0", frame(ALL, VTEP(7)));
  lab.send("n3", "vx0", frame(ALL, VTEP(7)));
  expect(rows(lab, "n2")).toEqual([`${VTEP(7)} dst 192.168.0.3 self `]);
  expect(lab.ns("n2").dmesg.map((l) => l.text)).toEqual([`vx0: ${VTEP(7)} migrated from 192.168.0.1 to 192.168.0.3`]);
  fdb(lab, "n2", toward(VTEP(8), "192.168.0.3"));
  lab.drops.length = 0;
  lab.send("n1", "vx0", frame(ALL, VTEP(8)));
  expect(dropped(lab)).toEqual(["VXLAN_ENTRY_EXISTS@vxlan_rcv"]);
});

test.each([
  { what: "another VNI", change: { at: 46, value: 0x200 }, reason: "VXLAN_VNI_NOT_FOUND" },
  { what: "no VNI flag", change: { at: 42, value: 0 }, reason: "VXLAN_INVALID_HDR" },
  { what: "a reserved flag", change: { at: 42, value: 0x88000000 }, reason: "VXLAN_INVALID_HDR" },
  { what: "a reserved byte", change: { at: 46, value: 0x101 }, reason: "VXLAN_INVALID_HDR" },
  { what: "the receiver's own MAC as inner source", change: { at: 50 + 8, value: 0x00000102 }, reason: "LOCAL_MAC" },
])("R4.13: refused: $what", ({ change, reason }) => {
  const lab = tunnelLab({ learning: false, udpCsum: false });
  fdb(lab, "n1", toward(VTEP(2), "192.168.0.2"));
  lab
    .dev("n1", "eth0")
    .taps.push(({ pkt }) => new DataView(pkt.buf.buffer).setUint32(pkt.mac + change.at, change.value));
  lab.send("n1", "vx0", frame(VTEP(2), VTEP(1)));
  expect(dropped(lab)).toEqual([`${reason}@vxlan_rcv`]);
});

test("a device that is down has closed its port", () => {
  const lab = tunnelLab({ learning: false });
  fdb(lab, "n1", toward(VTEP(2), "192.168.0.2"));
  lab.apply("n2", { op: "link-set", dev: "vx0", up: false });
  lab.send("n1", "vx0", frame(VTEP(2), VTEP(1)));
  expect(dropped(lab)).toEqual(["NO_SOCKET@__udp4_lib_rcv"]);
});

test("R4.15: no route, a route into itself, and a remote that is this host", () => {
  const lab = tunnelLab();
  fdb(lab, "n1", toward(VTEP(2), "172.16.0.1"));
  lab.send("n1", "vx0", frame(VTEP(2), VTEP(1)));
  address(lab, "n1", "vx0", "10.9.0.1", 24);
  fdb(lab, "n1", toward(VTEP(3), "10.9.0.2"));
  lab.send("n1", "vx0", frame(VTEP(3), VTEP(1)));
  fdb(lab, "n1", toward(VTEP(4), "192.168.0.1"));
  const vx0 = lab.dev("n1", "vx0");
  const seen = new Capture(vx0, lab.dev("n1", "eth0"));
  lab.send("n1", "vx0", frame(VTEP(4), VTEP(9)));
  expect(dropped(lab)).toEqual(["IP_OUTNOROUTES@vxlan_xmit_one", "IP_OUTNOROUTES@vxlan_xmit_one"]);
  expect(vx0.txErrors).toBe(2);
  expect(seen.take()).toEqual(["vx0:out", "vx0:in"]);
});

test("a remote that is this host: the device learns from itself, without any outer packet", () => {
  const lab = tunnelLab();
  fdb(lab, "n1", toward(VTEP(4), "192.168.0.1"));
  lab.send("n1", "vx0", frame(VTEP(4), VTEP(9)));
  expect(rows(lab, "n1")).toContain(`${VTEP(9)} dst 192.168.0.1 self `);
});

test("R4.16: an inner packet too long for the path: the outer is cut, and the inner route learns what would have fit", () => {
  const lab = tunnelLab({ learning: false });
  for (const i of [1, 2]) address(lab, `n${i}`, "vx0", `10.9.0.${i}`, 24);
  fdb(lab, "n1", toward(VTEP(2), "192.168.0.2"));
  applyNeighOp(lab.ns("n1"), { op: "neigh-add", dev: "vx0", dst: "10.9.0.2", lladdr: VTEP(2), nud: "permanent" });
  const mtu = (): number | string => {
    const route = ipRouteOutput(lab.ns("n1"), flowKey(ip("10.9.0.2")));
    return typeof route === "string" ? route : route.mtu;
  };
  expect(mtu()).toBe(1500);
  const seen = new Capture(lab.dev("n1", "eth0"), lab.dev("n2", "vx0"));
  udpOpen(lab.ns("n1"), {}).sendTo(new Uint8Array(1472), "10.9.0.2", 9);
  lab.world.softirq();
  expect(seen.frames.map((f) => f.length).slice(0, 2)).toEqual([1514, 84]);
  // Nobody listens at the other side: its answer follows.
  expect(seen.take().slice(0, 3)).toEqual(["eth0:out", "eth0:out", "vx0:in"]);
  expect(mtu()).toBe(1450);
});

test("a row without an address", () => {
  const lab = tunnelLab();
  fdb(lab, "n1", toward(VTEP(4), "192.168.0.2"));
  const entry = vxlanOf(lab.dev("n1", "vx0"))?.fdb.values().next().value;
  entry?.remotes.splice(0);
  lab.send("n1", "vx0", frame(VTEP(4), VTEP(1)));
  expect([lab.drops, lab.dev("n1", "vx0").txDropped]).toEqual([["NO_TX_TARGET@vxlan_xmit"], 1]);
});

test("R4.6: the lower device bounds the MTU", () => {
  const lab = tunnelLab({ dev: "eth0" });
  expect(lab.dev("n1", "vx0").mtu).toBe(1450);
  expect(lab.refused("n1", { op: "link-set", dev: "vx0", mtu: 1451 })).toBe("RTNETLINK answers: Invalid argument");
  expect(lab.refused("n1", { op: "link-set", dev: "vx0", mtu: 1400 })).toBe("accepted");
  expect(tunnelLab().dev("n1", "vx0").mtu).toBe(1500);
});

test("R4.8: a remote becomes the all-zeros row", () => {
  expect(rows(tunnelLab({ remote: "192.168.0.9", dev: "eth0" }), "n1")).toEqual([
    "00:00:00:00:00:00 dst 192.168.0.9 via eth0 self permanent",
  ]);
});

// Texts and effects of iproute2 6.1 on 6.18.
test("changing rows", () => {
  const lab = tunnelLab({ learning: false });
  const add = (mac: string, dst: string): FdbOp => ({ op: "fdb-add", dev: "vx0", mac, dst, state: "permanent" });
  expect(fdb(lab, "n1", add(VTEP(2), "10.0.0.1"))).toBe("");
  expect(fdb(lab, "n1", add(VTEP(2), "10.0.0.1"))).toBe("RTNETLINK answers: File exists");
  expect(fdb(lab, "n1", toward(VTEP(2), "10.0.0.2"))).toBe("");
  expect(fdb(lab, "n1", { op: "fdb-add", dev: "vx0", mac: VTEP(3), state: "permanent" })).toBe(
    "RTNETLINK answers: Invalid argument",
  );
  expect(fdb(lab, "n1", { op: "fdb-del", dev: "vx0", mac: VTEP(2), dst: "10.0.0.9" })).toBe("");
  expect(fdb(lab, "n1", { op: "fdb-del", dev: "vx0", mac: VTEP(9) })).toBe(
    "RTNETLINK answers: No such file or directory",
  );
  expect(rows(lab, "n1")).toEqual([`${VTEP(2)} dst 10.0.0.1 self permanent`]);
  expect(fdb(lab, "n1", { op: "fdb-replace", dev: "vx0", mac: VTEP(2), dst: "10.0.0.3", state: "static" })).toBe("");
  expect(rows(lab, "n1")).toEqual([`${VTEP(2)} dst 10.0.0.3 self static`]);
  expect(fdb(lab, "n1", { op: "fdb-del", dev: "vx0", mac: VTEP(2), dst: "10.0.0.3" })).toBe("");
  expect(rows(lab, "n1")).toEqual([]);
});

test.each([
  {
    link: { type: "vxlan", id: 1, dstport: 8472 },
    says: "Error: A VXLAN device with the specified VNI already exists.",
  },
  { link: { type: "vxlan", id: 99999999, dstport: 8472 }, says: 'Error: argument "99999999" is wrong: invalid id\n' },
  { link: { type: "vxlan", id: 2, dstport: 8472, dev: "eth9" }, says: 'Cannot find device "eth9"' },
  {
    link: { type: "vxlan", id: 2, dstport: 8472, remote: "239.1.1.1" },
    says: "a vxlan multicast group is not modelled",
  },
  { link: { type: "vxlan", id: 1, dstport: 4789 }, says: "accepted" },
] as const)("creation: $says", ({ link, says }) => {
  expect(tunnelLab().refused("n1", { op: "link-add", name: "vx1", link })).toBe(says);
});

test("two devices share one port; it is closed with the last", () => {
  const lab = tunnelLab({ learning: false });
  lab.apply("n2", { op: "link-add", name: "vx1", address: VTEP(5), link: { type: "vxlan", id: 2, dstport: 8472 } });
  lab.up("n2", "vx1");
  lab.apply("n2", { op: "link-set", dev: "vx0", up: false });
  lab.apply("n1", { op: "link-add", name: "vx1", address: VTEP(6), link: { type: "vxlan", id: 2, dstport: 8472 } });
  lab.up("n1", "vx1");
  fdb(lab, "n1", { op: "fdb-add", dev: "vx1", mac: VTEP(5), dst: "192.168.0.2", state: "permanent" });
  const seen = new Capture(lab.dev("n2", "vx1"));
  lab.send("n1", "vx1", frame(VTEP(5), VTEP(6)));
  expect(seen.take()).toEqual(["vx1:in"]);
  lab.apply("n2", { op: "link-del", dev: "vx1" });
  lab.drops.length = 0;
  lab.send("n1", "vx1", frame(VTEP(5), VTEP(6)));
  expect(dropped(lab)).toEqual(["NO_SOCKET@__udp4_lib_rcv"]);
});

test("R4.18: ip -d link", () => {
  const lab = tunnelLab({ dev: "eth0", learning: false });
  const row = dumpLinks(lab.ns("n1")).find((r) => r.ifname === "vx0");
  if (row === undefined) throw new Error("no vx0");
  const [head, , detail] = printLink(row, { version: "6.1", details: true }).split("\n");
  expect(head).toBe(
    "3: vx0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000",
  );
  expect(detail).toMatch(
    /^ {4}vxlan id 1 local 192.168.0.1 dev eth0 srcport 0 0 dstport 8472 nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx addrgenmode eui64 /,
  );
  expect(printLink(row, { version: "4.11", details: true, addr: true }).split("\n")[2]).toMatch(
    /^ {4}vxlan id 1 local 192.168.0.1 dev eth0 srcport 0 0 dstport 8472 nolearning ageing 300 udpcsum /,
  );
});
