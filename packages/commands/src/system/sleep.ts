// sleep, timeout, true, false: time passes on the virtual clock.

import type { ShellCommand, ShellContext } from "../context.ts";
import { instant } from "../instant.ts";
import { ended, Task } from "../process.ts";
import { complain, refuse } from "../refuse.ts";
import { usageError } from "../text/tool.ts";

const UNITS: Readonly<Record<string, number>> = { "": 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1.5`, `2m` → ms; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d*)?|\.\d+)([smhd]?)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ""];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

export const sleep: ShellCommand = {
  name: "sleep",
  summary: "let virtual time pass",
  start(ctx, args) {
    if (args.length === 0)
      return ended(complain(ctx, "sleep: missing operand\nTry 'sleep --help' for more information.", 1));
    const option = args.find((arg) => /^-./.test(arg));
    if (option !== undefined) return ended(noOption(ctx, "sleep", option, 1));
    let total = 0;
    for (const arg of args) {
      const ms = parseDuration(arg);
      if (ms === undefined)
        return ended(
          complain(ctx, `sleep: invalid time interval '${arg}'\nTry 'sleep --help' for more information.`, 1),
        );
      total += ms;
    }
    const task = new Task();
    const clock = ctx.ns.world.clock;
    const timer = clock.schedule(total, () => task.exit(0));
    task.onExit(() => clock.cancel(timer));
    return task;
  },
};

/** Letters and long options of timeout; sleep has none. */
const TIMEOUT_OPTIONS = /^(-[ksv]|--(kill-after|signal|preserve-status|foreground|verbose))/;

function noOption(ctx: ShellContext, tool: "sleep" | "timeout", option: string, code: number): number {
  if (tool === "timeout" && TIMEOUT_OPTIONS.test(option))
    return refuse(ctx, tool, `option ${option.startsWith("--") ? option : option.slice(0, 2)}`);
  const error = option.startsWith("--") ? option : option.slice(0, 2);
  return usageError(ctx, tool, code, { error: "unknown", option: error });
}

const EXIT_TIMED_OUT = 124;

/** `timeout 5 tcpdump …`: SIGTERM after the time is SIGINT here, which every command of kubehop treats alike. */
export const timeout: ShellCommand = {
  name: "timeout",
  summary: "end a command after some virtual time",
  start(ctx, args) {
    const [limit = "", ...words] = args;
    if (words.length === 0)
      return ended(complain(ctx, "timeout: missing operand\nTry 'timeout --help' for more information.", 125));
    const ms = parseDuration(limit);
    if (ms === undefined)
      return ended(
        limit.startsWith("-")
          ? noOption(ctx, "timeout", limit, 125)
          : complain(ctx, `timeout: invalid time interval '${limit}'`, 125),
      );
    const running = ctx.start(words.map(quoteWord).join(" "));
    const task = new Task();
    let expired = false;
    const clock = ctx.ns.world.clock;
    const timer = clock.schedule(ms, () => {
      expired = true;
      running.interrupt();
    });
    task.onInterrupt = () => running.interrupt();
    running.onExit(() => {
      clock.cancel(timer);
      task.exit(expired ? EXIT_TIMED_OUT : (running.exitCode ?? 0), running.outcome);
    });
    return task;
  },
};

/** A word so quoted that the shell reads it back as it is. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export const trueCommand = instant("true", "succeed", () => 0);
export const falseCommand = instant("false", "fail", () => 1);
