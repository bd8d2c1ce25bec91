// Entries whose parts are not in place yet. Each refuses by name and goes when the part comes.
import { ClusterError } from "./cluster/machines.ts";
import type { Cell, Scenario } from "./model/scenario.ts";

export interface ExplainOptions {
  /** `FROM[:port] > TO[:port][/proto]`; undefined: the flow of the first failing (else the first) request. */
  readonly flow?: string;
  readonly cell?: Cell;
  readonly level: "minimal" | "summary" | "full";
}

export function explainScenario(_scenario: Scenario, _options: ExplainOptions): string {
  throw new ClusterError("explain is not modelled yet");
}
