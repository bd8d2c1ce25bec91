// What can be broken on purpose, read from the tables that read a scenario: for docs/SUPPORT.md.
import { type ReferenceRow, referenceRows } from "../../schema/reference.ts";
import { FAULT_ROWS } from "./build-fault.ts";

export interface FaultSupport {
  /** The key, below `fault` where it is one of its. */
  readonly key: string;
  readonly meaning: string;
  /** Keys that may stand beside it. */
  readonly beside: readonly string[];
  readonly refused: boolean;
}

/** Every kind of fault, and races. */
export function faultSupport(): FaultSupport[] {
  const rows = referenceRows();
  const faults = FAULT_ROWS.map(({ key, beside, refused = false }) => ({
    key: `fault.${key}`,
    meaning: meaningOf(rows, ["steps", "[]", "fault", key]),
    beside: [...beside],
    refused,
  }));
  const race = { key: "race", meaning: meaningOf(rows, ["steps", "[]", "race"]), beside: ["held"], refused: false };
  return [...faults, race];
}

function meaningOf(rows: readonly ReferenceRow[], path: readonly string[]): string {
  return rows.find((row) => row.path.join(".") === path.join("."))?.description ?? "";
}
