// Tools that answer in their own words change a namespace without a batch. Whoever records the run is told here what they did.

import { recordConfig } from "@kubehop/netstack";
import type { ConfigOp } from "@kubehop/netstack";
import type { ShellContext } from "./context.ts";

/** `refused`: nothing was changed. */
export function tellRecorder(ctx: ShellContext, op: ConfigOp, refused: boolean): void {
  recordConfig(ctx.ns, op, refused);
}
