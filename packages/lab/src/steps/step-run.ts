// A step that is going on: what it has printed and asked so far.

import type { Cluster } from "../cluster/cluster.ts";
import type { FlowOutcome, StepOutcome } from "../model/outcome.ts";
import type { StepSpec } from "../model/step-spec.ts";
import type { SendStream } from "./send-stream.ts";
import type { StepWatch } from "./watch.ts";

/** What one action of a step gave. */
export interface ActionResult {
  readonly exitCode: number;
  readonly flows: readonly FlowOutcome[];
}

export class StepRun {
  readonly step: StepSpec;
  readonly watch: StepWatch;
  readonly startedAt: number;
  readonly results: ActionResult[] = [];
  stdout = "";
  stderr = "";
  /** The socket of a stream that keeps its source port. */
  stream: SendStream | undefined;

  constructor(step: StepSpec, watch: StepWatch, startedAt: number) {
    this.step = step;
    this.watch = watch;
    this.startedAt = startedAt;
  }

  /** What it has given until now. */
  outcome({ now }: Cluster): StepOutcome {
    const flows = this.results.flatMap((result) => result.flows);
    const last = flows.at(-1);
    return {
      exitCode: this.results.at(-1)?.exitCode ?? 0,
      stdout: this.stdout,
      stderr: this.stderr,
      ...(last === undefined ? {} : { flow: last }),
      flows,
      startedAt: this.startedAt,
      endedAt: now,
    };
  }
}
