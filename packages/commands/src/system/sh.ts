// sh -c LINE and bash -c LINE: the same small shell once more. A shell to type into has nobody at its keyboard.

import type { ShellCommand } from "../context.ts";
import { ended } from "../process.ts";
import { refuse } from "../refuse.ts";

function shellCommand(name: string): ShellCommand {
  return {
    name,
    summary: "run a command line (-c)",
    start(ctx, args) {
      const [flag, line, ...more] = args;
      if (flag !== "-c" || line === undefined)
        return ended(
          refuse(ctx, name, args.length === 0 ? "a shell to type into" : `${args.join(" ")} (only -c LINE)`),
        );
      return more.length > 0 ? ended(refuse(ctx, name, "arguments behind the line")) : ctx.start(line);
    },
  };
}

export const sh = shellCommand("sh");
export const bash = shellCommand("bash");
