// Questions for neighbours that nobody answers.

import { dumpNeighs } from "@kubehop/netstack";
import type { KernelFrame, PlayStep } from "./kernel.ts";
import type { OurKernel } from "./our-kernel.ts";

const isArp = ({ dir, hex }: KernelFrame): boolean => dir === "out" && hex.slice(24, 28) === "0806";

/** Steps that take them back: else they would be asked again a second later, in the middle of another step. `frames`: what was just seen. */
export function forgetUnanswered(
  ours: OurKernel,
  namespaces: readonly string[],
  frames: readonly KernelFrame[],
): PlayStep[] {
  if (!frames.some(isArp)) return [];
  return namespaces.flatMap((name) => {
    const ns = ours.world.namespaces.get(name);
    if (ns === undefined) return [];
    return dumpNeighs(ns)
      .filter((row) => row.state.includes("INCOMPLETE"))
      .map(({ dev, dst }): PlayStep => ({ ops: { ns: name, ops: [{ op: "neigh-del", dev, dst }] } }));
  });
}
