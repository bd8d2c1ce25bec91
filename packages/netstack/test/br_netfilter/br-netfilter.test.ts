import { expect, test } from "vitest";
import { bridgeOf } from "../../src/bridge/bridge.ts";
import type { HookNum, HookState, NfProto } from "../../src/netfilter/hooks.ts";
import {
  HOOK_NAMES,
  NF_ACCEPT,
  NF_DROP,
  NF_INET_PRE_ROUTING,
  NFPROTO_BRIDGE,
  NFPROTO_IPV4,
} from "../../src/netfilter/hooks.ts";
import type { KernelVersion } from "../../src/netns/flavour.ts";
import { applyNeighOp } from "../../src/rtnl/neigh.ts";
import type { Packet } from "../../src/skb/packet.ts";
import { setU32 } from "../../src/wire/bytes.ts";
import { ipDaddr, ipFragOff, ipSendCheck, ipTtl } from "../../src/wire/ipv4-fields.ts";
import { ALL, bridgeLab, Capture, frame, HOST } from "../dev/lab.ts";
import type { Lab } from "../dev/lab.ts";
import type { UdpPacket } from "../dev/ip-frame.ts";
import { address, ip, ipFrame } from "../dev/ip-frame.ts";

const BR = "02:00:00:00:00:ff";
const P: UdpPacket = { src: "10.0.0.1", dst: "10.0.0.2" };

/** Bridge with three hosts 10.0.0.1-3 whose addresses it has learned, br0 10.0.0.254/24, uplink up0 192.168.0.1/24, module loaded; IP hooks are logged. */
function netfilterLab(options: { forward?: boolean; kernel?: KernelVersion } = {}): { lab: Lab; log: string[] } {
  const lab = bridgeLab(3, options.kernel ?? "6.18");
  const sw = lab.ns("sw");
  lab.apply("sw", { op: "link-set", dev: "br0", address: BR });
  address(lab, "sw", "br0", "10.0.0.254", 24);
  lab.pair("sw", "up0", "out", "e0", HOST(9));
  address(lab, "sw", "up0", "192.168.0.1", 24);
  for (let i = 1; i <= 3; i++) {
    lab.ns(`h${i}`).mute = true;
    lab.send(`h${i}`, "e0", frame(BR, HOST(i)));
    applyNeighOp(sw, { op: "neigh-add", dev: "br0", dst: `10.0.0.${i}`, lladdr: HOST(i), nud: "permanent" });
  }
  lab.ns("out").mute = true;
  applyNeighOp(sw, { op: "neigh-add", dev: "up0", dst: "192.168.0.9", lladdr: HOST(9), nud: "permanent" });
  if (options.forward !== false) sw.sysctl.set("net.ipv4.ip_forward", "1");
  sw.modules.load("br_netfilter");
  const log: string[] = [];
  for (const hook of [0, 1, 2, 3, 4] as const)
    addHook(lab, NFPROTO_IPV4, hook, -150, (state, pkt) => note(log, state, pkt));
  lab.drops.length = 0;
  return { lab, log };
}

function note(log: string[], state: HookState, pkt: Packet): typeof NF_ACCEPT {
  const phys = `${pkt.nfBridge?.physindev?.name ?? ""}>${pkt.nfBridge?.physoutdev?.name ?? ""}`;
  log.push(`${HOOK_NAMES[state.hook]} IN=${state.in?.name ?? ""} OUT=${state.out?.name ?? ""} ${phys}`);
  return NF_ACCEPT;
}

function addHook(
  lab: Lab,
  pf: NfProto,
  hook: HookNum,
  priority: number,
  fn: (state: HookState, pkt: Packet) => 0 | 1,
): void {
  lab.ns("sw").hooks.register({ name: "test", pf, hook, priority, fn });
}

/** DNAT without connection tracking. */
function dnat(lab: Lab, from: string, to: string): void {
  addHook(lab, NFPROTO_IPV4, NF_INET_PRE_ROUTING, -100, (_state, pkt) => {
    if (ipDaddr(pkt.buf, pkt.nh) === ip(from)) {
      setU32(pkt.buf, pkt.nh + 16, ip(to));
      ipSendCheck(pkt.buf, pkt.nh);
    }
    return NF_ACCEPT;
  });
}

