// `bug:` decides which half of an expectation holds in a cell; `mutations:` declare edits that must break one.
import { didYouMean, type Path } from "@kubehop/kube";
import { tellsCellsApart } from "../flows/read-table.ts";
import type { BugSpec, Cell, MutationSpec } from "../model/scenario.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { parsePath } from "../schema/notation.ts";
import type { LoadContext } from "./context.ts";
import { entriesOf, own } from "./draft.ts";
import { isRelease, looksLikeRange, parseVersionRange } from "./version-range.ts";
import { type ExpectContext, plainChecks } from "./expectation.ts";

type When = Readonly<Record<string, readonly string[]>>;

/** `bug.when` with all values as text. */
export function readWhen(context: LoadContext): When | undefined {
  const { bug } = context.draft;
  if (bug === undefined) return undefined;
  const rows = entriesOf(bug.when).map(([name, value]): [string, string[]] => {
    const path = ["bug", "when", name];
    const count = Array.isArray(value) ? value.length : undefined;
    const paths: Path[] = count === undefined ? [path] : Array.from({ length: count }, (_, index) => [...path, index]);
    return [name, paths.map((at) => context.document.scalarText(at) ?? "")];
  });
  return Object.fromEntries(rows);
}

export function isBroken(when: When, cell: Cell): boolean {
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

/** Names and values of `bug.when` must be in the matrix, and both halves must occur. False: they are not, which is reported. */
export function checkWhen(context: LoadContext, when: When, cells: readonly Cell[]): boolean {
  const before = context.diagnostics.length;
  const axes = Object.keys(cells[0] ?? {});
  for (const [name, values] of Object.entries(when)) {
    const path = ["bug", "when", name];
    if (!axes.includes(name)) {
      const close = name.length > 2 ? didYouMean(name, axes) : undefined;
      const hint = close ?? (axes.length === 0 ? "there is no matrix" : `matrix has: ${axes.join(", ")}`);
      context.report(path, `${JSON.stringify(name)} is not a name of the matrix`, {
        code: "unresolved",
        hint,
        atKey: true,
      });
      continue;
    }
    const known = [...new Set(cells.map((cell) => own(cell, name) ?? ""))];
    for (const [index, value] of values.entries()) {
      if (known.includes(value)) continue;
      const at = context.document.has([...path, index]) ? [...path, index] : path;
      if (looksLikeRange(value)) {
        checkRange(context, value, known, at);
        continue;
      }
      context.report(at, `${JSON.stringify(value)} is not a value of matrix.${name}`, {
        code: "unresolved",
        hint: didYouMean(value, known) ?? `values: ${known.join(", ")}`,
      });
    }
  }
  if (context.diagnostics.length > before) return false;
  if (cells.every((cell) => isBroken(when, cell)))
    context.report(["bug", "when"], "the bug shows in every cell: nothing shows that it can be fixed");
  return true;
}

/** Something in the file must be expected of one half and not of the other. */
export function checkToldApart(context: LoadContext, steps: readonly StepSpec[]): void {
  const tables = steps.flatMap(({ action }) => (action.kind === "flows" ? [action.table] : []));
  if (context.document.has(["bug", "because"]) || tellsHalvesApart(context) || tables.some(tellsCellsApart)) return;
  context.report(["bug"], "no expectation tells the cells with the bug from those without it", {
    hint: "write expect: { fixed: …, broken: … } in a step, or bug.because",
    atKey: true,
  });
}

/** A range is one of releases, and tells some values of its axis from others. */
function checkRange(context: LoadContext, text: string, known: readonly string[], at: Path): void {
  const axis = `matrix.${String(at[2])}`;
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

/** Some step expects one thing where the bug shows and another where it does not. */
function tellsHalvesApart({ document, draft }: LoadContext): boolean {
  return (draft.steps ?? []).some((_, index) => {
    const [fixed, broken] = ["fixed", "broken"].map((half) =>
      JSON.stringify(document.valueAt(["steps", index, "expect", half])),
    );
    return fixed !== broken;
  });
}

export function buildBug(ec: ExpectContext, when: When): BugSpec {
  const { draft } = ec.context;
  const path = ["bug", "because"];
  const because = draft.bug?.because;
  if (because === undefined) return { when, because: undefined };
  if (Object.keys(because).length === 0) ec.context.report(path, "nothing is expected of the cause");
  return { when, because: { position: ec.context.position(path), checks: plainChecks(ec, because, path) } };
}

export function buildMutations(context: LoadContext): MutationSpec[] {
  return (context.draft.mutations ?? []).flatMap((edit, index) => {
    if (edit === undefined) return [];
    const at = ["mutations", index];
    const keys = Object.keys(edit);
    if (keys.length !== 1)
      context.report(at, `one edit per mutation, found ${keys.length}`, { hint: "write - path: value" });
    return keys.map((path): MutationSpec => {
      checkMutationPath(context, path, [...at, path]);
      return { position: context.document.keyPosition([...at, path]), path, value: edit[path] };
    });
  });
}

/** An edit changes something: its path, or the map it adds a key to, must be there. */
function checkMutationPath(context: LoadContext, text: string, at: Path): void {
  const path = parsePath(text);
  if (path === undefined) {
    context.report(at, `${JSON.stringify(text)} is not a path`, { hint: 'write a.b[0]["c.d"]', atKey: true });
    return;
  }
  if (path[0] === "mutations") context.report(at, "a mutation cannot edit mutations", { atKey: true });
  else if (!context.document.has(path.slice(0, -1)))
    context.report(at, `${text} leads nowhere in this file`, { code: "unresolved", atKey: true });
}
