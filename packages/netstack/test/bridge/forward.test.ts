import { expect, test } from "vitest";
import { bridgeOf } from "../../src/bridge/bridge.ts";
import { PacketStormError } from "../../src/netns/world.ts";
import { packetTap, packetWatch } from "../../src/sock/packet-socket.ts";
import { ALL, bridgeLab, Capture, ETH_P_TEST, frame, HOST, Lab } from "../dev/lab.ts";

/** Taps on br0, the ports, and the hosts' ends. */
function watch(lab: Lab, ports: number): Capture {
  const devices = [lab.dev("sw", "br0")];
  for (let i = 1; i <= ports; i++) devices.push(lab.dev("sw", `p${i}`));
  return new Capture(...devices);
}

function outs(seen: Capture): string[] {
  return seen.take().filter((line) => line.endsWith(":out") || line.startsWith("br0"));
}

test("R3.3, R3.6: unknown unicast floods, newest port first, not to the bridge itself", () => {
  const lab = bridgeLab(3);
  const seen = watch(lab, 3);
  lab.send("h1", "e0", frame(HOST(9), HOST(1)));
  expect(outs(seen)).toEqual(["p3:out", "p2:out"]);
});

test("R3.3: a learned address gets it alone; broadcast goes to all ports and up", () => {
  const lab = bridgeLab(3);
  lab.send("h2", "e0", frame(ALL, HOST(2)));
  const seen = watch(lab, 3);
  lab.send("h1", "e0", frame(HOST(2), HOST(1)));
  expect(outs(seen)).toEqual(["p2:out"]);
  lab.send("h1", "e0", frame(ALL, HOST(1)));
  expect(outs(seen)).toEqual(["p3:out", "p2:out", "br0:in"]);
  lab.send("h1", "e0", frame("01:00:5e:00:00:05", HOST(1)));
  expect(outs(seen)).toEqual(["p3:out", "p2:out", "br0:in"]);
});

test("R3.4: to the port it came from only with hairpin", () => {
  const lab = bridgeLab(2);
  lab.send("h1", "e0", frame(ALL, HOST(8)));
  lab.drops.length = 0;
  const seen = watch(lab, 2);
  lab.send("h1", "e0", frame(HOST(8), HOST(1)));
  expect(outs(seen)).toEqual([]);
  expect(lab.drops).toEqual(["NOT_SPECIFIED@br_forward"]);
  lab.apply("sw", { op: "link-set", dev: "p1", hairpin: true });
  lab.send("h1", "e0", frame(HOST(8), HOST(1)));
  expect(outs(seen)).toEqual(["p1:out"]);
});

test("R3.7: hairpin also reflects what is flooded", () => {
  const lab = bridgeLab(2);
  lab.apply("sw", { op: "link-set", dev: "p1", hairpin: true });
  const seen = watch(lab, 2);
  lab.send("h1", "e0", frame(HOST(9), HOST(1)));
  expect(outs(seen)).toEqual(["p2:out", "p1:out"]);
});

test("R3.5: two isolated ports do not hear each other", () => {
  const lab = bridgeLab(3);
  for (const dev of ["p1", "p2"]) lab.apply("sw", { op: "link-set", dev, isolated: true });
  const seen = watch(lab, 3);
  lab.send("h1", "e0", frame(ALL, HOST(1)));
  expect(outs(seen)).toEqual(["p3:out", "br0:in"]);
  lab.send("h3", "e0", frame(ALL, HOST(3)));
  expect(outs(seen)).toEqual(["p2:out", "p1:out", "br0:in"]);
  lab.send("sw", "br0", frame(ALL, HOST(7)));
  expect(outs(seen)).toEqual(["br0:out", "p3:out", "p2:out", "p1:out"]);
});

test("flooding off", () => {
  const lab = bridgeLab(2);
  lab.apply("sw", { op: "link-set", dev: "p2", flood: false });
  lab.drops.length = 0;
  lab.send("h1", "e0", frame(HOST(9), HOST(1)));
  expect(lab.drops).toEqual(["NO_TX_TARGET@br_flood"]);
});

// R3.8
test.each([
  { payload: 1404, out: ["p2:out"] },
  { payload: 1405, out: [] },
])("$payload bytes to a port of MTU 1400", ({ payload, out }) => {
  const lab = bridgeLab(2);
  lab.apply("sw", { op: "link-set", dev: "p2", mtu: 1400 });
  const seen = watch(lab, 2);
  lab.send("h1", "e0", frame(HOST(9), HOST(1), payload));
  expect(outs(seen)).toEqual(out);
});

