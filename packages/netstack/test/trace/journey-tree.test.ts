import { expect, test } from "vitest";
import type { Journey } from "../../src/trace/journey.ts";
import { describeStep, JourneyRecorder } from "../../src/trace/journey.ts";
import type { Step, StepBody } from "../../src/trace/step.ts";

const NOTE: StepBody = { kind: "note", text: "x" };
const DELIVER: StepBody = { kind: "deliver", socket: "s" };
const DROP: StepBody = { kind: "drop", reason: "NO_SOCKET", detail: "" };
const QUEUE: StepBody = { kind: "queue", where: "w" };

function step(pkt: number, ns: string, body: StepBody, parent = 0): Step {
  return { at: 0, pkt, parent, ns, fn: "f", ...body };
}

function recorded(steps: readonly Step[], limit?: number): JourneyRecorder {
  const recorder = new JourneyRecorder(limit);
  for (const one of steps) recorder.step(one);
  return recorder;
}

function get(recorder: JourneyRecorder, id: number): Journey {
  const found = recorder.journey(id);
  if (found === undefined) throw new Error(`no journey ${id}`);
  return found;
}

test("a hop is a stay in a namespace; coming back makes a new one", () => {
  const recorder = recorded([step(1, "a", NOTE), step(1, "a", NOTE), step(1, "b", NOTE), step(1, "a", DELIVER)]);
  expect(get(recorder, 1).hops.map((hop) => [hop.ns, hop.steps.length])).toEqual([
    ["a", 2],
    ["b", 1],
    ["a", 1],
  ]);
});

test("copies and answers hang below their cause, with the place where they left it", () => {
  const recorder = recorded([
    step(1, "a", NOTE),
    step(1, "a", NOTE),
    step(2, "a", NOTE, 1),
    step(1, "a", DELIVER),
    step(2, "a", DROP, 1),
  ]);
  expect(recorder.journeys().map((j) => j.id)).toEqual([1]);
  const [child] = get(recorder, 1).children;
  expect(child).toMatchObject({ id: 2, parent: 1, bornAt: 2, end: "drop" });
});

test("a packet whose cause was not seen is nobody's child", () => {
  const recorder = recorded([step(7, "a", NOTE, 3), step(7, "a", DELIVER, 3)]);
  expect(recorder.journeys()).toMatchObject([{ id: 7, bornAt: 0 }]);
});

test("every packet ends, waits, or is reported as vanished", () => {
  const recorder = recorded([
    step(1, "a", DELIVER),
    step(2, "a", QUEUE),
    step(3, "a", NOTE),
    step(4, "a", QUEUE),
    step(4, "a", NOTE),
    step(5, "a", QUEUE),
    step(5, "a", DROP),
  ]);
  expect(recorder.unfinished().map((j) => j.id)).toEqual([3, 4]);
  expect(recorder.queued().map((j) => j.id)).toEqual([2]);
  expect(get(recorder, 5).end).toBe("drop");
});

test("what is said after the end does not undo it", () => {
  expect(get(recorded([step(1, "a", DROP), step(1, "a", NOTE), step(1, "a", QUEUE)]), 1).end).toBe("drop");
});

test("a limit keeps the first packets whole and leaves the later ones out", () => {
  const recorder = recorded(
    [step(1, "a", NOTE), step(2, "a", NOTE), step(3, "a", NOTE, 1), step(1, "a", DELIVER), step(2, "a", DELIVER)],
    2,
  );
  expect(recorder.packets().map((j) => [j.id, j.steps.length])).toEqual([
    [1, 2],
    [2, 2],
  ]);
  expect(recorder.unfinished()).toEqual([]);
});

test("a step as a line says what it carries, without the frame", () => {
  const line = describeStep({ ...step(1, "n", { kind: "rx", dev: "eth0", frame: new Uint8Array(4) }), fn: "netif" });
  expect(line).toBe("n netif rx dev=eth0");
});
