// `steps:` → what happens, in order.
import type { Path } from "@kubehop/kube";
import type { Check, ExpectSpec } from "../model/expect-spec.ts";
import { plainStep, type StepAction, type StepSpec } from "../model/step-spec.ts";
import { fateChecks } from "../flows/read-table.ts";
import { buildAction, buildFlows, checkVerbKeys, type DraftStep } from "./actions.ts";
import { buildExpectation, type ExpectContext } from "./expectation.ts";
import { buildStepTime } from "./step-time.ts";
import { checkWhen, isIn, readWhen } from "./when.ts";

export function buildSteps(ec: ExpectContext): StepSpec[] {
  const { draft, document } = ec.context;
  const first = draft.flows === undefined ? [] : [flowsAtTimeZero(ec)];
  if (draft.steps === undefined) {
    if (!document.has(["steps"]) && !document.has(["flows"]))
      ec.context.report([], 'missing key "steps": nothing would happen', { code: "missing-key" });
    return first;
  }
  const ids = new Map<string, number>();
  let last = 0;
  const steps = draft.steps.flatMap((step, index) => {
    if (step === undefined) return [];
    const built = buildStep(ec, step, index);
    checkId(ec, built, ids);
    if (built.at !== undefined && built.at < last) {
      ec.context.report(["steps", index, "at"], `this time is before that of an earlier step`, {
        hint: "steps stand in the order of time",
      });
    }
    last = built.at ?? last;
    return happensHere(ec, ["steps", index, "when"]) ? [built] : [];
  });
  return [...first, ...steps];
}

/** A step may be one of some cells only. */
function happensHere({ context, cells }: ExpectContext, path: Path): boolean {
  const when = readWhen(context, path);
  return checkWhen(context, path, when, cells) && isIn(when, context.cell);
}

/** The file's own table is looked at before its steps. */
function flowsAtTimeZero(ec: ExpectContext): StepSpec {
  const action = buildFlows(ec, ["flows"]);
  const position = ec.context.position(["flows"]);
  const checks = fateChecks(ec, action.table);
  return { ...plainStep("flows", -1, position, action), expect: { position, checks } };
}

function buildStep(ec: ExpectContext, step: DraftStep, index: number): StepSpec {
  const path = ["steps", index];
  const action = buildAction(ec, step, path);
  const id = step.id ?? `step ${index + 1}`;
  const fallback = endOf(ec, action, path, { id, index });
  checkVerbKeys(ec, path);
  const expect = buildExpectation(ec, step.expect, [...path, "expect"], fallback);
  checkHasOutput(ec, action, expect);
  return {
    index,
    id,
    position: ec.context.position(path),
    action,
    ...buildStepTime(ec, step, path),
    pick: step.pick === undefined ? undefined : ec.names.podRef(step.pick, [...path, "pick"]),
    repeat: step.repeat ?? 1,
    expect,
  };
}

/** What prints nothing lacks everything. */
function checkHasOutput({ context }: ExpectContext, { kind }: StepAction, { checks }: ExpectSpec): void {
  if (kind === "run") return;
  for (const check of checks)
    if (check.kind === "output")
      context.reportAt(check.position, `${kind} prints nothing`, { code: "conflict", hint: "only run has output" });
}

/** How a step ends when its expectation says nothing about it. */
function endOf(ec: ExpectContext, action: StepAction, path: Path, step: Pick<StepSpec, "id" | "index">): Check[] {
  const position = ec.context.position([...path, action.kind]);
  // What became of a frame that was put on its way is what the step is asked for, not whether it was taken.
  if (action.kind === "flows") return fateChecks(ec, action.table, step);
  if (action.kind === "send") return [{ kind: "result", value: "ok", position }];
  if (action.kind !== "run") return [];
  // A command that only starts something has no end to look at; the exit status is that of the last one.
  const last = action.commands.findLast(({ background }) => !background);
  return last === undefined ? [] : [{ kind: "exit", value: 0, position: last.position }];
}

function checkId(ec: ExpectContext, step: StepSpec, ids: Map<string, number>): void {
  const first = ids.get(step.id);
  if (first !== undefined) {
    ec.context.report(
      ["steps", step.index, "id"],
      `two steps are named ${JSON.stringify(step.id)}, see line ${ec.context.position(["steps", first]).line}`,
      { code: "conflict" },
    );
  }
  ids.set(step.id, step.index);
}