// R3.1
test.each([
  { what: "zero source", dst: ALL, src: "00:00:00:00:00:00", drop: ["MAC_INVALID_SOURCE@br_handle_frame"], out: [] },
  { what: "group source", dst: ALL, src: "03:00:00:00:00:01", drop: ["MAC_INVALID_SOURCE@br_handle_frame"], out: [] },
  { what: "pause", dst: "01:80:c2:00:00:01", src: HOST(1), drop: ["MAC_IEEE_MAC_CONTROL@br_handle_frame"], out: [] },
  {
    what: "STP while it is off",
    dst: "01:80:c2:00:00:00",
    src: HOST(1),
    drop: ["UNHANDLED_PROTO@__netif_receive_skb_core"],
    out: ["p2:out", "br0:in"],
  },
  { what: "LLDP", dst: "01:80:c2:00:00:0e", src: HOST(1), drop: ["UNHANDLED_PROTO@__netif_receive_skb_core"], out: [] },
])("reserved and invalid addresses: $what", ({ dst, src, drop, out }) => {
  const lab = bridgeLab(2);
  lab.ns("h2").packetTypes.set(ETH_P_TEST, () => undefined);
  lab.drops.length = 0;
  const seen = watch(lab, 2);
  lab.send("h1", "e0", frame(dst, src));
  expect(outs(seen)).toEqual(out);
  expect(lab.drops).toEqual(drop);
});

test("R3.9: to the ingress port's own MAC and to the bridge's MAC the frame goes up", () => {
  const lab = bridgeLab(2);
  const got: number[] = [];
  lab.ns("sw").packetTypes.set(0x88b5, (pkt) => got.push(pkt.pktType));
  lab.apply("sw", { op: "link-set", dev: "br0", address: "02:00:00:00:00:77" });
  const to = (mac: number): Uint8Array => frame(mac.toString(16).padStart(12, "0"), HOST(1));
  lab.send("h1", "e0", to(lab.dev("sw", "p1").addr));
  lab.send("h1", "e0", frame("02:00:00:00:00:77", HOST(1)));
  lab.send("h1", "e0", to(lab.dev("sw", "p2").addr));
  // HOST, HOST, OTHERHOST
  expect(got).toEqual([0, 0, 3]);
});

test("R3.10: a promiscuous bridge device sees what is bridged, a plain tap does not", () => {
  const lab = bridgeLab(2);
  lab.send("h2", "e0", frame(ALL, HOST(2)));
  const br0 = lab.dev("sw", "br0");
  const seen = watch(lab, 2);
  lab.send("h1", "e0", frame(HOST(2), HOST(1)));
  expect(outs(seen)).toEqual(["p2:out"]);
  const stop = packetTap(br0, () => undefined);
  lab.send("h1", "e0", frame(HOST(2), HOST(1)));
  expect(outs(seen)).toEqual(["p2:out", "br0:in"]);
  stop();
  lab.send("h1", "e0", frame(HOST(2), HOST(1)));
  expect(outs(seen)).toEqual(["p2:out"]);
});

test("a watcher sees what a promiscuous device would, and changes nothing by looking", () => {
  const lab = bridgeLab(2);
  lab.send("h2", "e0", frame(ALL, HOST(2)));
  const br0 = lab.dev("sw", "br0");
  let watched = 0;
  const stop = packetWatch(br0, () => void watched++);
  const seen = watch(lab, 2);
  lab.send("h1", "e0", frame(HOST(2), HOST(1)));
  expect([watched, br0.promisc, outs(seen)]).toEqual([1, 0, ["p2:out"]]);
  lab.send("h1", "e0", frame(ALL, HOST(1)));
  expect(watched).toBe(2);
  stop();
  lab.send("h1", "e0", frame(HOST(2), HOST(1)));
  expect(watched).toBe(2);
});

test("R3.11: the host's own traffic may leave by any port, hairpin or not", () => {
  const lab = bridgeLab(2);
  lab.send("h1", "e0", frame(ALL, HOST(1)));
  const seen = watch(lab, 2);
  lab.send("sw", "br0", frame(HOST(1), HOST(7)));
  expect(outs(seen)).toEqual(["br0:out", "p1:out"]);
});

test("a port without carrier neither receives nor sends", () => {
  const lab = bridgeLab(2);
  lab.apply("h2", { op: "link-set", dev: "e0", up: false });
  lab.drops.length = 0;
  lab.send("h1", "e0", frame(HOST(9), HOST(1)));
  expect(lab.drops).toEqual(["NO_TX_TARGET@br_flood"]);
});

test("two bridges joined twice: a storm ends with an error that names the devices", () => {
  const lab = new Lab();
  lab.world.netdevBudget = 500;
  for (const ns of ["x", "y"]) {
    lab.apply(ns, { op: "link-add", name: "br0", link: { type: "bridge" } });
    lab.up(ns, "br0");
  }
  for (const name of ["l1", "l2"]) {
    lab.pair("x", name, "y", name);
    for (const ns of ["x", "y"]) lab.apply(ns, { op: "link-set", dev: name, master: "br0" });
  }
  expect(() => lab.send("x", "br0", frame(ALL, HOST(1)))).toThrow(PacketStormError);
});

test("a frame flooded to several ports is copied", () => {
  const lab = bridgeLab(3);
  const seen = new Capture(lab.dev("h2", "e0"), lab.dev("h3", "e0"));
  lab.dev("sw", "p3").taps.push(({ pkt }) => {
    pkt.buf[pkt.mac + 14] = 0xee;
  });
  lab.send("h1", "e0", frame(ALL, HOST(1), "0102"));
  const payload = seen.frames.map((f) => f[14]);
  expect(payload).toEqual([0xee, 0x01]);
  expect(bridgeOf(lab.dev("sw", "br0"))?.ports.length).toBe(3);
});
