// modprobe, lsmod, rmmod: the modules whose absence changes behaviour.

import { applyBatch } from "@kubehop/netstack";
import type { ShellContext } from "../context.ts";
import { instant } from "../instant.ts";
import { isOptionError, parseOptions } from "../options.ts";
import { complain, refuse } from "../refuse.ts";

/** Shown by lsmod: module → size of a current build, and who uses it. */
const SIZES: Readonly<Record<string, string>> = { br_netfilter: "32768  0", bridge: "311296  1 br_netfilter" };

export const modprobe = instant("modprobe", "load (-r: remove) a kernel module", (ctx, args) => {
  const parsed = parseOptions(
    { short: "rqv", long: { remove: "r", quiet: "q", verbose: "v" }, refusedShort: "abcDfinSsV" },
    args,
  );
  if (isOptionError(parsed)) {
    return parsed.error === "refused"
      ? refuse(ctx, "modprobe", `option ${parsed.option}`)
      : complain(ctx, `modprobe: unrecognized option '${parsed.option}'`, 1);
  }
  const name = parsed.operands[0];
  if (name === undefined) return complain(ctx, "modprobe: ERROR: missing parameters. See -h.", 1);
  if (parsed.operands.length > 1) return refuse(ctx, "modprobe", `a module parameter (${parsed.operands[1] ?? ""})`);
  return change(ctx, name, parsed.values.has("r"), parsed.values.has("q"));
});

/** Dashes and underscores are the same in module names. */
function change(ctx: ShellContext, name: string, remove: boolean, quiet: boolean): number {
  const error = applyBatch(ctx.ns, {
    agent: "modprobe",
    ops: [{ op: "modprobe", module: name.replaceAll("-", "_"), remove }],
  });
  if (error === null) return 0;
  return quiet ? 1 : complain(ctx, error.message, 1);
}

export const rmmod = instant("rmmod", "remove a kernel module", (ctx, args) => {
  const name = args[0];
  if (name === undefined || name.startsWith("-"))
    return name === undefined
      ? complain(ctx, "rmmod: ERROR: missing module name.", 1)
      : refuse(ctx, "rmmod", `option ${name}`);
  const module = name.replaceAll("-", "_");
  if (!ctx.ns.modules.has(module)) return complain(ctx, `rmmod: ERROR: Module ${module} is not currently loaded`, 1);
  return change(ctx, module, true, false);
});

export const lsmod = instant("lsmod", "modules that are loaded (those kubehop models)", (ctx) => {
  ctx.stdout("Module                  Size  Used by\n");
  const loaded = ctx.ns.modules.list();
  const names = loaded.includes("br_netfilter") ? [...loaded, "bridge"] : loaded;
  for (const name of names) {
    const [size = "", ...users] = (SIZES[name] ?? "16384  0").split(/ +/);
    ctx.stdout(`${name.padEnd(19)} ${size.padStart(8)}  ${users.join(" ")}\n`);
  }
  return 0;
});
