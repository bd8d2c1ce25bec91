// Who stands behind what is typed: where, and the line it is written in.

import type { SourcePosition } from "@kubehop/kube";
import type { RuleOrigin } from "@kubehop/netstack";

/** Agent of everything that is typed, as `dropped: { by: typed }` may name it. */
const TYPED = "typed";

/** Origin of a command. `where`: id of the step that types it, or `build` of a lab. `position`: absent when it stands in no file. */
export function typedOrigin(where: string, position?: SourcePosition): RuleOrigin {
  const written = position === undefined ? {} : { position: `${position.file}:${position.line}` };
  return { agent: TYPED, object: `typed in ${where}`, ...written };
}
