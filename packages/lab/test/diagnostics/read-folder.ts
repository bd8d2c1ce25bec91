// Files beside the wrong ones, as the command reads them.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ReadFile } from "../../src/load/context.ts";

export function readFolder(folder: string): ReadFile {
  return (path) => {
    const file = join(folder, path);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) return { refused: "is a folder" };
    return found === undefined ? undefined : readFileSync(file, "utf8");
  };
}
