// `count: 0` holds for a slip of the pen too: a value that no row had at any time of any cell is told as a warning.
import { type Diagnostic, diagnosticAt } from "@kubehop/kube";
import type { RowCheck } from "../model/expect-spec.ts";
import type { LiveState } from "../model/outcome.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { PARTIAL_COLUMNS, TABLE_COLUMNS } from "./tables.ts";

interface Doubt {
  readonly check: RowCheck;
  readonly column: string;
  readonly value: string;
}

/** Looks on while the cells of a file run. */
export class NeverSeen {
  readonly #doubts = new Map<string, Doubt>();
  readonly #seen = new Set<string>();

  /** To be called at the end of every step of a cell. */
  look(steps: readonly StepSpec[], live: LiveState): void {
    for (const step of steps) {
      for (const check of step.expect.checks)
        if (check.kind === "row" && check.count.max === 0) this.#lookAt(check, live);
    }
  }

  warnings(): Diagnostic[] {
    return [...this.#doubts].flatMap(([key, { check, column, value }]) =>
      this.#seen.has(key)
        ? []
        : [
            diagnosticAt(
              check.position,
              "unresolved",
              `count: 0, but no ${check.table} row at ${check.in} ever had ${column} ${JSON.stringify(value)}`,
              "is it spelled right? show in another step or cell that it can be there",
            ),
          ],
    );
  }

  #lookAt(check: RowCheck, live: LiveState): void {
    const { line, col } = check.position;
    for (const [column, value] of Object.entries(check.columns)) {
      const key = `${line}:${col} ${column} ${value}`;
      if (this.#seen.has(key) || !isOpenName(check, column)) continue;
      this.#doubts.set(key, { check, column, value });
      const partial = PARTIAL_COLUMNS.has(`${check.table}.${column}`);
      const rows = live.rows(check.table, check.in) ?? [];
      if (rows.some((row) => (partial ? row[column]?.includes(value) : row[column] === value))) this.#seen.add(key);
    }
  }
}

/** Chains, devices, keys: anything may be written; a setting may have any value. Words, numbers and addresses are checked when the file is read. */
function isOpenName({ table }: RowCheck, name: string): boolean {
  if (name === "value") return false;
  const column = TABLE_COLUMNS[table].find((candidate) => candidate.name === name);
  return column !== undefined && column.address !== true && column.words === undefined && column.form === undefined;
}
