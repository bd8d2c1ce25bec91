// Commands: what a person types at a place (a node, a pod, a host). A command is a process on the virtual clock: `start` returns at
// once, output comes by the context, and whoever started it lets time pass until it has ended. Nothing waits, nothing is async.

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { RuleOrigin } from "./batch.ts";

/** Where and with what a command runs. */
export interface CommandContext {
  /** Place as scenarios name it: `node1`, `client`, `deploy/web#1`, `admin`. */
  readonly place: string;
  readonly ns: NetNamespace;
  /** Versions of the tools at this place: decides how listings are printed. */
  readonly tools: ToolVersions;
  /** In-memory files of the place (redirections, diff, manifests). */
  readonly files: Map<string, string>;
  readonly stdin: string;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Name → address as the place's resolver answers; undefined: no such host. */
  resolve(name: string): Ipv4 | undefined;
  /** Stands behind the rules and rows that commands write here; undefined: the program itself. */
  readonly origin?: RuleOrigin | undefined;
}

export interface ToolVersions {
  readonly iptables: "1.4.21" | "1.8.4" | "1.8.7" | "1.8.9";
  /** Which back end the plain `iptables` works on. */
  readonly backend: "nft" | "legacy";
  /** iproute2 release, e.g. "4.11", "6.1". */
  readonly iproute2: string;
  readonly kubectl: string;
}

export interface Process {
  /** Undefined while it runs. */
  readonly exitCode: number | undefined;
  /** SIGINT: a tcpdump prints its summary, a ping its statistics. */
  interrupt(): void;
}

export interface Command {
  readonly name: string;
  /** One line for listings of commands. */
  readonly summary: string;
  /** `args` are the words behind the name, quotes already removed. Errors of usage are printed as the real tool words them; what is not modelled is refused by name with exit code 2. */
  start(ctx: CommandContext, args: readonly string[]): Process;
}