function ports(lab: Lab): Capture {
  return new Capture(
    lab.dev("sw", "br0"),
    lab.dev("sw", "p1"),
    lab.dev("sw", "p2"),
    lab.dev("sw", "p3"),
    lab.dev("sw", "up0"),
  );
}

test("R3.23: a bridged frame passes PREROUTING, FORWARD and POSTROUTING with the bridge as IN and OUT", () => {
  const { lab, log } = netfilterLab();
  const seen = ports(lab);
  lab.send("h1", "e0", ipFrame(HOST(2), HOST(1), P));
  expect(log).toEqual(["PREROUTING IN=br0 OUT= p1>", "FORWARD IN=br0 OUT=br0 p1>p2", "POSTROUTING IN= OUT=br0 p1>p2"]);
  expect(seen.take()).toEqual(["p1:in", "p2:out"]);
});

test("R3.24: bridged, then local: PREROUTING once", () => {
  const { lab, log } = netfilterLab();
  lab.send("h1", "e0", ipFrame(BR, HOST(1), { ...P, dst: "10.0.0.254" }));
  expect(log.slice(0, 2)).toEqual(["PREROUTING IN=br0 OUT= p1>", "INPUT IN=br0 OUT= p1>"]);
});

test("R3.24: bridged, then routed: PREROUTING once, IP's own FORWARD and POSTROUTING, TTL one less", () => {
  const { lab, log } = netfilterLab();
  const wire = new Capture(lab.dev("sw", "up0"));
  lab.send("h1", "e0", ipFrame(BR, HOST(1), { ...P, dst: "192.168.0.9" }));
  expect(log).toEqual(["PREROUTING IN=br0 OUT= p1>", "FORWARD IN=br0 OUT=up0 p1>", "POSTROUTING IN=br0 OUT=up0 p1>"]);
  expect(ipTtl(wire.frames[0] as Uint8Array, 14)).toBe(63);
});

test("R3.19: off by sysctl, on again by the bridge's own option; the files come and go with the module", () => {
  const { lab, log } = netfilterLab();
  const sw = lab.ns("sw");
  expect(sw.sysctl.get("net.bridge.bridge-nf-call-iptables")).toBe("1");
  sw.sysctl.set("net.bridge.bridge-nf-call-iptables", "0");
  lab.send("h1", "e0", ipFrame(HOST(2), HOST(1), P));
  expect(log).toEqual([]);
  lab.apply("sw", { op: "link-set", dev: "br0", nfCallIptables: true });
  lab.send("h1", "e0", ipFrame(HOST(2), HOST(1), P));
  expect(log.length).toBe(3);
  sw.modules.unload("br_netfilter");
  expect(sw.sysctl.set("net.bridge.bridge-nf-call-iptables", "1")).toBe("ENOENT");
  lab.send("h1", "e0", ipFrame(HOST(2), HOST(1), P));
  expect(log.length).toBe(3);
});

test("without the module PREROUTING runs when the frame comes up, not for what is bridged", () => {
  const { lab, log } = netfilterLab();
  lab.ns("sw").modules.unload("br_netfilter");
  lab.send("h1", "e0", ipFrame(HOST(2), HOST(1), P));
  lab.send("h1", "e0", ipFrame(BR, HOST(1), { ...P, dst: "192.168.0.9" }));
  expect(log).toEqual(["PREROUTING IN=br0 OUT= >", "FORWARD IN=br0 OUT=up0 >", "POSTROUTING IN=br0 OUT=up0 >"]);
});

