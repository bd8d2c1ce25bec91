/** Why a check does not hold: a line for the report, and further lines under it. */
export interface Problem {
  readonly message: string;
  readonly details?: readonly string[];
}
