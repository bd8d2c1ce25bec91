// mkdir, rm: folders and files of a place, in memory.

import type { ShellContext } from "../context.ts";
import { instant } from "../instant.ts";
import { isOptionError, parseOptions } from "../options.ts";
import { complain } from "../refuse.ts";
import { isFolder, makeFolder, normalPath } from "../shell/files.ts";
import { usageError } from "../text/tool.ts";

const MKDIR_SPEC = { short: "p", long: { parents: "p" }, refusedShort: "mvZ", refusedLong: ["mode", "verbose"] };
const RM_SPEC = { short: "rRf", long: { recursive: "r", force: "f" }, refusedShort: "iIdv", refusedLong: ["verbose"] };

export const mkdir = instant("mkdir", "make folders (-p: with those above)", (ctx, args) => {
  const parsed = parseOptions(MKDIR_SPEC, args);
  if (isOptionError(parsed)) return usageError(ctx, "mkdir", 1, parsed);
  if (parsed.operands.length === 0)
    return complain(ctx, "mkdir: missing operand\nTry 'mkdir --help' for more information.", 1);
  let code = 0;
  for (const name of parsed.operands) {
    const error = makeFolder(ctx, name, parsed.values.has("p"));
    if (error !== undefined) code = complain(ctx, `mkdir: cannot create directory '${name}': ${error}`, 1);
  }
  return code;
});

export const rm = instant("rm", "remove files (-r: folders) of this place", (ctx, args) => {
  const parsed = parseOptions(RM_SPEC, args);
  if (isOptionError(parsed)) return usageError(ctx, "rm", 1, parsed);
  const has = (key: string): boolean => parsed.values.has(key);
  const recursive = has("r") || has("R");
  let code = 0;
  for (const name of parsed.operands) {
    const error = remove(ctx, normalPath(name).replace(/(?<=.)\/$/, ""), recursive);
    if (error === undefined || (has("f") && error === "No such file or directory")) continue;
    code = complain(ctx, `rm: cannot remove '${name}': ${error}`, 1);
  }
  return code;
});

function remove(ctx: ShellContext, name: string, recursive: boolean): string | undefined {
  if (ctx.files.delete(name)) return undefined;
  if (!isFolder(ctx, name)) return "No such file or directory";
  if (!recursive) return "Is a directory";
  for (const path of ctx.files.keys()) if (path.startsWith(`${name}/`)) ctx.files.delete(path);
  return undefined;
}
