// Faults of a wire, as net/sched/sch_netem.c has them.
import { expect, test } from "vitest";
import type { NetemSpec } from "../../src/dev/netem.ts";
import { clearNetem, NO_NETEM, setNetem } from "../../src/dev/netem.ts";
import { ALL, Capture, frame, HOST, Lab } from "./lab.ts";

function pairLab(spec: Partial<NetemSpec>): Lab {
  const lab = new Lab();
  lab.ns("b");
  lab.apply("a", { op: "link-add", name: "v0", link: { type: "veth", peer: { name: "v1", netns: "b" } } });
  lab.up("a", "v0");
  lab.up("b", "v1");
  setNetem(lab.dev("a", "v0"), { ...NO_NETEM, ...spec });
  return lab;
}

/** What the wire lost; the frames that arrive are of a type that nobody handles. */
function losses(lab: Lab): string[] {
  return lab.drops.filter((drop) => !drop.startsWith("UNHANDLED_PROTO"));
}

function sendMany(lab: Lab, count: number): number {
  const seen = new Capture(lab.dev("b", "v1"));
  for (let i = 0; i < count; i++) lab.send("a", "v0", frame(ALL, HOST(1)));
  lab.world.clock.runUntil(lab.world.now + 1000);
  return seen.lines.length;
}

test("loss and duplicates come as often as they should, and lost frames end in the queue", () => {
  const lost = pairLab({ loss: 0.1 });
  const arrived = sendMany(lost, 2000);
  expect(arrived).toBeGreaterThan(1740);
  expect(arrived).toBeLessThan(1860);
  expect(losses(lost)).toEqual(Array.from({ length: 2000 - arrived }, () => "QDISC_DROP@netem_enqueue"));
  expect(lost.dev("a", "v0").txDropped).toBe(2000 - arrived);
  const doubled = sendMany(pairLab({ duplicate: 0.2 }), 1000);
  expect(doubled).toBeGreaterThan(1150);
  expect(doubled).toBeLessThan(1250);
  expect(sendMany(pairLab({ duplicate: 1, loss: 1 }), 10)).toBe(10);
});

test("the same seed loses the same frames", () => {
  expect(sendMany(pairLab({ loss: 0.5 }), 100)).toBe(sendMany(pairLab({ loss: 0.5 }), 100));
});

test("a delayed frame is seen by taps when it leaves", () => {
  const lab = pairLab({ delay: 20 });
  const seen = new Capture(lab.dev("a", "v0"), lab.dev("b", "v1"));
  lab.send("a", "v0", frame(ALL, HOST(1)));
  lab.world.clock.runUntil(lab.world.now + 19);
  expect(seen.take()).toEqual([]);
  lab.world.clock.runUntil(lab.world.now + 1);
  expect(seen.take()).toEqual(["v0:out", "v1:in"]);
});

test("who is not delayed overtakes", () => {
  const lab = pairLab({ delay: 20, reorder: 0.5 });
  const order: number[] = [];
  lab.dev("b", "v1").taps.push(({ pkt }) => void order.push(pkt.buf[pkt.mac + 11] ?? 0));
  for (let i = 1; i <= 40; i++) lab.send("a", "v0", frame(ALL, HOST(i)));
  lab.world.clock.runUntil(100);
  expect(order).toHaveLength(40);
  expect(order).not.toEqual(order.toSorted((a, b) => a - b));
});

test("the queue holds a thousand; what waits when it is taken away, or when its device goes down, is lost", () => {
  const full = pairLab({ delay: 500 });
  expect(sendMany(full, 1005)).toBe(1000);
  const lab = pairLab({ delay: 20 });
  const seen = new Capture(lab.dev("b", "v1"));
  lab.send("a", "v0", frame(ALL, HOST(1)));
  clearNetem(lab.dev("a", "v0"));
  lab.send("a", "v0", frame(ALL, HOST(1)));
  lab.world.clock.runUntil(100);
  expect([seen.take(), losses(lab)]).toEqual([["v1:in"], ["QDISC_DROP@netem_enqueue"]]);
  setNetem(lab.dev("a", "v0"), { ...NO_NETEM, delay: 20 });
  lab.send("a", "v0", frame(ALL, HOST(1)));
  lab.apply("a", { op: "link-set", dev: "v0", up: false });
  lab.world.clock.runUntil(200);
  expect([seen.take(), losses(lab).length]).toEqual([[], 2]);
});

test("the third frame of a kind is dropped, once", () => {
  const lab = pairLab({ drop: { matches: (pkt) => pkt.buf[pkt.head + 11] === 7, nth: [3] } });
  const seen = new Capture(lab.dev("b", "v1"));
  for (const host of [7, 1, 7, 1, 7, 7]) lab.send("a", "v0", frame(ALL, HOST(host)));
  expect([seen.take().length, losses(lab)]).toEqual([5, ["QDISC_DROP@netem_enqueue"]]);
});

test("a cut wire loses both ways, tells nobody, and is whole again", () => {
  const lab = pairLab({ cut: true });
  const seen = new Capture(lab.dev("a", "v0"), lab.dev("b", "v1"));
  lab.send("a", "v0", frame(ALL, HOST(1)));
  lab.send("b", "v1", frame(ALL, HOST(2)));
  expect(seen.take()).toEqual(["v0:out", "v1:out"]);
  expect(losses(lab)).toEqual(["LINK_CUT@wire", "LINK_CUT@wire"]);
  expect(lab.dev("b", "v1").operational).toBe(true);
  clearNetem(lab.dev("a", "v0"));
  lab.send("b", "v1", frame(ALL, HOST(2)));
  expect(seen.take()).toEqual(["v1:out", "v0:in"]);
});

test("on a segment only the card whose wire is cut is alone", () => {
  const lab = new Lab();
  for (const name of ["a", "b", "c"]) {
    lab.apply(name, { op: "link-add", name: "eth0", link: { type: "nic", segment: "lan" } });
    lab.up(name, "eth0");
  }
  setNetem(lab.dev("b", "eth0"), { ...NO_NETEM, cut: true });
  const seen = new Capture(lab.dev("b", "eth0"), lab.dev("c", "eth0"));
  lab.send("a", "eth0", frame(ALL, HOST(1)));
  expect(seen.take()).toEqual(["eth0:in"]);
  expect(losses(lab)).toEqual(["LINK_CUT@wire"]);
});
