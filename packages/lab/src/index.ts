export type * from "./model/cluster-spec.ts";
export type * from "./model/expect-spec.ts";
export type * from "./model/outcome.ts";
export type * from "./model/scenario.ts";
export type * from "./model/step-spec.ts";
