// `kubehop verify --recorded`: recorded kernel behaviour replayed and compared.
import { formatRecordedReport, verifyRecording } from "@kubehop/oracle";
import { type Io, readText, UsageError } from "../io.ts";
import { parseOptions } from "../options.ts";

export function run(args: readonly string[], io: Io): number {
  const { values, positionals } = parseOptions(args, { recorded: { type: "boolean" }, case: { type: "string" } });
  if (values.recorded !== true)
    throw new UsageError("only recorded behaviour can be compared so far", "kubehop verify --recorded FILE");
  if (positionals.length === 0) throw new UsageError("no recording is named", "kubehop verify --recorded FILE");
  const reports = positionals.map((file) => verify(file, values.case));
  for (const report of reports) io.stdout(formatRecordedReport(report));
  if (reports.every((report) => report.cases.length === 0))
    throw new UsageError(`no case is named ${JSON.stringify(values.case)}`);
  return reports.some((report) => report.cases.some((one) => one.differences.length > 0)) ? 1 : 0;
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
