// What a command may touch of the machine, in one place, so that tests can run commands in-process.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";

export interface Io {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Colours may be used on stdout. */
  readonly colour: boolean;
  /** KUBEHOP_DEBUG=1: show stacks. */
  readonly debug: boolean;
  /** What stdout is may be written over. */
  readonly stdoutIsTerminal?: boolean;
  readonly stderrIsTerminal?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** File that node was started with: what a further thread starts with. Without it there is one thread only. */
  readonly program?: string | undefined;
  /** All that is piped in, or undefined at a terminal. */
  readonly stdin?: () => string | undefined;
  /** Tells of ^C and SIGTERM from the call on, which then no longer end the process. */
  readonly interrupted?: () => AbortSignal;
}

export function processIo(): Io {
  const { env } = process;
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    // https://no-color.org: any value but the empty one.
    colour: process.stdout.isTTY && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb",
    debug: (env["KUBEHOP_DEBUG"] ?? "") !== "",
    stdoutIsTerminal: process.stdout.isTTY,
    stderrIsTerminal: process.stderr.isTTY,
    env,
    program: process.argv[1],
    stdin: () => (process.stdin.isTTY ? undefined : readStdin()),
    interrupted: untilInterrupted,
  };
}

function readStdin(): string {
  try {
    return readFileSync(0, "utf8");
  } catch (error) {
    throw new UsageError(fileProblem("stdin", error));
  }
}

function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** A mistake of the one who typed the command: one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Text of a file; a UsageError when it cannot be read. */
export function readText(file: string): string {
  try {
    // A pipe or a device may never end.
    const found = statSync(file);
    if (!found.isFile() && !found.isDirectory()) throw new UsageError(`${file}: not a regular file`);
    return readFileSync(file, "utf8");
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(fileProblem(file, error));
  }
}

/** One by one: Node's own recursion never ends where a folder cannot be made without an error that says so (/proc). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above);
  mkdirSync(folder);
}

/** Writes a file and the folders it stands in. */
export function writeText(file: string, content: string | Uint8Array): void {
  try {
    makeFolder(dirname(file));
    writeFileSync(file, content);
  } catch (error) {
    throw new UsageError(fileProblem(file, error));
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
  EPERM: "operation not permitted",
  EIO: "input/output error",
  EDQUOT: "disk quota exceeded",
  ENOSPC: "no space left",
  EROFS: "read-only file system",
  ELOOP: "too many symbolic links",
  ENAMETOOLONG: "name too long",
};

/** `FILE: reason`; what is no trouble of a file is thrown on. */
export function fileProblem(file: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === undefined) throw error;
  return `${file}: ${REASONS[code] ?? code}`;
}
