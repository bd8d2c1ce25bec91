// Runs the command in this process, with what it wrote.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { dispatch } from "../src/dispatch.ts";
import type { Io } from "../src/io.ts";

export interface Typed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function kubehop(...argv: string[]): Promise<Typed> {
  return await kubehopWith({}, ...argv);
}

/** With more of a machine than a place to write to. */
export async function kubehopWith(more: Partial<Io>, ...argv: string[]): Promise<Typed> {
  let stdout = "";
  let stderr = "";
  const io = {
    stdout: (text: string) => void (stdout += text),
    stderr: (text: string) => void (stderr += text),
    colour: false,
    debug: false,
    ...more,
  };
  const code = await dispatch(argv, io);
  return { code, stdout, stderr };
}

/** A folder with files, gone after `use`. */
export async function withFiles<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "kubehop-cli-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
