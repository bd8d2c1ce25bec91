import type { SourcePosition } from "@kubehop/kube";
import type { FlowOutcome } from "../model/outcome.ts";

/** Why a check does not hold: a line for the report, and further lines under it. */
export interface Problem {
  readonly message: string;
  readonly details?: readonly string[];
  /** What was asked for does not exist: it neither holds nor fails to. */
  readonly unanswerable?: true;
  /** Of the part of the check that does not hold; else all of it. */
  readonly position?: SourcePosition;
  /** Requests that are not as expected, in order. */
  readonly wrong?: readonly FlowOutcome[];
}
