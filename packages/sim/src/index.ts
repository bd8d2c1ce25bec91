// The only sources of time, chance and ids in kubehop.
export { Clock, SimulationBudgetError } from "./clock.ts";
export type { ClockOptions, Ms, Timer } from "./clock.ts";
export { hexId, uuid } from "./ids.ts";
export { Random } from "./random.ts";
export { Refusal } from "./refusal.ts";
export { decodeUtf8, encodeUtf8 } from "./utf8.ts";
