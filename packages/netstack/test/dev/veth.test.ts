import { expect, test } from "vitest";
import { BR_STATE_FORWARDING } from "../../src/bridge/bridge-port.ts";
import { skbScrub } from "../../src/dev/scrub.ts";
import { applyBatch } from "../../src/rtnl/apply.ts";
import type { ConfigOp } from "../../src/rtnl/batch.ts";
import { operState } from "../../src/rtnl/link-dump.ts";
import { skbFromBytes } from "../../src/skb/packet.ts";
import { ALL, Capture, frame, HOST, Lab } from "./lab.ts";

function pairLab(): Lab {
  const lab = new Lab();
  lab.ns("b");
  lab.apply("a", { op: "link-add", name: "v0", link: { type: "veth", peer: { name: "v1", netns: "b" } } });
  return lab;
}

test("a frame sent into one end is received at the other, once", () => {
  const lab = pairLab();
  lab.up("a", "v0");
  lab.up("b", "v1");
  const seen = new Capture(lab.dev("a", "v0"), lab.dev("b", "v1"));
  lab.send("a", "v0", frame(ALL, HOST(1)));
  expect(seen.lines).toEqual([`v0:out ${ALL}<${HOST(1)}`, `v1:in ${ALL}<${HOST(1)}`]);
  expect([lab.dev("a", "v0").txPackets, lab.dev("b", "v1").rxPackets, lab.dev("b", "v1").rxBytes]).toEqual([1, 1, 60]);
});

test("operational state follows both ends", () => {
  const lab = pairLab();
  const states = (): string[] => [operState(lab.dev("a", "v0")), operState(lab.dev("b", "v1"))];
  expect(states()).toEqual(["DOWN", "DOWN"]);
  lab.up("a", "v0");
  expect(states()).toEqual(["LOWERLAYERDOWN", "DOWN"]);
  lab.up("b", "v1");
  expect(states()).toEqual(["UP", "UP"]);
  lab.apply("b", { op: "link-set", dev: "v1", up: false });
  expect(states()).toEqual(["LOWERLAYERDOWN", "DOWN"]);
});

test("both ends hear of the carrier", () => {
  const lab = pairLab();
  const events: string[] = [];
  lab.ns("a").devices.subscribe((event, dev) => events.push(`${dev.name} ${event}`));
  lab.up("a", "v0");
  lab.up("b", "v1");
  lab.apply("b", { op: "link-set", dev: "v1", up: false });
  expect(events).toEqual(["v0 up", "v0 carrier", "v0 carrier"]);
});

// Linux 6.18: with arp_notify a device behind a veth announces itself before the bridge port at the other end forwards.
test("what a device says while it comes up is lost at a bridge port that has no carrier yet", () => {
  const lab = pairLab();
  lab.apply("a", { op: "link-add", name: "br0", link: { type: "bridge" } });
  lab.up("a", "br0", "v0");
  lab.apply("a", { op: "link-set", dev: "v0", master: "br0" });
  const b = lab.ns("b");
  const setup: ConfigOp[] = [
    { op: "sysctl", key: "net.ipv4.conf.v1.arp_notify", value: "1" },
    { op: "addr-add", dev: "v1", local: "10.0.0.2/24" },
  ];
  expect(applyBatch(b, { agent: "test", ops: setup })).toBeNull();
  const seen = new Capture(lab.dev("a", "br0"));
  const sent = new Capture(lab.dev("b", "v1"));
  const up: ConfigOp = { op: "link-set", dev: "v1", up: true };
  expect(applyBatch(b, { agent: "test", ops: [up] })).toBeNull();
  expect([sent.take(), seen.take()]).toEqual([["v1:out"], []]);
  expect(lab.dev("a", "v0").bridgePort?.state).toBe(BR_STATE_FORWARDING);
});

// R4.4: link header and one VLAN tag are beside the MTU.
test.each([
  { payload: 1500, seen: ["v1:in"], dropped: [0, 1], drops: ["UNHANDLED_PROTO@__netif_receive_skb_core"] },
  { payload: 1504, seen: ["v1:in"], dropped: [0, 1], drops: ["UNHANDLED_PROTO@__netif_receive_skb_core"] },
  { payload: 1505, seen: [], dropped: [1, 1], drops: ["NOT_SPECIFIED@__dev_forward_skb"] },
])("$payload bytes behind the link header at MTU 1500: $drops", ({ payload, seen: wanted, dropped, drops }) => {
  const lab = pairLab();
  lab.up("a", "v0");
  lab.up("b", "v1");
  const seen = new Capture(lab.dev("b", "v1"));
  lab.send("a", "v0", frame(ALL, HOST(1), payload));
  expect(seen.take()).toEqual(wanted);
  expect([lab.dev("a", "v0").txDropped, lab.dev("b", "v1").rxDropped]).toEqual(dropped);
  expect(lab.drops).toEqual(drops);
});

test("without carrier or when down nothing is sent, and no tap sees it", () => {
  const lab = pairLab();
  const seen = new Capture(lab.dev("a", "v0"));
  lab.send("a", "v0", frame(ALL, HOST(1)));
  lab.up("a", "v0");
  lab.send("a", "v0", frame(ALL, HOST(1)));
  expect(seen.lines).toEqual([]);
  expect(lab.drops).toEqual(["DEV_READY@__dev_queue_xmit", "QDISC_DROP@__dev_queue_xmit"]);
});

test("the peer is registered first and has the lower index", () => {
  const lab = new Lab();
  lab.apply("a", { op: "link-add", name: "v0", link: { type: "veth", peer: { name: "v1" } } });
  expect([lab.dev("a", "v1").ifindex, lab.dev("a", "v0").ifindex]).toEqual([2, 3]);
});

test("deleting one end takes the other along", () => {
  const lab = pairLab();
  lab.apply("b", { op: "link-del", dev: "v1" });
  expect(lab.ns("a").devices.byName("v0")).toBeUndefined();
});

test("the mark survives within a namespace and is lost between two", () => {
  const pkt = skbFromBytes(frame(ALL, HOST(1)));
  pkt.mark = 7;
  pkt.nfTrace = true;
  skbScrub(pkt, false);
  expect([pkt.mark, pkt.nfTrace]).toEqual([7, false]);
  skbScrub(pkt, true);
  expect(pkt.mark).toBe(0);
});
