// sysctl (procps-ng): read, -w, -a with --pattern, prefixes.

import { applyBatch } from "@kubehop/netstack";
import { instant } from "../instant.ts";
import type { ShellContext } from "../context.ts";
import { isOptionError, lastValue, parseOptions } from "../options.ts";
import { complain, refuse } from "../refuse.ts";
import { missingSysctl, sysctlName } from "../shell/files.ts";

export const SYSCTL_SPEC = {
  short: "awneqr:N",
  long: { all: "a", write: "w", values: "n", ignore: "e", quiet: "q", names: "N", "pattern=": "r" },
  refusedShort: "pbx",
  refusedLong: ["system", "load", "binary"],
} as const;

export const sysctl = instant("sysctl", "read and change kernel parameters of this place", (ctx, args) => {
  const parsed = parseOptions(SYSCTL_SPEC, args);
  if (isOptionError(parsed))
    return parsed.error === "refused"
      ? refuse(ctx, "sysctl", `option ${parsed.option}`)
      : complain(ctx, `sysctl: unrecognized option '${parsed.option}'`, 1);
  const has = (key: string): boolean => parsed.values.has(key);
  const show: Show = { ctx, value: !has("N"), name: !has("n"), ignore: has("e"), quiet: has("q") };
  if (has("a")) return showAll(show, lastValue(parsed, "r"));
  if (parsed.operands.length === 0)
    return complain(ctx, "sysctl: no variables specified\nTry `sysctl --help' for more information.", 1);
  let code = 0;
  for (const operand of parsed.operands)
    code |= operand.includes("=") ? write(show, operand) : has("w") ? noValue(show, operand) : read(show, operand);
  return code;
});

interface Show {
  readonly ctx: ShellContext;
  readonly name: boolean;
  readonly value: boolean;
  readonly ignore: boolean;
  readonly quiet: boolean;
}

function print({ ctx, name, value }: Show, key: string, text: string): void {
  if (!value) ctx.stdout(`${key}\n`);
  else ctx.stdout(name ? `${key} = ${text}\n` : `${text}\n`);
}

function showAll(show: Show, pattern: string | undefined): number {
  const filter = pattern === undefined ? undefined : new RegExp(pattern);
  for (const key of show.ctx.ns.sysctl.names())
    if (filter?.test(key) !== false) print(show, key, show.ctx.ns.sysctl.get(key) ?? "");
  return 0;
}

/** `net/ipv4/ip_forward` is read as `net.ipv4.ip_forward`, a dot in it as part of a device's name: the first of the two tells which is meant. */
function dotted(key: string): string {
  return /^[^.]*\//.test(key) ? sysctlName(key) : key;
}

function missing({ ctx, ignore }: Show, key: string): number {
  if (ignore) return 0;
  complain(
    ctx,
    `sysctl: cannot stat /proc/sys/${key.replaceAll(/[./]/g, (c) => (c === "." ? "/" : "."))}: No such file or directory`,
    1,
  );
  missingSysctl(ctx, key);
  return 1;
}

function read(show: Show, operand: string): number {
  const key = dotted(operand);
  const { sysctl: table } = show.ctx.ns;
  const value = table.get(key);
  if (value !== undefined) {
    print(show, key, value);
    return 0;
  }
  const below = table.names().filter((name) => name.startsWith(`${key}.`));
  for (const name of below) print(show, name, table.get(name) ?? "");
  return below.length > 0 ? 0 : missing(show, key);
}

/** -w wants `key=value` in one word: `-w a = 1` writes nothing, and only the name of a file is complained about. */
function noValue({ ctx }: Show, operand: string): number {
  const known = ctx.ns.sysctl.get(dotted(operand)) !== undefined;
  return known ? complain(ctx, "sysctl: command line(0): invalid syntax, continuing...", 1) : 1;
}

const EINVAL = "Invalid argument";
const WRITE_ERRORS: Readonly<Record<string, string>> = { EINVAL, EACCES: "Permission denied" };

function write(show: Show, operand: string): number {
  const at = operand.indexOf("=");
  const key = dotted(operand.slice(0, at).trim());
  const value = operand.slice(at + 1).trim();
  if (operand === "=") return 1;
  if (key === "") return complain(show.ctx, "sysctl: Path is not under /proc/sys/: /proc/sys/", 1);
  if (value === "") return complain(show.ctx, `sysctl: setting key "${key}": ${EINVAL}`, 1);
  const errno = applyBatch(show.ctx.ns, { agent: "sysctl", ops: [{ op: "sysctl", key, value }] })?.errno;
  if (errno === "ENOENT") return missing(show, key);
  if (errno === "EOPNOTSUPP") return refuse(show.ctx, "sysctl", `${key}=${value}`);
  if (errno !== undefined) return complain(show.ctx, `sysctl: setting key "${key}": ${WRITE_ERRORS[errno]}`, 1);
  if (!show.quiet) print(show, key, value);
  return 0;
}
