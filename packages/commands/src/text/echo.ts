// echo (bash's): -n, -e.

import { instant } from "../instant.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  f: "\f",
  v: "\v",
};

export const echo = instant("echo", "print words", (ctx, args) => {
  let at = 0;
  let newline = "\n";
  let escapes = false;
  for (; /^-[neE]+$/.test(args[at] ?? ""); at++) {
    const flags = args[at] ?? "";
    if (flags.includes("n")) newline = "";
    if (flags.includes("e")) escapes = true;
  }
  const text = args.slice(at).join(" ");
  ctx.stdout((escapes ? text.replace(/\\(.)/g, (all, c: string) => ESCAPES[c] ?? all) : text) + newline);
  return 0;
});
