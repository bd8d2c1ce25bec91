// Cases as packet captures: every device of every place, from the first step on.
import { addTracer } from "../cluster/onlookers.ts";
import type { CellRunner } from "../model/outcome.ts";
import type { CellPlan } from "../model/scenario.ts";
import { FrameStory } from "./frame-story.ts";

/**
 * A runner that hands over the frames of each case as a pcapng file. A run on which somebody else looks on already (the telling of a
 * failure, which repeats the case) is left alone.
 */
export function capturingRunner(run: CellRunner, save: (plan: CellPlan, pcapng: Uint8Array) => void): CellRunner {
  return (plan, seed, onStep, onBegin) => {
    if (onBegin !== undefined) return run(plan, seed, onStep, onBegin);
    let story: FrameStory | undefined;
    const end = run(plan, seed, onStep, (_step, { world }) => {
      if (story === undefined) addTracer(world, (story = new FrameStory(world)));
      story.look();
    });
    if (story !== undefined) save(plan, story.pcapng());
    return end;
  };
}
