// cat, tee-less: files to standard output; -n numbers lines.

import { linesOf } from "./inputs.ts";
import { tool } from "./tool.ts";

export const cat = tool(
  {
    name: "cat",
    summary: "print files, also below /proc/sys",
    spec: { short: "nu", refusedShort: "AbeEstTv" },
    trouble: 1,
  },
  ({ ctx, options, inputs }) => {
    const text = inputs.map((input) => input.text).join("");
    if (!options.values.has("n")) ctx.stdout(text);
    else for (const [i, line] of linesOf(text).entries()) ctx.stdout(`${String(i + 1).padStart(6)}\t${line}\n`);
    return 0;
  },
);

/** `less` and `more` on something that is no terminal are cat. */
export const less = { ...cat, name: "less", summary: "print files (no terminal: as cat)" };
