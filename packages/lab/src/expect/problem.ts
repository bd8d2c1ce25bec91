import type { SourcePosition } from "@kubehop/kube";

/** Why a check does not hold: a line for the report, and further lines under it. */
export interface Problem {
  readonly message: string;
  readonly details?: readonly string[];
  /** Of the part of the check that does not hold; else all of it. */
  readonly position?: SourcePosition;
}
