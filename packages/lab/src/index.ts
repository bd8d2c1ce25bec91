// Scenario text to running cluster, steps and reports. A library: text in, values out.

export type * from "./model/bare-spec.ts";
export type * from "./model/cluster-spec.ts";
export type * from "./model/expect-spec.ts";
export type * from "./model/fault-spec.ts";
export type * from "./model/flow-table.ts";
export type * from "./model/lab-event.ts";
export type * from "./model/outcome.ts";
export type * from "./model/run-observer.ts";
export type * from "./model/running-cluster.ts";
export type * from "./model/scenario.ts";
export type * from "./model/step-spec.ts";

export type { ReadFile } from "./load/context.ts";
export { FLAVOURS } from "./load/flavours.ts";
export { isScenarioText, loadScenario } from "./load/load-scenario.ts";
export { TABLE_COLUMNS } from "./expect/tables.ts";
export { judge } from "./expect/judge.ts";
export { runCase } from "./expect/run-cell.ts";
export { ExplainError, explainScenario, type ExplainOptions } from "./explain/explain.ts";
export { type FlowList, FlowsError, formatFlowList, listFlows } from "./flows/list-flows.ts";
export { runLoaded, runScenarioText } from "./expect/run-file.ts";
export { runMutations } from "./expect/run-mutations.ts";
export { capturingRunner } from "./report/capture.ts";
export { formatJson } from "./report/json.ts";
export { formatJunit } from "./report/junit.ts";
export { formatResolved } from "./report/resolved.ts";
export { PLAIN, type Style } from "./report/style.ts";
export { formatFileResult, formatTotals } from "./report/text.ts";
export { countCases, exitCodeOf, formatCell, type Totals } from "./report/totals.ts";
export { applyGoldenEdits, type GoldenEdit, goldenEdits, type GoldenEdits } from "./report/update.ts";
export { StepRefusal } from "./model/step-refusal.ts";
export { cellRunner } from "./steps/run-steps.ts";
export { sendDatagram } from "./steps/inject.ts";
export { scenarioJsonSchema } from "./schema/json-schema.ts";
export { SHORTCUTS } from "./model/shortcuts.ts";
export { plannedRows } from "./schema/not-yet.ts";
export { scenarioReference } from "./schema/reference.ts";
