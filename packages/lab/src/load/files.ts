// Files that a scenario names: they stand in its folder or below, and are of a size that a person writes.

/** Larger files are refused: no hand-written scenario or manifest comes near. */
export const MAX_FILE_BYTES = 8 * 1024 * 1024;

/** A file that is there and is not read; `refused` says why, as the end of `FILE …`. */
export interface FileRefusal {
  readonly refused: string;
  readonly hint?: string;
}

/** Reads a file relative to the scenario's; undefined when there is none. */
export type ReadFile = (path: string) => string | FileRefusal | undefined;

/** What a path reads, if it stays in the scenario's folder. Whoever reads real files looks at links too. */
export function readBeside(readFile: ReadFile, path: string): string | FileRefusal | undefined {
  const refused = leavesFolder(path);
  return refused === undefined ? readFile(path) : { refused, hint: "write the path of a file beside the scenario" };
}

/** Why a path is not read wherever it leads; undefined: nothing is against it. */
function leavesFolder(path: string): string | undefined {
  if (path.trim() === "") return "is no name of a file";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return "is no name of a file: it holds a control character";
  if (/^(?:[/\\]|[A-Za-z]:[/\\])/.test(path)) return "is an absolute path: a scenario takes its files along";
  return climbs(path) ? OUTSIDE : undefined;
}

/** For readers of real files: what a link leads to is meant too. */
export const OUTSIDE = "is outside the scenario's folder";

/** True when `..` leads above where the path began, on the way or at its end. */
function climbs(path: string): boolean {
  let depth = 0;
  for (const step of path.split(/[/\\]/)) {
    if (step === "..") depth--;
    else if (step !== "" && step !== ".") depth++;
    if (depth < 0) return true;
  }
  return false;
}
