// The cases of found-cases.ts against what the real kernel did with them, kept in data/found.json: runs anywhere.
// KUBEHOP_RECORD=1 asks the kernel of this machine again and writes the file.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compareCounters, compareSteps } from "../../src/live/compare.ts";
import type { CounterRow, Kernel, StepSeen } from "../../src/live/kernel.ts";
import { buildLab } from "../../src/live/lab-spec.ts";
import { OurKernel } from "../../src/live/our-kernel.ts";
import { replayCase } from "../../src/fuzz/fuzz-case.ts";
import { FOUND } from "./found-cases.ts";
import type { FoundCase } from "./found-cases.ts";
import { describeLive } from "./support.ts";

const FILE = fileURLToPath(new URL("../data/found.json", import.meta.url));
const RECORD = process.env["KUBEHOP_RECORD"] === "1";

interface Recorded {
  readonly kernel: string;
  readonly cases: Readonly<Record<string, Seen>>;
}
interface Seen {
  readonly steps: readonly StepSeen[];
  readonly counters: readonly CounterRow[];
}

function play(kernel: Kernel, { lab, fuzzCase }: FoundCase): Seen {
  buildLab(kernel, lab);
  const { refused, seen } = replayCase(kernel, lab, fuzzCase);
  expect(refused).toBeNull();
  return { steps: seen, counters: kernel.counters("R", lab.backend) };
}

describe.skipIf(RECORD)("what random labs found", () => {
  const recorded: Recorded | null = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as Recorded) : null;
  it.each(FOUND.map((one) => [one.name, one] as const))("%s", (name, one) => {
    const kernel = recorded?.cases[name];
    if (kernel === undefined) throw new Error(`${name} is not recorded: KUBEHOP_RECORD=1`);
    const ours = play(new OurKernel(), one);
    expect(compareSteps(kernel.steps, ours.steps, one.lab)).toEqual([]);
    expect(compareCounters("R", kernel.counters, ours.counters, 0)).toEqual([]);
  });
});

describeLive("recording what random labs found", (real) => {
  it("asks the kernel again", { timeout: 120_000 }, ({ skip }) => {
    skip(!RECORD, "writes test data: only with KUBEHOP_RECORD=1");
    const cases: Record<string, Seen> = {};
    for (const one of FOUND) {
      cases[one.name] = play(real(), one);
      real().clear();
    }
    writeFileSync(FILE, `${JSON.stringify({ kernel: real().title, cases }, null, 1)}\n`);
    expect(Object.keys(cases)).toHaveLength(FOUND.length);
  });
});
