export type * from "./model/cluster-spec.ts";
export type * from "./model/expect-spec.ts";
export type * from "./model/outcome.ts";
export type * from "./model/scenario.ts";
export type * from "./model/step-spec.ts";
export { isScenarioText, loadScenario } from "./load/load-scenario.ts";
export type { ReadFile } from "./load/context.ts";
