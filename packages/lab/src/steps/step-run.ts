// A step that is going on: what it has printed and asked so far.

import type { Cluster } from "../cluster/cluster.ts";
import { judge } from "../expect/judge.ts";
import type { Check, NeverCheck } from "../model/expect-spec.ts";
import type { FlowOutcome, LiveState, StepOutcome } from "../model/outcome.ts";
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

  readonly #never: readonly NeverCheck[];
  readonly #held = new Map<Check, number>();

  constructor(step: StepSpec, watch: StepWatch, startedAt: number) {
    this.step = step;
    this.#never = step.expect.checks.filter((check) => check.kind === "never");
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
      ...(this.#held.size === 0 ? {} : { held: this.#held }),
    };
  }

  /** Remembers what must never hold, and does now. */
  look(cluster: Cluster, live: () => LiveState): void {
    for (const check of this.#never) {
      if (this.#held.has(check)) continue;
      if (judge(check.expect, this.outcome(cluster), live()).length === 0) this.#held.set(check, cluster.now);
    }
  }
}
