// Counting: a case is a file times a matrix cell; a file that cannot be read is one failed case.
import type { FileResult } from "../model/outcome.ts";

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function countCases(results: readonly FileResult[]): Totals {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const result of results) {
    if (result.diagnostics.length > 0) totals.failed++;
    for (const cell of result.cells) totals[cell.status]++;
  }
  return totals;
}

export function addTotals(a: Totals, b: Totals): Totals {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** 0 all held · 1 an expectation failed · 2 nothing was tested, or some input is wrong (`wrong`). */
export function exitCodeOf({ passed, failed }: Totals, wrong: boolean): 0 | 1 | 2 {
  if (wrong || passed + failed === 0) return 2;
  return failed > 0 ? 1 : 0;
}
