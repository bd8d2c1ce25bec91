// mkdir, touch, rm, ls-less: files are in memory and need no directories, so making one succeeds and says nothing.

import { instant } from "../instant.ts";
import { complain } from "../refuse.ts";
import { normalPath } from "../shell/files.ts";

export const mkdir = instant("mkdir", "directories need not be made: files are in memory", (ctx, args) =>
  args.some((arg) => !arg.startsWith("-"))
    ? 0
    : complain(ctx, "mkdir: missing operand\nTry 'mkdir --help' for more information.", 1),
);

export const rm = instant("rm", "remove files of this place", (ctx, args) => {
  const force = args.includes("-f") || args.includes("-rf");
  const names = args.filter((arg) => !arg.startsWith("-"));
  let code = 0;
  for (const name of names) {
    if (ctx.files.delete(normalPath(name)) || force) continue;
    code = complain(ctx, `rm: cannot remove '${name}': No such file or directory`, 1);
  }
  return code;
});
