// `kubehop verify FILE`: a scenario on our kernel and on the real one. Every cell is run once on ours and written down as a script;
// the script is then played to the real kernel twice, as frames and as requests.

import type { CellPlan, ReadFile } from "@kubehop/lab";
import { LiveError } from "../live/agent-process.ts";
import type { RealKernel } from "../live/real-kernel.ts";
import type { ScenarioDifference } from "./play-frames.ts";
import { playFrames } from "./play-frames.ts";
import { playRequests } from "./play-requests.ts";
import { recordScript } from "./record-script.ts";

export interface CellVerdict {
  readonly cell: CellPlan["cell"];
  /** Frames that captures of the real kernel saw. */
  readonly packets: number;
  /** Conntrack events. */
  readonly events: number;
  readonly requests: number;
  readonly differences: readonly ScenarioDifference[];
  /** Why the cell was not compared; undefined: it was. */
  readonly skipped?: string;
}

/** Repetitions of a step that are played. */
const MAX_REPEAT = 10;

/** @throws Refusal, StepRefusal, ScriptStopped when the scenario does not run */
export function verifyCell(real: RealKernel, plan: CellPlan, seed: number, readFile: ReadFile): CellVerdict {
  const { cell } = plan;
  const nothing = { cell, packets: 0, events: 0, requests: 0, differences: [] };
  try {
    const script = recordScript(onThisKernel(plan), seed, readFile);
    const frames = playFrames(real, script);
    const { requests, differences } = playRequests(real, script);
    const { packets, events } = frames;
    return { cell, packets, events, requests, differences: [...frames.differences, ...differences] };
  } catch (error) {
    if (error instanceof LiveError) return { ...nothing, skipped: error.message };
    throw error;
  }
}

/** The same machines with the newest kernel that we know, as none older is at hand. */
function onThisKernel(plan: CellPlan): CellPlan {
  const { cluster } = plan;
  return {
    ...plan,
    cluster: {
      ...cluster,
      kernel: "6.18",
      nodes: cluster.nodes.map((node) => ({ ...node, kernel: "6.18" })),
      hosts: cluster.hosts.map((host) => ({ ...host, kernel: "6.18" })),
    },
    steps: plan.steps.map((step) => ({ ...step, repeat: Math.min(step.repeat, MAX_REPEAT) })),
  };
}
