// What every package shares: the only sources of time, chance and ids, refusals, and releases in their order.
export { Clock, SimulationBudgetError } from "./clock.ts";
export type { ClockOptions, Ms, Timer, Timers } from "./clock.ts";
export { hexId, uuid } from "./ids.ts";
export { Random } from "./random.ts";
export { Refusal } from "./refusal.ts";
export { atLeast, compareReleases } from "./release.ts";
export { decodeUtf8, encodeUtf8 } from "./utf8.ts";
