// Every packet of every recorded case has an end: delivered, taken, dropped with a reason, or waiting for something that was named.
import { fileURLToPath } from "node:url";
import { JourneyRecorder } from "@kubehop/netstack";
import { describe, expect, it } from "vitest";
import { prepareCase } from "../src/recorded/case-state.ts";
import { buildRecordedLab } from "../src/recorded/lab.ts";
import { injectStep } from "../src/recorded/replay.ts";
import { readRecording } from "../src/recorded/verify.ts";

describe.each(["example20.json.gz", "dataset.json.gz", "routers-6.18.44.json.gz"])("the packets of %s", (name) => {
  const recording = readRecording(fileURLToPath(new URL(`./data/${name}`, import.meta.url)));
  it.each(recording.cases.map((testCase) => [testCase.name, testCase] as const))("%s", (_name, testCase) => {
    const world = buildRecordedLab(recording, testCase);
    prepareCase(world, Object.keys(recording.ruleset), testCase);
    const recorder = new JourneyRecorder();
    world.tracer = recorder;
    for (const { inject } of testCase.steps) injectStep(world, inject);
    // A send that is refused before LOCAL_OUT has made no packet.
    const made = testCase.steps.some(({ inject }) => (inject.error ?? "EPERM") === "EPERM");
    expect(recorder.packets().length > 0).toBe(made);
    expect(recorder.unfinished().map((journey) => journey.steps.map((step) => `${step.ns} ${step.fn}`))).toEqual([]);
  });
});
