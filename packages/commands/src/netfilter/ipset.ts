// ipset: the words go to the namespace's sets. Only -f, which names a file of the place, is dealt with here.

import { ipsetCommand, recordConfig } from "@kubehop/netstack";
import type { ConfigOp } from "@kubehop/netstack";
import type { ShellCommand, ShellContext } from "../context.ts";
import { instant } from "../instant.ts";
import { complain, passOn } from "../refuse.ts";
import { readFile, writeFile } from "../shell/files.ts";

const FILE_WORDS: readonly string[] = ["-f", "-file", "--file"];

export const ipset: ShellCommand = instant(
  "ipset",
  "sets of addresses and ports: create add test list save restore",
  runIpset,
);

function runIpset(ctx: ShellContext, args: readonly string[]): number {
  const at = args.findIndex((word) => FILE_WORDS.includes(word));
  const file = at < 0 ? undefined : args[at + 1];
  if (file === undefined) return finish(ctx, args, ctx.stdin, undefined);
  const rest = [...args.slice(0, at), ...args.slice(at + 2)];
  const isRestore = rest.some((word) => word === "restore" || word === "-R");
  const text = isRestore ? readFile(ctx, file) : "";
  if (text === undefined)
    return complain(ctx, `ipset v7.17: Cannot open ${file} for reading: No such file or directory`, 1);
  return finish(ctx, rest, text, isRestore ? undefined : file);
}

/** `file`: what is listed goes there. */
function finish(ctx: ShellContext, args: readonly string[], stdin: string, file: string | undefined): number {
  const result = ipsetCommand(ctx.ns, args, stdin);
  recordConfig(ctx.ns, changeOp(args, stdin), result.exit !== 0);
  if (file === undefined) return passOn(ctx, result);
  writeFile(ctx, file, result.stdout, false);
  return passOn(ctx, { ...result, stdout: "" });
}

const RESTORE: readonly string[] = ["restore", "-R"];
const EXIST: readonly string[] = ["-exist", "-!", "--exist"];

function changeOp(args: readonly string[], text: string): ConfigOp {
  if (!args.some((word) => RESTORE.includes(word))) return { op: "ipset", args };
  return { op: "ipset-restore", text, ...(args.some((word) => EXIST.includes(word)) ? { exist: true } : {}) };
}