test("R3.22: DNAT to the same bridge: new destination MAC, source MAC and TTL stay; once the neighbour is warm the bridge device sees nothing", () => {
  const { lab, log } = netfilterLab();
  dnat(lab, "10.9.9.9", "10.0.0.2");
  const seen = ports(lab);
  const send = (): void => lab.send("h1", "e0", ipFrame(BR, HOST(1), { ...P, dst: "10.9.9.9", ttl: 1 }));
  send();
  expect(seen.lines).toEqual([`p1:in ${BR}<${HOST(1)}`, `br0:out ${HOST(2)}<${BR}`, `p2:out ${HOST(2)}<${HOST(1)}`]);
  expect(ipTtl(seen.frames[2] as Uint8Array, 14)).toBe(1);
  seen.take();
  send();
  expect(seen.lines).toEqual([`p1:in ${BR}<${HOST(1)}`, `p2:out ${HOST(2)}<${HOST(1)}`]);
  const once = ["PREROUTING IN=br0 OUT= p1>", "FORWARD IN=br0 OUT=br0 p1>p2", "POSTROUTING IN= OUT=br0 p1>p2"];
  expect(log).toEqual([...once, ...once]);
});

test("R3.22: an unresolved neighbour is asked for by the bridge, the frame waits and keeps its source MAC", () => {
  const { lab } = netfilterLab();
  applyNeighOp(lab.ns("sw"), { op: "neigh-del", dev: "br0", dst: "10.0.0.2" });
  address(lab, "h2", "e0", "10.0.0.2", 24);
  dnat(lab, "10.9.9.9", "10.0.0.2");
  const seen = new Capture(lab.dev("sw", "p2"));
  lab.send("h1", "e0", ipFrame(BR, HOST(1), { ...P, dst: "10.9.9.9" }));
  expect(seen.lines).toEqual([`p2:out ${ALL}<${BR}`, `p2:in ${BR}<${HOST(2)}`, `p2:out ${HOST(2)}<${HOST(1)}`]);
});

test("R3.22, R3.25: DNAT back to the sender needs hairpin", () => {
  const { lab } = netfilterLab();
  dnat(lab, "10.9.9.9", "10.0.0.1");
  const seen = ports(lab);
  lab.send("h1", "e0", ipFrame(BR, HOST(1), { ...P, dst: "10.9.9.9" }));
  expect(lab.drops).toEqual(["NOT_SPECIFIED@br_forward"]);
  seen.take();
  lab.apply("sw", { op: "link-set", dev: "p1", hairpin: true });
  lab.send("h1", "e0", ipFrame(BR, HOST(1), { ...P, dst: "10.9.9.9" }));
  expect(seen.lines).toEqual([`p1:in ${BR}<${HOST(1)}`, `p1:out ${HOST(1)}<${HOST(1)}`]);
});

test("R3.22: DNAT to elsewhere: the frame goes up, whatever MAC it was for", () => {
  const { lab, log } = netfilterLab();
  dnat(lab, "10.0.0.2", "192.168.0.9");
  const seen = ports(lab);
  lab.send("h1", "e0", ipFrame(HOST(2), HOST(1), P));
  expect(log).toEqual(["PREROUTING IN=br0 OUT= p1>", "FORWARD IN=br0 OUT=up0 p1>", "POSTROUTING IN=br0 OUT=up0 p1>"]);
  expect(seen.lines).toEqual([
    `p1:in ${HOST(2)}<${HOST(1)}`,
    `br0:in ${BR}<${HOST(1)}`,
    `up0:out ${HOST(9)}<${lab.frameMac("sw", "up0")}`,
  ]);
});

test.each([
  { kernel: "6.18", out: [] },
  { kernel: "4.9", out: ["p2:out"] },
] as const)("R3.22: bridged DNAT with forwarding off, kernel $kernel", ({ kernel, out }) => {
  const { lab } = netfilterLab({ forward: false, kernel });
  dnat(lab, "10.9.9.9", "10.0.0.2");
  const seen = ports(lab);
  lab.send("h1", "e0", ipFrame(BR, HOST(1), { ...P, dst: "10.9.9.9" }));
  expect(seen.take().filter((l) => l === "p2:out")).toEqual(out);
});

