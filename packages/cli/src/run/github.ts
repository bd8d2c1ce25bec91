// `run --github`: failures as workflow commands, which GitHub Actions shows on the line of the YAML file.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
import { type FileResult, formatCell } from "@kubehop/lab";
import { isAbsolute, relative, resolve } from "node:path";

export interface GithubPaths {
  /** Root of the checkout (GITHUB_WORKSPACE): annotations name files relative to it. */
  readonly workspace: string;
}

/** Annotations are made when asked for, and in a job of GitHub Actions. */
export function githubPaths(
  asked: boolean,
  env: Readonly<Record<string, string | undefined>>,
): GithubPaths | undefined {
  if (!asked && env["GITHUB_ACTIONS"] !== "true") return undefined;
  return { workspace: env["GITHUB_WORKSPACE"] ?? "." };
}

interface Annotation {
  readonly level: "error" | "warning";
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly endCol: number;
  readonly title: string;
  readonly message: string;
}

/** One command a line for every mistake, warning and failing expectation. */
export function githubLines(result: FileResult, paths: GithubPaths): string {
  return annotationsOf(result)
    .map((annotation) => `${command(annotation, paths)}\n`)
    .join("");
}

function annotationsOf({ title, diagnostics, warnings = [], cells }: FileResult): Annotation[] {
  const failures = cells.flatMap((cell) =>
    cell.failures.map(({ position, message, details }): Annotation => ({
      ...position,
      level: "error",
      title: [cell.title, formatCell(cell.cell)].filter((part) => part !== "").join(" "),
      message: [message, ...details].join("\n"),
    })),
  );
  return [
    ...diagnostics.map((found): Annotation => ({ ...found, level: "error", title: "cannot be read" })),
    ...warnings.map((found): Annotation => ({ ...found, level: "warning", title })),
    ...failures,
  ];
}

function command({ level, file, line, col, endCol, title, message }: Annotation, { workspace }: GithubPaths): string {
  const properties = { file: inWorkspace(file, workspace), line, col, endColumn: endCol, title };
  const written = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${level} ${written.join(",")}::${escapeData(message)}`;
}

/** GitHub knows files by their path in the repository. */
function inWorkspace(file: string, workspace: string): string {
  const inside = relative(resolve(workspace), resolve(file));
  return inside.startsWith("..") || isAbsolute(inside) ? file : inside.replaceAll("\\", "/");
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/**
 * What a scenario prints may look like a command (`::add-mask::…`, leading blanks do not count; the old form `##[…]` anywhere in a
 * line): the runner must not obey it.
 */
export function withoutCommands(text: string): string {
  return text.replaceAll(/^([^\S\n]*):(?=:)/gm, "$1: ").replaceAll("##[", "# #[");
}
