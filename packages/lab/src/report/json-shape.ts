// The shape of `run --json`, once: the writer is typed by it, the tests hold reports against it, `kubehop schema --report` prints it.
import * as z from "zod";

const count = z.number().int().min(0);
const virtualMs = z.number().min(0).describe("Virtual milliseconds since time 0; wall time is in no report.");

const position = {
  file: z.string().describe("As it was named on the command line, or as the scenario names its manifest."),
  line: z.number().int().min(1),
  col: z.number().int().min(1).describe("1-based, in UTF-16 code units, as editors count."),
  endCol: z.number().int().min(1).describe("Behind the last character."),
};

const diagnostic = z.strictObject({
  ...position,
  code: z.string().describe("A stable word for the kind of mistake: syntax, unknown-key, not-modelled …"),
  message: z.string(),
  hint: z.string().optional(),
});

const failure = z.strictObject({
  ...position,
  message: z.string(),
  details: z.array(z.string()).describe("Further lines: what was seen instead."),
});

const request = z
  .strictObject({
    result: z.string().describe("ok, timeout, refused, reset or unreachable, as the client saw it."),
    by: z.string().optional().describe("Pod or machine that answered."),
    client: z.string().optional().describe("Source address that the server saw."),
    ttl: count.optional().describe("TTL of the request at the server."),
    bytes: count.optional().describe("Bytes of the answer."),
    packet: z.string().optional().describe("`PROTOCOL SRC:PORT > DST:PORT` as the client sent it."),
    startedAt: virtualMs.optional(),
    endedAt: virtualMs.optional(),
  })
  .describe("One request and how it ended.");

const step = z
  .looseObject({
    id: z.string().describe("As written, or `step N`."),
    line: z.number().int().min(1),
    startedAt: virtualMs,
    endedAt: virtualMs,
    exitCode: z.number().int().describe("Of the last command."),
    flow: request.optional().describe("The last request."),
    requests: count.describe("How many requests the step made."),
    answers: z.array(request).describe("What came of each, in order."),
    failures: count.describe("How many expectations of the step did not hold; they are told in the case."),
    fates: z
      .array(z.strictObject({ flow: z.string(), fates: z.array(z.string()) }))
      .optional()
      .describe("Of a table of flows: what may come of each."),
    stdout: z.string(),
    stderr: z.string(),
  })
  .describe("Beside these keys a step has those of its verb: `in` and `run`, or `send`, `wait` …");

const cell = z.strictObject({
  name: z.string().describe("The title, or the mutation that was tried."),
  cell: z.record(z.string(), z.string()).describe("Matrix name to value."),
  status: z.enum(["passed", "failed", "skipped"]),
  reason: z.string().optional().describe("Why it was skipped."),
  virtualMs,
  failures: z.array(failure),
  fixes: z
    .array(z.strictObject({ text: z.string(), tried: z.string(), step: z.string().optional() }))
    .optional()
    .describe("Single changes with which the expectation held when the run was repeated."),
  story: z.array(z.string()).optional().describe("Lines that tell what became of the failing request."),
  cause: z.string().optional().describe("The thing that is to blame, with who made it."),
  steps: z.array(step),
});

const file = z.strictObject({
  file: z.string(),
  title: z.string(),
  refs: z.array(z.string()),
  error: z.string().optional().describe("What broke off the run of this file; it then has no cases."),
  diagnostics: z.array(diagnostic).describe("Mistakes that kept the file from being run."),
  warnings: z.array(diagnostic).optional().describe("What is doubtful and no failure."),
  cases: z.array(cell),
});

const totals = z.strictObject({ passed: count, failed: count, skipped: count });

/** What `run --json` writes; steps alone may have further keys. */
export const reportSchema = z.strictObject({
  version: z.literal(1).describe("Rises when a key changes its meaning or goes; keys may be added without."),
  seed: count,
  totals: totals.describe("Cases; a file that cannot be read or run is one failed case."),
  files: z.array(file),
});

export type JsonReport = z.infer<typeof reportSchema>;
export type JsonFile = z.infer<typeof file>;
export type JsonCase = z.infer<typeof cell>;

/** JSON Schema (draft 2020-12) of `run --json`. */
export function reportJsonSchema(): object {
  return { ...z.toJSONSchema(reportSchema), title: "kubehop run --json" };
}