test.each([
  { what: "checksum", at: 24, value: 0xdead },
  { what: "version", at: 14, value: 0x6500 },
  { what: "header length", at: 14, value: 0x4400 },
  { what: "total length beyond the frame", at: 16, value: 0x00ff },
])("R3.21: bad $what is dropped in the bridge", ({ at, value }) => {
  const { lab, log } = netfilterLab();
  const bytes = ipFrame(HOST(2), HOST(1), P);
  new DataView(bytes.buffer).setUint16(at, value);
  lab.send("h1", "e0", bytes);
  expect([lab.drops, log]).toEqual([["IP_INHDR@br_nf_pre_routing"], []]);
});

test("padding is trimmed before the hooks", () => {
  const { lab } = netfilterLab();
  const padded = new Uint8Array(60);
  padded.set(ipFrame(HOST(2), HOST(1), P));
  const seen = new Capture(lab.dev("sw", "p2"));
  lab.send("h1", "e0", padded);
  expect(seen.frames[0]?.length).toBe(14 + 32);
});

test("R3.20: a tagged frame is looked at only when asked for", () => {
  const { lab, log } = netfilterLab();
  const plain = ipFrame(HOST(2), HOST(1), P);
  const tagged = new Uint8Array([...plain.slice(0, 12), 0x81, 0, 0, 5, ...plain.slice(12)]);
  lab.send("h1", "e0", tagged);
  expect(log).toEqual([]);
  lab.ns("sw").sysctl.set("net.bridge.bridge-nf-filter-vlan-tagged", "1");
  const seen = new Capture(lab.dev("sw", "p2"));
  lab.send("h1", "e0", tagged);
  expect(log.length).toBe(3);
  expect(seen.frames[0]).toEqual(tagged);
});

test("flooded copies have their own exit port; what goes up keeps none", () => {
  const { lab, log } = netfilterLab();
  lab.send("h1", "e0", ipFrame(ALL, HOST(1), { ...P, dst: "10.0.0.255" }));
  expect(log.filter((l) => !l.startsWith("OUTPUT"))).toEqual([
    "PREROUTING IN=br0 OUT= p1>",
    "FORWARD IN=br0 OUT=br0 p1>p3",
    "POSTROUTING IN= OUT=br0 p1>p3",
    "FORWARD IN=br0 OUT=br0 p1>p2",
    "POSTROUTING IN= OUT=br0 p1>p2",
    "INPUT IN=br0 OUT= p1>",
  ]);
});

test("the bridge's own hooks run around IP's, in order of priority", () => {
  const { lab, log } = netfilterLab();
  for (const [priority, word] of [
    [-200, "before"],
    [200, "behind"],
  ] as const) {
    addHook(lab, NFPROTO_BRIDGE, NF_INET_PRE_ROUTING, priority, (state) => {
      log.push(`bridge ${word} ${state.in?.name ?? ""}`);
      return NF_ACCEPT;
    });
  }
  lab.send("h1", "e0", ipFrame(HOST(2), HOST(1), P));
  expect(log.slice(0, 3)).toEqual(["bridge before p1", "PREROUTING IN=br0 OUT= p1>", "bridge behind p1"]);
});

test("a verdict in the bridge is final", () => {
  const { lab, log } = netfilterLab();
  addHook(lab, NFPROTO_IPV4, NF_INET_PRE_ROUTING, 0, () => NF_DROP);
  lab.send("h1", "e0", ipFrame(HOST(2), HOST(1), P));
  expect([log.length, lab.drops]).toEqual([1, ["NETFILTER_DROP@nf_hook_slow"]]);
});

test("the lent route does not outlive the bridge", () => {
  const { lab } = netfilterLab();
  const br = bridgeOf(lab.dev("sw", "br0"));
  const routes: boolean[] = [];
  addHook(lab, NFPROTO_IPV4, 2, 0, (_state, pkt) => {
    routes.push(pkt.route !== null && pkt.route === br?.fakeRoute);
    return NF_ACCEPT;
  });
  lab.dev("sw", "p2").taps.push(({ pkt }) => routes.push(pkt.route !== null));
  lab.send("h1", "e0", ipFrame(HOST(2), HOST(1), P));
  lab.send("h1", "e0", ipFrame(BR, HOST(1), { ...P, dst: "192.168.0.9" }));
  expect(routes).toEqual([true, false, false]);
});

