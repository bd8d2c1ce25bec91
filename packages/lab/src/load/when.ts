// `when:` — cells of the matrix, chosen by values of its axes: those in which a bug shows, or in which a step happens.
import { didYouMean, type Path } from "@kubehop/kube";
import type { Cell } from "../model/scenario.ts";
import type { LoadContext } from "./context.ts";
import { own } from "./draft.ts";
import { isRelease, looksLikeRange, parseVersionRange } from "./version-range.ts";

/** Axis → values, all as text; a value may be a range of releases. */
export type When = Readonly<Record<string, readonly string[]>>;

/** What stands at a path; no map has no names. */
export function readWhen({ document }: LoadContext, path: Path): When {
  const written = document.valueAt(path);
  if (typeof written !== "object" || written === null || Array.isArray(written)) return {};
  return Object.fromEntries(
    Object.entries(written).map(([name, value]): [string, string[]] => {
      const at = [...path, name];
      const paths: Path[] = Array.isArray(value) ? value.map((_, index) => [...at, index]) : [at];
      return [name, paths.map((one) => document.scalarText(one) ?? "")];
    }),
  );
}

/** The cell has one of the values of every axis. */
export function isIn(when: When, cell: Cell): boolean {
  return Object.entries(when).every(([name, values]) => {
    const found = own(cell, name) ?? "";
    return values.some((value) => selects(value, found));
  });
}

/** A value stands for itself, a range for the releases in it. */
function selects(value: string, found: string): boolean {
  const range = looksLikeRange(value) ? parseVersionRange(value) : undefined;
  return value === found || (range !== undefined && isRelease(found) && range(found));
}

/** Names and values must be in the matrix. False: they are not, which is reported. */
export function checkWhen(context: LoadContext, path: Path, when: When, cells: readonly Cell[]): boolean {
  const before = context.diagnostics.length;
  for (const [name, values] of Object.entries(when)) {
    const at = [...path, name];
    if (!checkAxis(context, at, name, Object.keys(cells[0] ?? {}))) continue;
    const known = [...new Set(cells.map((cell) => own(cell, name) ?? ""))];
    for (const [index, value] of values.entries())
      checkValue(context, context.document.has([...at, index]) ? [...at, index] : at, { axis: name, value, known });
  }
  return context.diagnostics.length === before;
}

function checkAxis(context: LoadContext, at: Path, name: string, axes: readonly string[]): boolean {
  if (axes.includes(name)) return true;
  const close = name.length > 2 ? didYouMean(name, axes) : undefined;
  context.report(at, `${JSON.stringify(name)} is not a name of the matrix`, {
    code: "unresolved",
    hint: close ?? (axes.length === 0 ? "there is no matrix" : `matrix has: ${axes.join(", ")}`),
    atKey: true,
  });
  return false;
}

interface AxisValue {
  readonly axis: string;
  readonly value: string;
  /** All values of the axis. */
  readonly known: readonly string[];
}

function checkValue(context: LoadContext, at: Path, written: AxisValue): void {
  const { axis, value, known } = written;
  if (known.includes(value)) return;
  if (looksLikeRange(value)) return checkRange(context, at, written);
  context.report(at, `${JSON.stringify(value)} is not a value of matrix.${axis}`, {
    code: "unresolved",
    hint: didYouMean(value, known) ?? `values: ${known.join(", ")}`,
  });
}

/** A range is one of releases, and tells some values of its axis from others. */
function checkRange(context: LoadContext, at: Path, { axis: name, value: text, known }: AxisValue): void {
  const axis = `matrix.${name}`;
  const range = parseVersionRange(text);
  const others = known.filter((value) => !isRelease(value));
  const selected = range === undefined ? [] : known.filter(range);
  if (range === undefined)
    context.report(at, `${JSON.stringify(text)} is not a range of releases`, {
      hint: 'write "<1.30.1", or ">=1.27 <1.30"',
    });
  else if (others.length > 0)
    context.report(at, `a range of releases, but ${others.join(", ")} of ${axis} is none`, {
      hint: "write the values",
    });
  else if (selected.length === 0)
    context.report(at, `no value of ${axis} is ${text}`, { code: "unresolved", hint: `values: ${known.join(", ")}` });
  else if (selected.length === known.length)
    context.report(at, `every value of ${axis} is ${text}`, { hint: `values: ${known.join(", ")}` });
}
