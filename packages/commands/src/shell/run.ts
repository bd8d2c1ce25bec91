// Runs a parsed line on the virtual clock: lists, pipelines, redirections. The left side of a pipe ends before the right begins.

import type { ShellContext } from "../context.ts";
import type { RunningCommand } from "../process.ts";
import { ended, EXIT_INTERRUPTED, Task } from "../process.ts";
import type { Registry } from "../registry.ts";
import { readFile, writeFile } from "./files.ts";
import { ShellNotModelled, ShellSyntaxError } from "./lex.ts";
import { notModelledHint } from "./not-modelled.ts";
import type { Pipeline, Redirect, SimpleCommand } from "./parse.ts";
import { parseLine } from "./parse.ts";

const EXIT_NOT_FOUND = 127;
const BIN_DIR = /^\/(usr\/(local\/)?)?s?bin\//;

/** What the caller of the shell gives; the shell adds `start`. */
export interface PlaceContext extends Omit<ShellContext, "start" | "refuse"> {
  /** Called with every refusal of a line: through pipes, lists, redirections and `kubectl exec`, at any later time. */
  refuse?(text: string): void;
}

/** Start a command line (or several lines) at a place. Output goes to the context; the process ends on the virtual clock. */
export function startLine(place: PlaceContext, text: string, registry: Registry): RunningCommand {
  const ctx = shellContext(place, registry);
  try {
    return runList(ctx, parseLine(text), registry);
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    ctx.stderr(`bash: ${error.message}\n`);
    if (error instanceof ShellNotModelled) ctx.refuse(`bash: ${error.message}`);
    return ended(error.code);
  }
}

/** The same for words that need no shell (kubectl exec): no quoting, no pipes. */
export function startWords(place: PlaceContext, words: readonly string[], registry: Registry): RunningCommand {
  return runWords(shellContext(place, registry), words, registry);
}

interface Streams {
  readonly stdin: string;
  stdout(text: string): void;
  stderr(text: string): void;
}

function shellContext(place: PlaceContext, registry: Registry, streams: Streams = place): ShellContext {
  const ctx: ShellContext = {
    place: place.place,
    ns: place.ns,
    tools: place.tools,
    files: place.files,
    kube: place.kube,
    stdin: streams.stdin,
    stdout: (text) => streams.stdout(text),
    stderr: (text) => streams.stderr(text),
    resolve: (name) => place.resolve(name),
    origin: place.origin,
    readFile: (path) => place.readFile(path),
    start: (line) => startLine(ctx, line, registry),
    refuse: (text) => place.refuse?.(text),
  };
  return ctx;
}

/** Pipelines one after the other, as && and || allow. */
function runList(ctx: ShellContext, pipelines: readonly Pipeline[], registry: Registry): RunningCommand {
  const task = new Task();
  const todo = [...pipelines];
  let code = 0;
  const next = (): void => {
    const pipeline = todo.shift();
    if (pipeline === undefined) return task.exit(code);
    if ((pipeline.after === "&&" && code !== 0) || (pipeline.after === "||" && code === 0)) return next();
    const running = runPipeline(ctx, pipeline.commands, registry);
    task.onInterrupt = () => {
      todo.length = 0;
      running.interrupt();
    };
    running.onExit(() => {
      const exit = running.exitCode ?? EXIT_INTERRUPTED;
      code = pipeline.negated ? Number(exit === 0) : exit;
      task.outcome = running.outcome ?? task.outcome;
      next();
    });
  };
  next();
  return task;
}

function runPipeline(ctx: ShellContext, commands: readonly SimpleCommand[], registry: Registry): RunningCommand {
  const task = new Task();
  const runFrom = (index: number, stdin: string): void => {
    const command = commands[index];
    if (command === undefined) return;
    const right = commands[index + 1];
    let out = "";
    let full = false;
    const pipeOut = (text: string): void => {
      out += text;
      if (full || right === undefined || !isSatisfied(right, out, registry)) return;
      // SIGPIPE: the reader has left. Told from the clock, not from inside the writer.
      full = true;
      ctx.ns.world.clock.schedule(0, () => running.interrupt());
    };
    const streams: Streams = {
      stdin,
      stdout: right === undefined ? (text) => ctx.stdout(text) : pipeOut,
      stderr: (text) => ctx.stderr(text),
    };
    const running = runSimple(ctx, streams, command, registry);
    task.onInterrupt = () => running.interrupt();
    running.onExit(() => {
      task.outcome = running.outcome ?? task.outcome;
      if (right === undefined) task.exit(running.exitCode ?? 0);
      else runFrom(index + 1, out);
    });
  };
  runFrom(0, ctx.stdin);
  return task;
}