// R3.27 and docs of br_nf_dev_queue_xmit.
test("fragments are put together for the hooks and leave as they came", () => {
  const { lab, log } = netfilterLab();
  lab.ns("sw").ct.get();
  const seen = new Capture(lab.dev("sw", "p2"));
  lab.send("h1", "e0", ipFrame(HOST(2), HOST(1), { ...P, frag: 0x2000, payload: 792, id: 7 }));
  expect(log).toEqual([]);
  lab.send("h1", "e0", ipFrame(HOST(2), HOST(1), { ...P, frag: 100, payload: 500, id: 7 }));
  expect(log).toEqual(["PREROUTING IN=br0 OUT= p1>", "FORWARD IN=br0 OUT=br0 p1>p2", "POSTROUTING IN= OUT=br0 p1>p2"]);
  expect(seen.frames.map((f) => f.length)).toEqual([14 + 820, 14 + 520]);
  expect(seen.lines).toEqual([`p2:out ${HOST(2)}<${HOST(1)}`, `p2:out ${HOST(2)}<${HOST(1)}`]);
});

// The largest fragment may fill the MTU; a whole packet that is too long for the port is cut to the bridge's MTU, unless DF
// forbids; fragments with DF are cut again as they were, without DF (R3.27; lengths and flags as 6.18 sends them).
const WHOLE = { payload: 1400 };
const CUT = [
  { frag: 0x2000, payload: 792 },
  { frag: 100, payload: 500 },
];
const DF_CUT = CUT.map((part) => ({ ...part, frag: part.frag | 0x4000 }));
const FULL = [
  { frag: 0x2000, payload: 1472 },
  { frag: 185, payload: 100 },
];

test.each([
  { what: "fragments that fill the MTU", parts: FULL, mtu: 1500, out: ["1514 2000", "134 b9"], drops: [] },
  { what: "fragments with DF", parts: DF_CUT, mtu: 1500, out: ["834 2000", "534 64"], drops: [] },
  {
    what: "fragments larger than the bridge",
    parts: CUT,
    mtu: 700,
    out: [],
    drops: ["NOT_SPECIFIED@br_nf_ip_fragment"],
  },
  { what: "a packet larger than the port", parts: [WHOLE], mtu: 1000, out: ["1010 2000", "466 7a"], drops: [] },
  {
    what: "a packet larger than the port, with DF",
    parts: [{ ...WHOLE, frag: 0x4000 }],
    mtu: 1000,
    out: [],
    drops: ["NOT_SPECIFIED@br_nf_ip_fragment"],
  },
])("$what", ({ parts, mtu, out, drops }) => {
  const { lab } = netfilterLab();
  lab.ns("sw").ct.get();
  for (const dev of ["br0", "p2"]) lab.apply("sw", { op: "link-set", dev, mtu });
  const seen = new Capture(lab.dev("sw", "p2"));
  for (const part of parts) lab.send("h1", "e0", ipFrame(HOST(2), HOST(1), { ...P, ...part, id: 9 }));
  expect(seen.frames.map((f) => `${f.length} ${ipFragOff(f, 14).toString(16)}`)).toEqual(out);
  expect(lab.drops.filter((d) => d !== "TC_INGRESS@tc_run")).toEqual(drops);
});

test("a connection of a group frame that no port took is confirmed on the way up", () => {
  const { lab } = netfilterLab();
  const { ct } = lab.ns("sw");
  ct.get();
  for (const dev of ["p2", "p3"]) lab.apply("sw", { op: "link-set", dev, up: false });
  lab.send("h1", "e0", ipFrame(ALL, HOST(1), { ...P, dst: "10.0.0.255" }));
  expect(ct.list().map((c) => [c.orig.src, c.orig.dst])).toEqual([[ip("10.0.0.1"), ip("10.0.0.255")]]);
});
