// What `kubehop verify` can be told, and what holds when it is not.
import { UsageError } from "../io.ts";
import { type Parsed, wholeNumber } from "../options.ts";

export const OPTIONS = {
  recorded: { type: "boolean" },
  case: { type: "string" },
  fuzz: { type: "boolean" },
  seed: { type: "string" },
  cases: { type: "string" },
  kind: { type: "string", multiple: true },
  stop: { type: "string" },
  out: { type: "string" },
  "round-trip": { type: "boolean" },
} as const;

export type VerifyValues = Parsed<typeof OPTIONS>["values"];

export const FUZZ_CASES = 200;
export const ROUND_TRIP_CASES = 1000;
/** Differences after which a search ends. */
export const DEFAULT_STOP = 5;

/** A whole number, 1 or more: with none nothing would be compared. */
export function atLeastOne(option: "cases" | "stop", text: string | undefined, fallback: number): number {
  const found = wholeNumber(option, text, fallback);
  if (found === 0) throw new UsageError(`--${option} wants 1 or more`);
  return found;
}
