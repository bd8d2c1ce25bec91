// iptables, iptables-save, iptables-restore and their -legacy and -nft variants: the words go to the namespace's back ends.

import { recordConfig } from "@kubehop/netstack";
import type { XtBackendName } from "@kubehop/netstack";
import type { ShellCommand, ShellContext } from "../context.ts";
import { instant } from "../instant.ts";
import { isOptionError, lastValue, parseOptions } from "../options.ts";
import { complain, passOn, refuse } from "../refuse.ts";
import { readFile } from "../shell/files.ts";
import { usageError } from "../text/tool.ts";

/** Which back end a variant of the program works on; undefined: the one that is the default at the place. */
const VARIANTS: readonly (readonly [suffix: string, backend: XtBackendName | undefined])[] = [
  ["", undefined],
  ["-legacy", "legacy"],
  ["-nft", "nft"],
];

export const iptablesCommands: readonly ShellCommand[] = VARIANTS.flatMap(([suffix, given]) => {
  const backend = (ctx: ShellContext): XtBackendName => given ?? ctx.tools.backend;
  return [
    instant(`iptables${suffix}`, "packet filter and address translation rules", (ctx, args) =>
      runIptables(ctx, backend(ctx), args),
    ),
    instant(`iptables${suffix}-save`, "print rules (-c -t)", (ctx, args) => runSave(ctx, backend(ctx), args)),
    instant(`iptables${suffix}-restore`, "load rules (-n -c -t)", (ctx, args) => runRestore(ctx, backend(ctx), args)),
  ];
});

function runIptables(ctx: ShellContext, backend: XtBackendName, args: readonly string[]): number {
  if (args.length === 1 && (args[0] === "-V" || args[0] === "--version")) {
    ctx.stdout(
      `iptables v${ctx.tools.iptables}${ctx.tools.iptables === "1.4.21" ? "" : backend === "nft" ? " (nf_tables)" : " (legacy)"}\n`,
    );
    return 0;
  }
  const result = ctx.ns.xt.backend(backend).command(args, ctx.origin ?? null);
  recordConfig(ctx.ns, { op: "iptables", args, backend }, result.exit !== 0);
  return passOn(ctx, result);
}

function runSave(ctx: ShellContext, backend: XtBackendName, args: readonly string[]): number {
  const parsed = parseOptions({ short: "ct:", long: { counters: "c", "table=": "t" }, refusedShort: "fMVd" }, args);
  if (isOptionError(parsed)) return usageError(ctx, "iptables-save", 2, parsed);
  const table = lastValue(parsed, "t");
  if (table !== undefined && !XT_TABLE_NAMES.includes(table)) return complain(ctx, noSuchTable(ctx, backend, table), 1);
  ctx.stdout(
    ctx.ns.xt.backend(backend).save({ counters: parsed.values.has("c"), ...(table === undefined ? {} : { table }) }),
  );
  return 0;
}

const XT_TABLE_NAMES: readonly string[] = ["filter", "nat", "mangle", "raw", "security"];

function noSuchTable(ctx: ShellContext, backend: XtBackendName, table: string): string {
  if (backend === "nft") return `Table \`${table}' does not exist`;
  return `iptables-save v${ctx.tools.iptables}${ctx.tools.iptables === "1.4.21" ? "" : " (legacy)"}: Cannot initialize: Table does not exist (do you need to insmod?)`;
}

const RESTORE = {
  short: "cntwWv",
  long: { counters: "c", noflush: "n", test: "t", wait: "w" },
  refusedShort: "hMTV",
  refusedLong: ["table", "modprobe", "verbose"],
};

function runRestore(ctx: ShellContext, backend: XtBackendName, args: readonly string[]): number {
  const parsed = parseOptions(
    RESTORE,
    args.map((arg) => arg.replace(/^--wait=.*/, "-w")),
  );
  if (isOptionError(parsed)) return usageError(ctx, "iptables-restore", 2, parsed);
  const file = parsed.operands[0];
  if (file !== undefined && /^\d+$/.test(file)) return refuse(ctx, "iptables-restore", `a value behind -w (${file})`);
  const text = file === undefined ? ctx.stdin : readFile(ctx, file);
  if (text === undefined) return complain(ctx, `Can't open ${file ?? ""}: No such file or directory`, 1);
  const has = (key: string): boolean => parsed.values.has(key);
  const options = { noflush: has("n"), counters: has("c"), test: has("t") };
  const origin = ctx.origin === undefined ? {} : { origin: ctx.origin };
  const error = ctx.ns.xt.backend(backend).restore(text, { ...options, ...origin });
  recordConfig(ctx.ns, { op: "iptables-restore", text, backend, ...options }, error !== null);
  if (error === null) return 0;
  if (error.unmodelled === true) ctx.refuse(error.message.trimEnd());
  return complain(ctx, error.message.trimEnd(), error.exit);
}
