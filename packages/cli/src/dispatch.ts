// argv → subcommand → exit code: 0 all held · 1 an expectation failed · 2 the input is wrong or nothing was tested · 3 a bug of ours.
import { Refusal } from "@kubehop/sim";
import { type Io, UsageError } from "./io.ts";

export type Run = (args: readonly string[], io: Io) => number | Promise<number>;

interface Subcommand {
  readonly usage: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly run: Run }>;
  /** What --help says behind usage and summary. */
  readonly details?: () => Promise<string>;
}

export const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  run: {
    usage:
      "run FILE|DIR… [--seed N] [--json FILE] [--junit FILE] [--pcapng DIR] [--verbose] [--update] [--mutate] [--no-fix] [--jobs N] [--shard I/N] [--watch] [--github]",
    summary: "run scenarios; a folder is searched for files whose first key is scenario: or lab:",
    load: () => import("./commands/run.ts"),
  },
  explain: {
    usage: "explain FILE ['FLOW'] [--cell NAME=VALUE]… [--step ID] [--at TIME] [--seed N] [--minimal|--summary|--full]",
    summary: "the story of a packet, both directions",
    load: () => import("./commands/explain.ts"),
    details: async () => (await import("./commands/explain-help.ts")).DETAILS,
  },
  flows: {
    usage: "flows FILE ['FLOW'…] [--from PLACE,… --to ADDRESS:PORT,…] [--cell NAME=VALUE]… [--seed N] [--json]",
    summary:
      "a table of flows and who may answer them at time 0, with every random choice, as `flows:` of a file expects it",
    load: () => import("./commands/flows.ts"),
  },
  fix: {
    usage: "fix FILE [--cell NAME=VALUE]… [--step ID] [--seed N] [--replays N] [--json]",
    summary:
      "single changes that repair what fails, or what a bug file shows: each was tried by repeating the run with it",
    load: () => import("./commands/fix.ts"),
  },
  compare: {
    usage:
      "compare FILE FILE | FILE ['FLOW'] (--cell NAME=A --cell NAME=B | --kubernetes A --kubernetes B | --cluster.KEY A --cluster.KEY B) [--seed N] [--json]",
    summary: "two files, cells or versions: whose fates differ, the first divergent hop, the rule that decides",
    load: () => import("./commands/compare.ts"),
  },
  validate: {
    usage: "validate FILE|DIR… [--resolved [--seed N]]",
    summary:
      "read and check only; --resolved prints every default that was filled in, and the cluster as it will stand at time 0",
    load: () => import("./commands/validate.ts"),
  },
  verify: {
    usage:
      "verify FILE|DIR… [--seed N] | --recorded FILE|DIR… [--case NAME] | --fuzz [--seed S] [--cases N] [--kind KIND]… [--stop N] [--out DIR] | --round-trip [--seed S] [--cases N] [--stop N]",
    summary:
      "compare with the Linux kernel: scenarios, random labs and round trips of rules with that of this machine, recordings with that which they were made on",
    load: () => import("./commands/verify.ts"),
    details: async () => (await import("./commands/verify-help.ts")).DETAILS,
  },
  new: {
    usage: "new [-o DIR [--force]] [--title TEXT] < DUMP",
    summary:
      "a scenario from what kubectl get -o yaml prints; -o writes scenario.yaml and manifests.yaml; what is guessed or left out is told on stderr",
    load: () => import("./commands/new.ts"),
  },
  schema: {
    usage: "schema [--markdown|--report]",
    summary:
      "JSON Schema of the scenario file; --markdown prints its reference, --report the JSON Schema of run --json",
    load: () => import("./commands/schema.ts"),
  },
  support: {
    usage: "support",
    summary: "what is modelled and what is refused, as Markdown",
    load: () => import("./commands/support.ts"),
  },
};

/** Never throws and never exits: the caller sets the exit code. */
export async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const [first, ...args] = argv;
  try {
    if (first === undefined || first === "help" || first === "--help" || first === "-h")
      return await help(args[0], first !== undefined, io);
    if (first === "--version" || first === "-V") return version(io);
    const subcommand = await findSubcommand(first);
    if (args.includes("--help") || args.includes("-h")) return await help(first, true, io);
    const { run } = await subcommand.load();
    return await run(args, io);
  } catch (error) {
    return reportError(error, first, io);
  }
}

async function findSubcommand(name: string): Promise<Subcommand> {
  const found = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  if (found !== undefined) return found;
  const { didYouMean } = await import("@kubehop/kube");
  const looksLikeFile = /[./]/.test(name) && !name.startsWith("-");
  const hint = looksLikeFile
    ? `to run a scenario: kubehop run ${name}`
    : (didYouMean(name, Object.keys(SUBCOMMANDS)) ?? "kubehop --help lists the commands");
  throw new UsageError(
    name.startsWith("-") ? `unknown option ${name}` : `unknown command ${JSON.stringify(name)}`,
    hint,
  );
}

async function help(name: string | undefined, asked: boolean, io: Io): Promise<number> {
  const one = name !== undefined && Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  const text = one === undefined ? overview() : await helpOf(one);
  // Nothing typed at all is a mistake, so its answer goes where mistakes go.
  if (asked) io.stdout(text);
  else io.stderr(text);
  return asked ? 0 : 2;
}

async function helpOf({ usage, summary, details }: Subcommand): Promise<string> {
  const short = `usage: kubehop ${usage}\n\n${summary}\n`;
  return details === undefined ? short : `${short}\n${await details()}`;
}

function overview(): string {
  const rows = Object.values(SUBCOMMANDS).map(({ usage, summary }) => `  kubehop ${usage}\n      ${summary}`);
  return [
    "kubehop: a Kubernetes cluster's network in one process",
    "",
    ...rows,
    "",
    "  kubehop --help | --version",
    "",
    "Exit codes: 0 all held, 1 an expectation failed, 2 the input is wrong or nothing was tested, 3 a bug of ours.",
    "KUBEHOP_DEBUG=1 shows stacks, NO_COLOR=1 turns colours off.",
    "",
  ].join("\n");
}

async function version(io: Io): Promise<number> {
  const { VERSION } = await import("./version.ts");
  io.stdout(`kubehop ${VERSION}\n`);
  return 0;
}

/** One line for a mistake of the user; for a bug of ours one line and what to do about it. Stacks only on request. */
export function reportError(error: unknown, command: string | undefined, io: Io): number {
  if (error instanceof UsageError) {
    const name = command !== undefined && Object.hasOwn(SUBCOMMANDS, command) ? `kubehop ${command}` : "kubehop";
    io.stderr(`${name}: ${error.message}\n${error.hint === undefined ? "" : `hint: ${error.hint}\n`}`);
    if (io.debug) io.stderr(`${error.stack ?? ""}\n`);
    return 2;
  }
  if (error instanceof Refusal) {
    io.stderr(`kubehop: ${error.message}\n${io.debug ? `${error.stack ?? ""}\n` : ""}`);
    return 2;
  }
  const message = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
  io.stderr(
    `kubehop: this is a bug in kubehop: ${message}\nPlease report it with the command and the file that show it${io.debug ? "" : "; KUBEHOP_DEBUG=1 shows where it happened"}.\n`,
  );
  if (io.debug && error instanceof Error) io.stderr(`${error.stack ?? ""}\n`);
  return 3;
}
