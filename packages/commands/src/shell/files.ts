// Files of a place: in memory, by path as typed (`./x` is `x`), before the files beside the scenario; /proc/sys reads sysctls.
// The machine kubehop runs on is never looked at: what a real node would have elsewhere is refused by name.

import { applyBatch } from "@kubehop/netstack";
import type { ShellContext } from "../context.ts";
import { refuseByName } from "../refuse.ts";
import { isAbsent } from "../system/known-sysctl.ts";

/** Where people keep files of their own: empty at first, and nothing else reads what is written there. */
const OWN_FOLDERS = /^\/(tmp|var\/tmp|root|home|mnt|srv|opt)(\/|$)/;

export function normalPath(path: string): string {
  return path
    .replace(/\/{2,}/g, "/")
    .replace(/(\/\.)+(?=\/|$)/g, "")
    .replace(/^(\.\/)+/, "");
}

/** Text of a file; undefined: no such file. */
export function readFile(ctx: ShellContext, path: string): string | undefined {
  const name = normalPath(path);
  if (name === "/dev/null") return "";
  if (name === "-" || name === "/dev/stdin") return ctx.stdin;
  if (name.startsWith("/proc/sys/")) return readSysctl(ctx, name.slice("/proc/sys/".length));
  const own = ctx.files.get(name);
  if (own !== undefined || isRefused(ctx, name)) return own;
  return name.startsWith("/") ? undefined : ctx.readFile(name);
}

/** The errno text when it cannot be written. Writing below /proc/sys sets a sysctl. */
export function writeFile(ctx: ShellContext, path: string, text: string, append: boolean): string | undefined {
  const name = normalPath(path);
  if (name === "/dev/null") return undefined;
  if (name.startsWith("/proc/sys/")) return writeSysctl(ctx, name.slice("/proc/sys/".length), text);
  if (name.endsWith("/") || isFolder(ctx, name)) return "Is a directory";
  if (!ctx.files.has(name) && isRefused(ctx, name)) return "Permission denied";
  if (!isFolder(ctx, parentOf(name))) return "No such file or directory";
  ctx.files.set(name, append ? (ctx.files.get(name) ?? "") + text : text);
  return undefined;
}

/** A folder has an entry of its own, with a slash at its end. Roots of people's own folders are there from the start. */
export function isFolder(ctx: ShellContext, path: string): boolean {
  const name = path.replace(/(?<=.)\/$/, "");
  if (name === "" || name === "." || /^\/(tmp|var\/tmp|root|home|mnt|srv|opt)?$/.test(name)) return true;
  return ctx.files.has(`${name}/`);
}

/** `mkdir`: the errno text when it cannot be made. */
export function makeFolder(ctx: ShellContext, path: string, parents: boolean): string | undefined {
  const name = normalPath(path).replace(/(?<=.)\/$/, "");
  if (isFolder(ctx, name)) return parents ? undefined : "File exists";
  if (ctx.files.has(name)) return "File exists";
  if (isRefused(ctx, name)) return "Permission denied";
  if (!isFolder(ctx, parentOf(name))) {
    const error = parents ? makeFolder(ctx, parentOf(name), true) : "No such file or directory";
    if (error !== undefined) return error;
  }
  ctx.files.set(`${name}/`, "");
  return undefined;
}

function parentOf(name: string): string {
  return name.includes("/") ? name.slice(0, Math.max(1, name.lastIndexOf("/"))) : "";
}

/** Outside the folders of files of one's own, and outside the scenario's folder: said by name. */
function isRefused(ctx: ShellContext, name: string): boolean {
  const out = name.split("/").includes("..");
  if (!out && (!name.startsWith("/") || OWN_FOLDERS.test(name))) return false;
  refuseByName(ctx, out ? `a path with \`..' (${name})` : `the file ${name}`);
  return true;
}

/** Path below /proc/sys → dotted name; a dot inside a device name is written as a slash, as sysctl writes it. */
export function sysctlName(path: string): string {
  return path.replaceAll(/[./]/g, (c) => (c === "/" ? "." : "/"));
}

/** Tells on a sysctl that is missing because kubehop does not have it, and not because of its device or module. */
export function missingSysctl(ctx: ShellContext, key: string): void {
  if (!isAbsent(ctx.ns, key)) refuseByName(ctx, `the sysctl ${key}`);
}

function readSysctl(ctx: ShellContext, path: string): string | undefined {
  const value = ctx.ns.sysctl.get(sysctlName(path));
  if (value === undefined) missingSysctl(ctx, sysctlName(path));
  return value === undefined ? undefined : `${value}\n`;
}

const ERRNO_TEXT: Readonly<Record<string, string>> = {
  ENOENT: "No such file or directory",
  EINVAL: "Invalid argument",
  EACCES: "Permission denied",
  EOPNOTSUPP: "Operation not supported",
};

function writeSysctl(ctx: ShellContext, path: string, text: string): string | undefined {
  if (text === "") return undefined;
  const op = { op: "sysctl", key: sysctlName(path), value: text.trim() } as const;
  const errno = applyBatch(ctx.ns, { agent: "sh", ops: [op] })?.errno;
  if (errno === "ENOENT") missingSysctl(ctx, sysctlName(path));
  if (errno === "EOPNOTSUPP") refuseByName(ctx, `${sysctlName(path)}=${text.trim()}`);
  return errno === undefined ? undefined : (ERRNO_TEXT[errno] ?? errno);
}
