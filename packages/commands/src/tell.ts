// Tools whose answer is more than an error tell what they did as a batch, for whoever repeats a run elsewhere.

import type { ConfigOp } from "@kubehop/netstack";
import { tellBatch } from "@kubehop/netstack";
import type { ShellContext } from "./context.ts";

/** `op` is what would have done the same through the config door. */
export function tell(
  { ns }: ShellContext,
  agent: string,
  op: ConfigOp,
  { exit, stderr }: { readonly exit: number; readonly stderr: string },
): void {
  const error = exit === 0 ? null : { index: 0, errno: "EINVAL", message: stderr.trimEnd() };
  tellBatch(ns, { agent, ops: [op] }, error);
}
