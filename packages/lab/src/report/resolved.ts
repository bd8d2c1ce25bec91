// `validate --resolved`: what was not written and what stands for it, per matrix cell.
import { readYaml } from "../load/read-yaml.ts";
import type { Scenario } from "../model/scenario.ts";
import { runningLines } from "./running.ts";
import { formatCell } from "../model/cells.ts";
import { unwrittenLines } from "./unwritten.ts";

/**
 * Defaults that all cells share come first, then those of single cells, then the running cluster of every cell at time 0. Ends in a
 * newline. Throws Refusal when a cluster asks for what is not modelled.
 */
export function formatResolved(scenario: Scenario, seed: number): string {
  const cells = scenario.cells.map((plan) => ({
    name: formatCell(plan.cell),
    rows: plan.defaults.map((row) => formatRow(row.path, row.value, row.because)),
  }));
  const [first, ...rest] = cells;
  const common = (first?.rows ?? []).filter((row) => rest.every((cell) => cell.rows.includes(row)));
  const lines = [`${scenario.file}  ${scenario.title}`, ...common.map((row) => `  ${row}`)];
  for (const { name, rows } of cells) {
    const own = rows.filter((row) => !common.includes(row));
    if (own.length > 0) lines.push(`  ${name}`, ...own.map((row) => `    ${row}`));
  }
  lines.push(...unwrittenLines(contentOf(scenario)).map((row) => `  ${row}`));
  for (const { file, line, subject, note } of scenario.notes) lines.push(`  ${file}:${line}  ${subject} ${note}`);
  lines.push(...manifestDefaults(scenario), ...runningClusters(scenario, seed));
  return `${lines.join("\n")}\n`;
}

/** The file as it is written: matrix values stand for themselves. */
function contentOf({ file, sources }: Scenario): unknown {
  return readYaml(file, sources[0]?.text ?? "").documents[0]?.value;
}

/** Cells whose clusters are the same share their lines. */
function runningClusters({ cells }: Scenario, seed: number): string[] {
  const names = new Map<string, string[]>();
  for (const plan of cells) {
    const lines = runningLines(plan, seed)
      .map((line) => `    ${line}`)
      .join("\n");
    names.set(lines, [...(names.get(lines) ?? []), formatCell(plan.cell)]);
  }
  return [...names].flatMap(([lines, known]) => [`  at time 0, seed ${seed}:  ${known.join(" ")}`.trimEnd(), lines]);
}

function formatRow(path: string, value: string, because: string | undefined): string {
  return `${path}: ${value}${because === undefined ? "" : `  (${because})`}`;
}

/** Defaults of the API server, as the objects got them. */
function manifestDefaults(scenario: Scenario): string[] {
  const objects = scenario.cells[0]?.objects ?? [];
  return objects.flatMap(({ object, filled }) => {
    const { namespace, name } = object.metadata;
    const subject = `${object.kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;
    return filled.map(
      ({ path, value }) =>
        `  ${subject} ${path.join(".")}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
    );
  });
}