function isSatisfied(right: SimpleCommand, input: string, registry: Registry): boolean {
  const words = withoutSudo(right.words);
  const command = registry.get(commandName(words[0] ?? ""));
  return command?.satisfied?.(words.slice(1), input) ?? false;
}

function runSimple(ctx: ShellContext, streams: Streams, command: SimpleCommand, registry: Registry): RunningCommand {
  const redirected = redirect(ctx, streams, command.redirects);
  if (redirected === undefined) return ended(1);
  return runWords(shellContext(ctx, registry, redirected), command.words, registry);
}

function runWords(ctx: ShellContext, words: readonly string[], registry: Registry): RunningCommand {
  const [name, ...args] = withoutSudo(words);
  if (name === undefined) return ended(0);
  const command = registry.get(commandName(name));
  return command === undefined ? ended(notFound(ctx, name)) : command.start(ctx, args);
}

function notFound(ctx: ShellContext, name: string): number {
  ctx.stderr(`bash: ${name}: ${name.includes("/") ? "No such file or directory" : "command not found"}\n`);
  const hint = notModelledHint(commandName(name));
  if (hint !== undefined) ctx.stderr(`kubehop: ${name} is not modelled: ${hint}\n`);
  ctx.refuse(noSuchCommand(name));
  return EXIT_NOT_FOUND;
}

/** What is told of a program that is not there. */
export function noSuchCommand(name: string): string {
  const hint = notModelledHint(commandName(name));
  return hint === undefined ? `${name}: kubehop has no such command` : `${name} is not modelled: ${hint}`;
}

/** `/usr/sbin/iptables` is `iptables`. */
export function commandName(word: string): string {
  return word.replace(BIN_DIR, "");
}

/** Everybody is root here; `sudo -E cmd` is `cmd`. */
export function withoutSudo(words: readonly string[]): readonly string[] {
  if (words[0] !== "sudo") return words;
  let at = 1;
  while (/^-[EnHS]+$/.test(words[at] ?? "")) at++;
  while (/^[A-Za-z_]\w*=/.test(words[at] ?? "")) at++;
  return words.slice(at);
}

/** Streams with redirections applied from left to right; undefined when a file cannot be opened (said on stderr). */
function redirect(ctx: ShellContext, streams: Streams, redirects: readonly Redirect[]): Streams | undefined {
  let stdin = streams.stdin;
  const stdoutSink = (text: string): void => streams.stdout(text);
  const sinks = [stdoutSink, stdoutSink, (text: string): void => streams.stderr(text)];
  for (const { fd, op, target } of redirects) {
    if (op === "text") stdin = target;
    else if (op === "<") {
      const text = readFile(ctx, target);
      if (text === undefined) return failed(ctx, target, "No such file or directory");
      stdin = text;
    } else if (op === "dup") {
      const sink = sinks[Number(target)];
      if (sink === undefined) return failed(ctx, target, "Bad file descriptor");
      sinks[fd] = sink;
    } else {
      const error = openForWriting(ctx, target, op === ">>");
      if (error !== undefined) return failed(ctx, target, error);
      sinks[fd] = (text) => appendTo(ctx, target, text);
    }
  }
  const [, stdout, stderr] = sinks;
  if (stdout === undefined || stderr === undefined) return undefined;
  return { stdin, stdout, stderr };
}

function failed(ctx: ShellContext, target: string, why: string): undefined {
  ctx.stderr(`bash: ${target}: ${why}\n`);
  return undefined;
}

function openForWriting(ctx: ShellContext, target: string, append: boolean): string | undefined {
  if (target.startsWith("/proc/sys/"))
    return readFile(ctx, target) === undefined ? "No such file or directory" : undefined;
  return writeFile(ctx, target, "", append);
}

function appendTo(ctx: ShellContext, target: string, text: string): void {
  const error = writeFile(ctx, target, text, true);
  if (error !== undefined) ctx.stderr(`bash: echo: write error: ${error}\n`);
}
