// FILE and DIR arguments → scenario files.
import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isScenarioText, type ReadFile } from "@kubehop/lab";
import { fileProblem, type Io, readText, UsageError } from "./io.ts";

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

/** A file that a scenario names, relative to it; undefined when it is not there or is a folder. */
function readBeside(scenario: string, path: string): string | undefined {
  try {
    const file = resolve(dirname(scenario), path);
    if (!statSync(file).isFile()) return undefined;
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (
      code === "ENOENT" ||
      code === "EISDIR" ||
      code === "ENOTDIR" ||
      code === "ENAMETOOLONG" ||
      code === "ERR_INVALID_ARG_VALUE"
    )
      return undefined;
    throw new UsageError(fileProblem(path, error));
  }
}
