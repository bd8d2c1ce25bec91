// Files of a place: in memory, by path as typed (`./x` is `x`), before the files beside the scenario; /proc/sys reads sysctls.

import type { ShellContext } from "../context.ts";

export function normalPath(path: string): string {
  return path.replace(/\/{2,}/g, "/").replace(/^(\.\/)+/, "");
}

/** Text of a file; undefined: no such file. */
export function readFile(ctx: ShellContext, path: string): string | undefined {
  const name = normalPath(path);
  if (name === "/dev/null") return "";
  if (name === "-" || name === "/dev/stdin") return ctx.stdin;
  if (name.startsWith("/proc/sys/")) return readSysctl(ctx, name.slice("/proc/sys/".length));
  return ctx.files.get(name) ?? ctx.readFile(name);
}

/** The errno text when it cannot be written. Writing below /proc/sys sets a sysctl. */
export function writeFile(ctx: ShellContext, path: string, text: string, append: boolean): string | undefined {
  const name = normalPath(path);
  if (name === "/dev/null") return undefined;
  if (name.startsWith("/proc/sys/")) return writeSysctl(ctx, name.slice("/proc/sys/".length), text);
  if (name.endsWith("/")) return "Is a directory";
  ctx.files.set(name, append ? (ctx.files.get(name) ?? "") + text : text);
  return undefined;
}

/** Path below /proc/sys → dotted name; a dot inside a device name is written as it is in the table. */
export function sysctlName(path: string): string {
  return path.replaceAll("/", ".");
}

function readSysctl(ctx: ShellContext, path: string): string | undefined {
  const value = ctx.ns.sysctl.get(sysctlName(path));
  return value === undefined ? undefined : `${value}\n`;
}

const ERRNO_TEXT = {
  ENOENT: "No such file or directory",
  EINVAL: "Invalid argument",
  EACCES: "Permission denied",
} as const;

function writeSysctl(ctx: ShellContext, path: string, text: string): string | undefined {
  if (text === "") return undefined;
  const errno = ctx.ns.sysctl.set(sysctlName(path), text.trim());
  return errno === undefined ? undefined : ERRNO_TEXT[errno];
}
