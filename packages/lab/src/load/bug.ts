// `bug:` decides which half of an expectation holds in a cell; `mutations:` declare edits that must break one.
import { formatPath, type Path } from "@kubehop/kube";
import { tellsCellsApart } from "../flows/read-table.ts";
import type { BugSpec, Cell, MutationSpec } from "../model/scenario.ts";
import type { StepSpec } from "../model/step-spec.ts";
import { parsePath } from "../schema/notation.ts";
import type { LoadContext } from "./context.ts";
import { type ExpectContext, plainExpectation } from "./expectation.ts";
import { checkWhen, isIn, readWhen, type When } from "./when.ts";

/** `bug.when`; undefined without a bug. */
export function readBugWhen(context: LoadContext): When | undefined {
  return context.draft.bug?.when === undefined ? undefined : readWhen(context, WHEN);
}

const WHEN: Path = ["bug", "when"];

/** Names and values must be in the matrix, and both halves must occur. False: a name or value is not, which is reported. */
export function checkBugWhen(context: LoadContext, when: When, cells: readonly Cell[]): boolean {
  if (!checkWhen(context, WHEN, when, cells)) return false;
  if (cells.every((cell) => isIn(when, cell)))
    context.report(WHEN, "the bug shows in every cell: nothing shows that it can be fixed", {
      hint: "add a value to the matrix with which the bug is gone",
    });
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
  for (const key of ["within", "never"] as const) {
    if (because[key] !== undefined)
      ec.context.report([...path, key], `"${key}" is of a step, a cause is looked for at the end of all`, {
        code: "conflict",
        atKey: true,
      });
  }
  const expect = plainExpectation(ec, because, path);
  if (expect.checks.length > 0 && expect.checks.every((check) => "count" in check && check.count.max === 0))
    ec.context.report(path, "that something is absent is no cause: it may be absent for any reason", {
      hint: "add what is there instead",
    });
  return { when, because: expect };
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
  if (path.includes("expect") || path.includes("flows") || path[0] === "bug")
    context.report(at, "a mutation edits what happens, not what is expected", { atKey: true });
  else if (path[0] === "mutations") context.report(at, "a mutation cannot edit mutations", { atKey: true });
  else if (!isMap(context.document.valueAt(path.slice(0, -1))))
    context.report(at, `${text} leads nowhere in this file`, {
      code: "unresolved",
      hint: wayHint(context, path),
      atKey: true,
    });
}

function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** How far a path leads, and what is there. */
function wayHint({ document }: LoadContext, path: Path): string | undefined {
  const known = path.findIndex((_, index) => !document.has(path.slice(0, index + 1)));
  const value = document.valueAt(path.slice(0, known));
  if (typeof value !== "object" || value === null || known === 0) return undefined;
  const there = Array.isArray(value)
    ? `${value.length} ${value.length === 1 ? "item" : "items"}`
    : Object.keys(value).join(", ");
  return `${formatPath(path.slice(0, known))} has ${there === "" ? "nothing" : there}`;
}
