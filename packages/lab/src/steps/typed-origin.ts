// Who stands behind what a step types: the step, and the line it is written in.

import type { SourcePosition } from "@kubehop/kube";
import type { RuleOrigin } from "@kubehop/netstack";
import type { CellPlan } from "../model/scenario.ts";

/** Agent of everything that steps type, as `dropped: { by: typed }` may name it. */
const TYPED = "typed";

/** Origin of a command of a step or of a lab's `build`, by the place where it is written. */
export function typedOrigin({ steps }: CellPlan, { file, line }: SourcePosition): RuleOrigin {
  const step = steps.find(
    ({ action }) =>
      action.kind === "run" && action.commands.some(({ position: at }) => at.line === line && at.file === file),
  );
  return {
    agent: TYPED,
    object: step === undefined ? "typed in build" : `typed in ${step.id}`,
    position: `${file}:${line}`,
  };
}
