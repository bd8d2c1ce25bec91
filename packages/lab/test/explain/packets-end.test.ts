// Every packet of every cell of scenarios/ has an end, or waits for something that was named.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { JourneyRecorder } from "@kubehop/netstack";
import { describe, expect, it } from "vitest";
import { isScenarioText, loadScenario } from "../../src/load/load-scenario.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";

const root = fileURLToPath(new URL("../../../../scenarios/", import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".yaml") && isScenarioText(readFileSync(join(root, name), "utf8")),
);
/** Packets recorded per step: those that repeat a request thousands of times show nothing new. */
const PACKETS_PER_STEP = 1000;

let seen = 0;

describe.each(files)("%s", (name) => {
  const file = join(root, name);
  const readFile = (path: string): string | undefined =>
    existsSync(join(dirname(file), path)) ? readFileSync(join(dirname(file), path), "utf8") : undefined;
  const loaded = loadScenario(name, readFileSync(file, "utf8"), readFile);
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ message }) => message).join("\n"));
  it.each(loaded.scenario.cells.map((plan) => [JSON.stringify(plan.cell), plan] as const))("%s", (_cell, plan) => {
    const recorders: JourneyRecorder[] = [];
    cellRunner(readFile)(
      plan,
      1,
      () => {},
      (_step, { world }) => {
        // A recorder for each step: a packet that outlives its step is still told to the recorder that knows it.
        const recorder = new JourneyRecorder(PACKETS_PER_STEP);
        const before = recorders.at(-1);
        recorders.push(recorder);
        world.tracer = {
          step: (step) => (before?.journey(step.pkt) === undefined ? recorder : before).step(step),
        };
      },
    );
    const unfinished = recorders.flatMap((recorder) => recorder.unfinished());
    seen += recorders.reduce((sum, recorder) => sum + recorder.packets().length, 0);
    expect(unfinished.map(({ steps }) => steps.map((step) => `${step.ns} ${step.fn} ${step.kind}`))).toEqual([]);
  });
});

it("saw packets", () => {
  expect(seen).toBeGreaterThan(1000);
});
