// FILE and DIR arguments → scenario files.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isScenarioText, type ReadFile } from "@kubehop/lab";
import { fileProblem, type Io, readText, UsageError } from "./io.ts";

export interface ScenarioFile {
  /** As the user would type it. */
  readonly file: string;
  readonly text: string;
  readonly readFile: ReadFile;
}

/** Files as given, folders searched; each file once. A UsageError when nothing is found. */
export function findScenarios(args: readonly string[], io: Io): ScenarioFile[] {
  if (args.length === 0) throw new UsageError("no file is named", "kubehop run FILE or kubehop run DIR");
  const found = new Map<string, ScenarioFile>();
  for (const arg of args) {
    for (const file of isFolder(arg) ? searchFolder(arg, io) : [scenarioFile(arg, readText(arg))]) {
      const key = resolve(file.file);
      if (!found.has(key)) found.set(key, file);
    }
  }
  return [...found.values()];
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new UsageError(fileProblem(path, error));
  }
}

/** All scenarios below a folder, by name; other YAML is passed over. */
function searchFolder(folder: string, io: Io): ScenarioFile[] {
  const files = yamlFiles(folder).map((file) => scenarioFile(file, readText(file)));
  const scenarios = files.filter(({ text }) => isScenarioText(text));
  for (const { file, text } of files) {
    if (!isScenarioText(text) && /^(?:scenario|lab):/m.test(text))
      io.stderr(`kubehop: ${file} is passed over: scenario: is not its first key\n`);
  }
  if (scenarios.length === 0)
    throw new UsageError(
      `${folder}: no scenario in this folder`,
      "a file is a scenario when its first key is scenario: or lab:",
    );
  return scenarios;
}

function yamlFiles(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
  return entries.flatMap((entry) => {
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return yamlFiles(path);
    return /\.ya?ml$/.test(entry.name) ? [path] : [];
  });
}

function scenarioFile(file: string, text: string): ScenarioFile {
  return { file, text, readFile: (path) => readBeside(file, path) };
}

/** A file that a scenario names, relative to it; undefined when it is not there or is a folder. */
function readBeside(scenario: string, path: string): string | undefined {
  try {
    return readFileSync(resolve(dirname(scenario), path), "utf8");
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
