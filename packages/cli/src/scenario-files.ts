// FILE and DIR arguments → scenario files.
import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { type FileRefusal, isScenarioText, MAX_FILE_BYTES, OUTSIDE, type ReadFile } from "@kubehop/lab";
import { fileProblem, fileReason, type Io, readText, TOO_LARGE, UsageError } from "./io.ts";

export interface ScenarioFile {
  /** As the user would type it. */
  readonly file: string;
  readonly text: string;
  readonly readFile: ReadFile;
}

export interface FoundScenarios {
  readonly scenarios: readonly ScenarioFile[];
  /** Files in folders that could not be read; they were named on stderr. */
  readonly unreadable: number;
}

/** Files as given, folders searched; each file once. A UsageError when nothing is found, or when a file that is named cannot be read. */
export function findScenarios(args: readonly string[], io: Io): FoundScenarios {
  if (args.length === 0) throw new UsageError("no file is named", "kubehop run FILE or kubehop run DIR");
  const found = new Map<string, ScenarioFile>();
  let unreadable = 0;
  for (const arg of args) {
    const here = isFolder(arg)
      ? searchFolder(arg, io)
      : { scenarios: [scenarioFile(arg, readText(arg))], unreadable: 0 };
    unreadable += here.unreadable;
    for (const file of here.scenarios) {
      const key = resolve(file.file);
      if (!found.has(key)) found.set(key, file);
    }
  }
  return { scenarios: [...found.values()], unreadable };
}

/** The text, or a line on stderr: one bad file of a folder does not keep the others from being run. */
function tryReadText(file: string, io: Io): string | undefined {
  try {
    return readText(file);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr(`kubehop: ${error.message}\n`);
    return undefined;
  }
}

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new UsageError(fileProblem(path, error));
  }
}

/** All scenarios below a folder, by name; other YAML is passed over. */
function searchFolder(folder: string, io: Io): FoundScenarios {
  const names = yamlFiles(folder, io);
  const files = names.flatMap((file) => {
    const text = tryReadText(file, io);
    return text === undefined ? [] : [scenarioFile(file, text)];
  });
  const unreadable = names.length - files.length;
  const scenarios = files.filter(({ text }) => isScenarioText(text));
  for (const { file, text } of files) {
    if (!isScenarioText(text) && /^(?:scenario|lab):/m.test(text))
      io.stderr(`kubehop: ${file} is passed over: scenario: is not its first key\n`);
  }
  if (scenarios.length === 0 && unreadable === 0)
    throw new UsageError(
      `${folder}: no scenario in this folder`,
      "a file is a scenario when its first key is scenario: or lab:",
    );
  return { scenarios, unreadable };
}

function yamlFiles(folder: string, io: Io): string[] {
  const entries = entriesOf(folder, io).toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return entries.flatMap((entry) => {
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return yamlFiles(path, io);
    return /\.ya?ml$/.test(entry.name) ? [path] : [];
  });
}

function entriesOf(folder: string, io: Io): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    io.stderr(`kubehop: ${fileProblem(folder, error)}\n`);
    return [];
  }
}

export function scenarioFile(file: string, text: string): ScenarioFile {
  return { file, text, readFile: (path) => readBeside(file, path) };
}

/** A file that a scenario names, relative to it; undefined when it is not there. Links are followed as far as its folder reaches. */
export function readBeside(scenario: string, path: string): string | FileRefusal | undefined {
  try {
    const folder = realpathSync(dirname(scenario));
    const file = realpathSync(resolve(folder, path));
    if (file !== folder && !file.startsWith(folder === sep ? sep : folder + sep)) return { refused: OUTSIDE };
    return readWhole(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (NOT_THERE.has(code)) return undefined;
    const reason = fileReason(error);
    return { refused: `cannot be read: ${reason}` };
  }
}

const NOT_THERE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ERR_INVALID_ARG_VALUE"]);

/** Looked at before it is opened: a pipe or a device may never end. */
function readWhole(file: string): string | FileRefusal {
  const found = statSync(file);
  if (found.isDirectory()) return { refused: "is a folder" };
  if (!found.isFile()) return { refused: "is not a regular file" };
  return found.size > MAX_FILE_BYTES ? { refused: TOO_LARGE } : readFileSync(file, "utf8");
}
