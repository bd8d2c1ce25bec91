// dmesg: the kernel log of this place, stamped with virtual seconds since boot.

import { instant } from "../instant.ts";
import { isOptionError, parseOptions } from "../options.ts";
import { complain, refuse } from "../refuse.ts";

export const DMESG_SPEC = {
  short: "cCt",
  long: { clear: "C", "read-clear": "c", notime: "t" },
  refusedShort: "wWTHLdefFiklnrsSuxDE",
  refusedLong: ["follow", "follow-new", "ctime", "human", "level", "facility", "json"],
} as const;

export const dmesg = instant("dmesg", "kernel log lines: LOG rules, martians, bridge warnings", (ctx, args) => {
  const parsed = parseOptions(DMESG_SPEC, args);
  if (isOptionError(parsed)) {
    return parsed.error === "refused"
      ? refuse(ctx, "dmesg", `option ${parsed.option}`)
      : complain(
          ctx,
          `dmesg: invalid option -- '${parsed.option.replace(/^-+/, "")}'\nTry 'dmesg --help' for more information.`,
          1,
        );
  }
  const log = ctx.ns.dmesg;
  const stamp = (at: number): string => (parsed.values.has("t") ? "" : `[${(at / 1000).toFixed(6).padStart(12)}] `);
  if (!parsed.values.has("C")) for (const { at, text } of log) ctx.stdout(`${stamp(at)}${text}\n`);
  if (parsed.values.has("C") || parsed.values.has("c")) log.length = 0;
  return 0;
});
