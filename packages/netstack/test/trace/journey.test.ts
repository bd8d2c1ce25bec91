// Stories from steps: order, parents, hops, ends, and the ones that have none.

import { describe, expect, it } from "vitest";
import { tcpConnect } from "../../src/sock/tcp.ts";
import { describeStep, JourneyRecorder } from "../../src/trace/journey.ts";
import type { Step, StepBody } from "../../src/trace/step.ts";
import { run, twoHosts } from "../sock/lab.ts";

function step(pkt: number, ns: string, fn: string, body: StepBody, parent = 0): Step {
  return { at: 0, pkt, parent, ns, fn, ...body };
}

const DELIVER: StepBody = { kind: "deliver", socket: "udp" };
const NOTE: StepBody = { kind: "note", text: "" };
const QUEUE: StepBody = { kind: "queue", where: "neigh" };

describe("a recorder", () => {
  it("gathers steps by packet, hops by namespace", () => {
    const r = new JourneyRecorder();
    r.step(step(1, "a", "f", NOTE));
    r.step(step(1, "b", "g", NOTE));
    r.step(step(2, "b", "h", DELIVER, 1));
    r.step(step(1, "a", "i", DELIVER));
    expect(r.journeys().map((j) => j.id)).toEqual([1]);
    const [j] = r.journeys();
    expect(j?.hops.map((h) => [h.ns, h.steps.length])).toEqual([
      ["a", 1],
      ["b", 1],
      ["a", 1],
    ]);
    expect(j?.children.map((c) => c.id)).toEqual([2]);
    expect(r.journey(2)?.end).toBe("deliver");
    expect(r.unfinished()).toEqual([]);
  });

  it("tells queued, finished and vanished packets apart", () => {
    const r = new JourneyRecorder();
    r.step(step(1, "a", "f", QUEUE));
    r.step(step(2, "a", "f", QUEUE));
    r.step(step(2, "a", "g", NOTE));
    r.step(step(3, "a", "f", QUEUE));
    r.step(step(3, "a", "g", { kind: "drop", reason: "NEIGH_FAILED", detail: "" }));
    r.step(step(3, "a", "h", NOTE));
    expect(r.packets().map((j) => j.end)).toEqual(["queued", null, "drop"]);
    expect(r.unfinished().map((j) => j.id)).toEqual([2]);
    expect(r.queued().map((j) => j.id)).toEqual([1]);
    r.clear();
    expect(r.packets()).toEqual([]);
  });

  it("keeps the story of a packet whose parent was never seen", () => {
    const r = new JourneyRecorder();
    r.step(step(9, "a", "f", DELIVER, 5));
    expect(r.journeys().map((j) => j.id)).toEqual([9]);
  });
});

describe("the story of a refused connection", () => {
  it("has the SYN's drop and the reset as its child", () => {
    const lab = twoHosts();
    tcpConnect(lab.a, { dst: "10.0.0.2", dport: 81, on: {} });
    run(lab, 1);
    const syn = lab.recorder.journeys().find((j) => j.steps.some((s) => s.kind === "drop"));
    const drop = syn?.steps.find((s) => s.kind === "drop");
    expect(drop === undefined ? "" : describeStep(drop)).toBe("b tcp_v4_rcv drop reason=NO_SOCKET detail=tcp port 81");
    expect(syn?.hops.map((h) => h.ns)).toEqual(["a", "b"]);
    // It also made the neighbours ask for each other.
    expect(syn?.children.map((c) => [c.hops.map((h) => h.ns).join(" "), c.end])).toEqual([
      ["a b", "consume"],
      ["b a", "deliver"],
    ]);
    expect(syn?.steps.some((s) => s.kind === "answer" && s.what === "tcp-reset")).toBe(true);
  });
});
