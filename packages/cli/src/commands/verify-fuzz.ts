// `kubehop verify --fuzz`: random labs beside the real kernel. What was found goes to stdout, how far it has come to stderr.
import { join } from "node:path";
import {
  findingScenario,
  formatFinding,
  formatFuzzProgress,
  formatFuzzTotals,
  FUZZ_KINDS,
  type FuzzFinding,
  type FuzzOptions,
  type LabKind,
  runFuzz,
} from "@kubehop/oracle";
import { type Io, UsageError, writeText } from "../io.ts";
import { DEFAULT_SEED } from "../options.ts";
import { withKernel } from "./verify-kernel.ts";
import { atLeastOne, DEFAULT_STOP, FUZZ_CASES, type VerifyValues } from "./verify-options.ts";

/** Cases between two words on how far it has come. */
const TOLD_EVERY = 100;
/** A search that ends sooner, in ms, tells nothing on its way. */
const SHORT = 5000;

export function fuzz(values: VerifyValues, _files: readonly string[], io: Io): number {
  const seed = values.seed ?? String(DEFAULT_SEED);
  const cases = atLeastOne("cases", values.cases, FUZZ_CASES);
  const options = {
    seed,
    cases,
    stopAfter: atLeastOne("stop", values.stop, DEFAULT_STOP),
    ...(values.kind === undefined ? {} : { kinds: values.kind.map(labKind) }),
  };
  return withKernel(io, (real) => {
    const totals = runFuzz(real, { ...options, ...progress(cases, io) });
    for (const word of totals.refused) io.stdout(`not tried: ${word}\n`);
    for (const finding of totals.findings) report(finding, real.title, values.out, io);
    io.stdout(formatFuzzTotals(real.title, seed, totals));
    return totals.findings.length > 0 ? 1 : 0;
  });
}

function progress(cases: number, io: Io): Required<Pick<FuzzOptions, "onProgress" | "onShrink">> {
  const began = Date.now();
  return {
    onProgress: (totals) => {
      const isDue = totals.cases % TOLD_EVERY === 0 && totals.cases < cases && Date.now() - began >= SHORT;
      if (isDue) io.stderr(`kubehop: ${formatFuzzProgress(totals)}\n`);
    },
    onShrink: (index) => io.stderr(`kubehop: case ${index} differs: making it smaller (this can take a minute)\n`),
  };
}

function labKind(word: string): LabKind {
  if (Object.hasOwn(FUZZ_KINDS, word)) return word as LabKind;
  throw new UsageError(`--kind knows ${Object.keys(FUZZ_KINDS).join(", ")}, found ${JSON.stringify(word)}`);
}

function report(finding: FuzzFinding, kernel: string, folder: string | undefined, io: Io): void {
  io.stdout(formatFinding(finding));
  if (folder === undefined) return;
  const file = join(folder, `difference-${finding.seed}-${finding.index}.yaml`);
  writeText(file, findingScenario(finding, kernel));
  io.stdout(`  written to ${file}: kubehop verify ${file}\n`);
}
