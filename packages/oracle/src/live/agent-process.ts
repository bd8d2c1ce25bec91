// The python process that is our hands in the real kernel (agent/kernel-agent.py, protocol in agent/README.md), asked synchronously:
// one JSON line there, one back, over two FIFOs. When we end, it reads the end of its input and ends too, and with it everything it made.

import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readSync, realpathSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The agent did not do what was asked; the message is its own. */
export class LiveError extends Error {
  override readonly name: string = "LiveError";
}

/** The kernel at hand lacks what is asked for. */
export class NotHere extends LiveError {
  override readonly name = "NotHere";
}

const SCRIPT = "packages/oracle/agent/kernel-agent.py";
const READ_CHUNK = 1 << 20;

/** Where this code runs from. A bundle need not know: then it is the program that was started. */
function startFolder(): string {
  const url: string | undefined = import.meta.url;
  return dirname(url === undefined ? realpathSync(process.argv[1] ?? ".") : fileURLToPath(url));
}

/** The script stands beside this package's sources; the bundled command lies in another package's folder of the same tree. */
function agentScript(): string {
  let folder = startFolder();
  while (!existsSync(join(folder, SCRIPT))) {
    const parent = dirname(folder);
    if (parent === folder) throw new LiveError(`${SCRIPT} is not there`);
    folder = parent;
  }
  return join(folder, SCRIPT);
}

/** As root directly; else as root of a user namespace of its own. */
function commandLine(args: readonly string[]): [string, string[]] {
  const words = ["python3", agentScript(), ...args];
  return process.getuid?.() === 0 ? ["python3", words.slice(1)] : ["unshare", ["--user", "--map-root-user", ...words]];
}

/** What starts the agent, with Debian's package; every other program is looked for by the agent itself. */
const STARTERS = [
  { tool: "python3", told: "python3 (Debian: python3; besides it iproute2 iptables ipset conntrack ethtool procps)" },
  { tool: "unshare", told: "unshare (Debian: util-linux)" },
];

/** What the machine lacks for a live comparison, in words; empty when it can be done. */
export function missingRequirements(): readonly string[] {
  if (process.platform !== "linux") return [`this is ${process.platform}, not Linux`];
  const [file, args] = commandLine(["--check"]);
  const started = [file, ...args];
  const absent = STARTERS.filter(({ tool }) => started.includes(tool) && !isInstalled(tool));
  if (absent.length > 0) return absent.map(({ told }) => `not installed: ${told}`);
  const { status, signal, stdout, stderr } = spawnSync(file, args, { encoding: "utf8" });
  if (status === 0 && stdout.startsWith("[")) return JSON.parse(stdout) as string[];
  const said = stderr.trim().split("\n").at(-1) || "it said nothing";
  const namespace = file === "unshare" ? " in a user namespace" : "";
  return [`python3 does not run our agent${namespace} (${signal ?? `exit code ${status}`}): ${said}`];
}

function isInstalled(tool: string): boolean {
  return spawnSync(tool, ["--version"]).error === undefined;
}

/** A request is plain data with the operation's name in `op`; the answer is what the README says for it. */
export class AgentProcess {
  readonly #requests: number;
  readonly #answers: number;
  readonly #chunk = Buffer.alloc(READ_CHUNK);
  #rest: Buffer[] = [];
  #open = true;

  /** Call `missingRequirements` first: an agent that cannot start would never be heard. */
  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "kubehop-live-"));
    try {
      const [requests, answers] = [join(folder, "requests"), join(folder, "answers")];
      const made = spawnSync("mkfifo", [requests, answers], { encoding: "utf8" });
      if (made.status !== 0) throw new LiveError(made.stderr.trim());
      const [file, args] = commandLine([requests, answers]);
      // Not detached: Ctrl-C at the terminal reaches it as it reaches us.
      spawn(file, args, { stdio: ["ignore", "ignore", "inherit"] }).unref();
      this.#requests = openSync(requests, "w");
      this.#answers = openSync(answers, "r");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  ask<T>(op: string, message: Readonly<Record<string, unknown>> = {}): T {
    if (!this.#open) throw new LiveError("the agent is gone");
    this.#write(Buffer.from(`${JSON.stringify({ op, ...message })}\n`));
    const answer = JSON.parse(this.#readLine()) as { readonly ok?: T; readonly error?: string };
    if (answer.error !== undefined) throw new LiveError(`${op}: ${answer.error}`);
    return answer.ok as T;
  }

  /** The process ends, and the kernel takes down what it held. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#requests);
    closeSync(this.#answers);
  }

  #write(data: Buffer): void {
    for (let at = 0; at < data.length;) at += writeSync(this.#requests, data, at);
  }

  #readLine(): string {
    for (;;) {
      const count = readSync(this.#answers, this.#chunk, 0, READ_CHUNK, null);
      if (count === 0) {
        this.close();
        throw new LiveError("the agent ended");
      }
      const part = Buffer.from(this.#chunk.subarray(0, count));
      const end = part.indexOf(10);
      if (end < 0) {
        this.#rest.push(part);
        continue;
      }
      const line = Buffer.concat([...this.#rest, part.subarray(0, end)]).toString("utf8");
      // Nothing follows an answer before the next request.
      this.#rest = [];
      return line;
    }
  }
}
