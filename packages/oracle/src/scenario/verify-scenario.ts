// `kubehop verify FILE`: a scenario on our kernel and on the real one. Every cell is run once on ours and written down as a script;
// the script is then played to the real kernel twice, as frames and as requests.

import type { CellPlan, ReadFile } from "@kubehop/lab";
import { LiveError, NotHere } from "../live/agent-process.ts";
import type { RealKernel } from "../live/real-kernel.ts";
import type { ScenarioDifference } from "./play-frames.ts";
import { playFrames } from "./play-frames.ts";
import { whyNotCompared } from "./not-compared.ts";
import { playRequests } from "./play-requests.ts";
import { recordScript, tablesStandStill } from "./record-script.ts";

export interface CellVerdict {
  readonly cell: CellPlan["cell"];
  /** Frames that captures of the real kernel saw. */
  readonly packets: number;
  /** Conntrack events. */
  readonly events: number;
  readonly requests: number;
  readonly differences: readonly ScenarioDifference[];
  /** In what the comparison is not the scenario as it is written. */
  readonly notes: readonly string[];
  /** What the kernel at hand lacks, or why this cannot be asked of it; undefined: nothing. */
  readonly skipped?: string;
  /** What kept the comparison from its end. */
  readonly failed?: string;
}

const NOTHING_COMPARED = { packets: 0, events: 0, requests: 0, differences: [] as readonly ScenarioDifference[] };

/** The newest kernel that we know: that of the recordings. */
const KERNEL = "6.18";

/** Repetitions of a step that are played. */
const MAX_REPEAT = 10;

/** @throws Refusal, StepRefusal, ScriptStopped when the scenario does not run */
export function verifyCell(real: RealKernel, plan: CellPlan, seed: number, readFile: ReadFile): CellVerdict {
  const { cell } = plan;
  const why = whyNotCompared(plan);
  if (why !== undefined) return { ...NOTHING_COMPARED, cell, notes: [], skipped: `not compared: ${why}` };
  const script = recordScript(onThisKernel(plan), seed, readFile);
  const notes = [...notesOf(plan)];
  let compared = NOTHING_COMPARED;
  try {
    const { packets, events, differences } = playFrames(real, script);
    compared = { ...compared, packets, events, differences };
    const played = playRequests(real, script);
    compared = { ...compared, requests: played.requests, differences: [...differences, ...played.differences] };
    if (played.special > 0) notes.push(`${played.special} requests with options or answers of their own not repeated`);
    return { cell, ...compared, notes };
  } catch (error) {
    // What was found until then is not lost.
    if (error instanceof NotHere) return { cell, ...compared, notes, skipped: error.message };
    if (error instanceof LiveError) return { cell, ...compared, notes, failed: error.message };
    throw error;
  }
}

/** In what the comparison is not the scenario as it is written. */
function notesOf(plan: CellPlan): string[] {
  const { cluster, steps, bare } = plan;
  const kernels = new Set([...cluster.nodes, ...cluster.hosts].map(({ kernel }) => kernel));
  kernels.delete(KERNEL);
  const most = Math.max(0, ...steps.map(({ repeat }) => repeat));
  const tables = steps.filter(({ action }) => action.kind === "flows").length;
  return [
    ...(bare === undefined && kernels.size > 0 ? [`as kernel ${KERNEL}, not ${[...kernels].join(" or ")}`] : []),
    ...(most > MAX_REPEAT ? [`${MAX_REPEAT} of ${most} repetitions`] : []),
    ...(tables > 0 && tablesStandStill(plan)
      ? [`${tables} tables of flows not repeated, as steps have their times`]
      : []),
  ];
}

/** The same machines with the newest kernel that we know, as none older is at hand. */
function onThisKernel(plan: CellPlan): CellPlan {
  const { cluster } = plan;
  return {
    ...plan,
    cluster: {
      ...cluster,
      kernel: KERNEL,
      nodes: cluster.nodes.map((node) => ({ ...node, kernel: KERNEL })),
      hosts: cluster.hosts.map((host) => ({ ...host, kernel: KERNEL })),
    },
    steps: plan.steps.map((step) => ({ ...step, repeat: Math.min(step.repeat, MAX_REPEAT) })),
  };
}
