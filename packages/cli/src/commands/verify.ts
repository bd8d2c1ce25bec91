// `kubehop verify`: scenarios beside the real kernel, recorded kernel behaviour replayed (`--recorded`), random labs beside the real
// kernel (`--fuzz`), or texts through the real programs and back (`--round-trip`).
import { join } from "node:path";
import {
  findingScenario,
  formatFinding,
  formatFuzzTotals,
  formatRecordedReport,
  FUZZ_KINDS,
  missingRequirements,
  RealKernel,
  runFuzz,
  verifyRecording,
} from "@kubehop/oracle";
import type { FuzzFinding, LabKind } from "@kubehop/oracle";
import { type Io, readText, UsageError, writeText } from "../io.ts";
import { verifyScenarios } from "./verify-scenarios.ts";
import { DEFAULT_SEED, parseOptions, wholeNumber } from "../options.ts";
import { ROUND_TRIP_CASES, roundTrip } from "./verify-round-trip.ts";

const OPTIONS = {
  recorded: { type: "boolean" },
  case: { type: "string" },
  fuzz: { type: "boolean" },
  seed: { type: "string" },
  cases: { type: "string" },
  kind: { type: "string", multiple: true },
  stop: { type: "string" },
  out: { type: "string" },
  "round-trip": { type: "boolean" },
} as const;

const DEFAULT_CASES = 200;
const DEFAULT_STOP = 5;
const HINT =
  "kubehop verify FILE|DIR… | verify --recorded FILE… | verify --fuzz [--seed S] [--cases N] | verify --round-trip";

export function run(args: readonly string[], io: Io): number {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.fuzz === true) return fuzz(values, io);
  if (values["round-trip"] === true) {
    const request = {
      seed: values.seed ?? String(DEFAULT_SEED),
      cases: wholeNumber("cases", values.cases, ROUND_TRIP_CASES),
      stopAfter: wholeNumber("stop", values.stop, DEFAULT_STOP),
    };
    return withKernel(io, (real) => roundTrip(real, request, io));
  }
  if (values.recorded !== true) {
    if (positionals.length === 0) throw new UsageError("verify what: scenarios, recordings, or random labs?", HINT);
    const seed = wholeNumber("seed", values.seed, DEFAULT_SEED);
    return withKernel(io, (real) => verifyScenarios(real, positionals, seed, io));
  }
  if (positionals.length === 0) throw new UsageError("no recording is named", "kubehop verify --recorded FILE");
  const reports = positionals.map((file) => verify(file, values.case));
  for (const report of reports) io.stdout(formatRecordedReport(report));
  if (reports.every((report) => report.cases.length === 0))
    throw new UsageError(`no case is named ${JSON.stringify(values.case)}`);
  return reports.some((report) => report.cases.some((one) => one.differences.length > 0)) ? 1 : 0;
}

/** The real kernel for as long as `use` needs it; undefined when this machine cannot host a comparison, with the reasons on stdout. */
function withKernel(io: Io, use: (real: RealKernel) => number): number {
  const missing = missingRequirements();
  if (missing.length > 0) {
    io.stdout(`${missing.map((reason) => `skipped: ${reason}\n`).join("")}0 compared, 1 skipped\n`);
    return 2;
  }
  const real = new RealKernel();
  try {
    return use(real);
  } finally {
    real.close();
  }
}

interface FuzzValues {
  readonly seed?: string | undefined;
  readonly cases?: string | undefined;
  readonly kind?: readonly string[] | undefined;
  readonly stop?: string | undefined;
  readonly out?: string | undefined;
}

function fuzz(values: FuzzValues, io: Io): number {
  const seed = values.seed ?? String(DEFAULT_SEED);
  const options = {
    seed,
    cases: wholeNumber("cases", values.cases, DEFAULT_CASES),
    stopAfter: wholeNumber("stop", values.stop, DEFAULT_STOP),
    ...(values.kind === undefined ? {} : { kinds: values.kind.map(labKind) }),
  };
  return withKernel(io, (real) => {
    const totals = runFuzz(real, options);
    for (const word of totals.refused) io.stdout(`not tried: ${word}\n`);
    for (const finding of totals.findings) report(finding, real.title, values.out, io);
    io.stdout(formatFuzzTotals(real.title, seed, totals));
    return totals.findings.length > 0 ? 1 : 0;
  });
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

function verify(file: string, only: string | undefined): ReturnType<typeof verifyRecording> {
  // Whether it can be read at all is the user's business, what is in it the reader's.
  readText(file);
  try {
    return verifyRecording(file, only);
  } catch (error) {
    throw isBadRecording(error) ? new UsageError(`${file}: not a recording: ${firstLine(error)}`) : error;
  }
}

/** Not JSON, not gzip, or not the shape of a recording. */
function isBadRecording(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const zlib = "code" in error && String(error.code).startsWith("Z_");
  return error instanceof SyntaxError || error.name === "ZodError" || error.name === "$ZodError" || zlib;
}

function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if (!("issues" in error) || !Array.isArray(error.issues)) return error.message.split("\n", 1)[0] ?? "";
  const issue = error.issues[0] as { readonly path: readonly PropertyKey[]; readonly message: string };
  return `${issue.path.join(".")}: ${issue.message}`;
}
