// A finding as a JSON file that shows it again: the lab, the rules and the steps; what either kernel said is told, not used.

import * as z from "zod";
import type { LiveDifference } from "../live/compare.ts";
import type { RealKernel } from "../live/real-kernel.ts";
import { BothKernels } from "./fuzz.ts";
import type { FuzzFinding } from "./fuzz.ts";

const object = z.record(z.string(), z.unknown());
const batch = z.strictObject({ ns: z.string(), ops: z.array(object) });
const hosts = z.array(object);

const lab = z.looseObject({
  title: z.string(),
  namespaces: z.array(z.string()),
  build: z.array(batch),
  mute: z.array(z.strictObject({ ns: z.string(), devices: z.array(z.string()) })),
  routers: z.array(z.string()),
  backend: z.enum(["nft", "legacy"]),
  vteps: z.array(z.string()),
  hosts: hosts.optional(),
});

const step = z.union([
  z.strictObject({ frame: z.tuple([z.string(), z.string(), z.string()]) }),
  z.strictObject({ udp: z.tuple([z.string(), z.number(), z.string(), z.number(), z.string()]) }),
  z.strictObject({ ops: batch }),
]);

const texts = z.record(z.string(), z.string());
const fuzzCase = z.strictObject({ rules: texts, sets: texts.optional(), steps: z.array(step) });

/** The operations inside are checked by the doors, which refuse what they do not know. */
const schema = z.strictObject({
  seed: z.string(),
  index: z.number(),
  lab,
  fuzzCase,
  before: z.array(fuzzCase),
  differences: z.array(z.unknown()),
});

/** Reads the text of a finding. @throws ZodError or SyntaxError when it is none */
export function findingSchema(text: string): FuzzFinding {
  return schema.parse(JSON.parse(text)) as unknown as FuzzFinding;
}

/** Plays a finding again on fresh labs; empty: the kernels agree now. */
export function replayFinding(real: RealKernel, finding: FuzzFinding): readonly LiveDifference[] {
  const kernels = new BothKernels(real, finding.lab);
  try {
    for (const earlier of finding.before) kernels.compareAgain(earlier);
    return kernels.compareAgain(finding.fuzzCase).differences;
  } finally {
    real.clear();
  }
}
