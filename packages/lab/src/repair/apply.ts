// A plan with a change made: a command typed before a step, the file read again with another setting, or an object that says otherwise.

import { type Document, isMap, isScalar, parseDocument } from "yaml";
import type { LoadedObject } from "@kubehop/kube";
import { loadScenario } from "../load/load-scenario.ts";
import type { ReadFile } from "../load/context.ts";
import type { CellPlan } from "../model/scenario.ts";
import { plainStep, type StepAction, type StepSpec } from "../model/step-spec.ts";
import type { StreamMoment } from "./stream-goal.ts";
import type { Change, FieldChange, SettingChange, StartChange, TypedChange } from "./candidate.ts";
import { goalPlan } from "./goal.ts";

/** The scenario as text, to be read again. */
export interface ScenarioSource {
  readonly file: string;
  readonly text: string;
  readonly readFile: ReadFile;
}

/** Steps of the repair have no place in the file; -1 is that of its own table of flows. */
export const REPAIR_INDEX = -2;

/** When something is done: before the step of this index begins, or at a moment of a stream, beside it. */
export type When = number | StreamMoment;

/** The goal's plan with the change; undefined when the file cannot be read with it. */
export function applyChange(goal: CellPlan, change: Change, source: ScenarioSource, when: When): CellPlan | undefined {
  switch (change.kind) {
    case "typed":
    case "start":
      return typeof when === "number" ? withSteps(goal, change, when) : withStepsBeside(goal, change, when);
    case "setting":
      return withSetting(goal, change, source);
    case "field":
      return withField(goal, change);
  }
}

function withSteps(plan: CellPlan, change: TypedChange | StartChange, before: number): CellPlan {
  const at = plan.steps.findIndex(({ index }) => index >= before);
  const step = plan.steps[at];
  if (step === undefined) return plan;
  const steps = actionsOf(change, step).map((action) => repairStep(step, action));
  return { ...plan, steps: [...plan.steps.slice(0, at), ...steps, ...plan.steps.slice(at)] };
}

/** The requests that begin from then on are what has to go right. */
function withStepsBeside(
  plan: CellPlan,
  change: TypedChange | StartChange,
  { stream, event, goal }: StreamMoment,
): CellPlan {
  const steps = plan.steps.flatMap((step) =>
    step.index === stream.index
      ? [
          { ...step, expect: goal },
          ...actionsOf(change, step).map((action) => repairStep({ ...step, at: undefined, after: event }, action)),
        ]
      : [step],
  );
  return { ...plan, steps };
}

/** What is done, one after the other. */
function actionsOf(change: TypedChange | StartChange, { position }: StepSpec): StepAction[] {
  if (change.kind === "typed")
    return change.in.map((place) => ({
      kind: "run",
      in: place,
      commands: [{ text: change.command, background: false, position }],
    }));
  const { node, agent } = change;
  return (change.runs ? (["kill", "start"] as const) : (["start"] as const)).map((word) => ({
    kind: "fault",
    fault: { kind: "agent", node, agent, do: word, by: 0 },
    text: `${word} ${node}/${agent}`,
  }));
}

function repairStep({ position, at, after }: StepSpec, action: StepAction): StepSpec {
  return { ...plainStep("repair", REPAIR_INDEX, position, action), at, after };
}

function withSetting(
  goal: CellPlan,
  change: SettingChange,
  { file, text, readFile }: ScenarioSource,
): CellPlan | undefined {
  const edited = editSetting(text, change);
  if (edited === undefined) return undefined;
  const loaded = loadScenario(file, edited, readFile);
  if (!loaded.ok) return undefined;
  const same = loaded.scenario.cells.find(({ cell }) =>
    Object.entries(goal.cell).every(([name, value]) => cell[name] === value),
  );
  return same === undefined ? undefined : goalPlan(same);
}

/** What a short form stands for, where a setting needs the long one. */
const LONG_FORMS: Readonly<Record<string, (short: unknown) => unknown>> = {
  "cluster.cni": (name) => ({ [name === "docker" ? name : "flannel"]: {} }),
  "cluster.proxy": (mode) => ({ mode }),
  "cluster.iptables": (version) => ({ version }),
};

/** The file's text with the setting; undefined when something else stands in its way. */
export function editSetting(text: string, { path, value }: SettingChange): string | undefined {
  const document = parseDocument(text, { version: "1.2" });
  const keys = path.split(".");
  for (let length = 1; length < keys.length; length++) lengthen(document, keys.slice(0, length));
  if (keys.some((_, length) => length > 0 && !isOpen(document, keys.slice(0, length)))) return undefined;
  document.setIn(keys, document.createNode(value));
  return document.toString();
}

function lengthen(document: Document, keys: readonly string[]): void {
  const node: unknown = document.getIn(keys, true);
  if (!isScalar(node)) return;
  const short: unknown = document.getIn(keys);
  document.setIn(keys, document.createNode(LONG_FORMS[keys.join(".")]?.(short) ?? {}));
}

function isOpen(document: Document, keys: readonly string[]): boolean {
  const node: unknown = document.getIn(keys, true);
  return node === undefined || isMap(node);
}

function withField(plan: CellPlan, { object, path, value }: FieldChange): CellPlan {
  const same = ({ provenance, object: { kind, metadata } }: LoadedObject): boolean =>
    provenance === object.provenance && kind === object.object.kind && metadata.name === object.object.metadata.name;
  const objects = plan.objects.map((loaded) =>
    same(loaded) ? { ...loaded, object: replaced(loaded.object, path, value) as LoadedObject["object"] } : loaded,
  );
  return { ...plan, objects };
}

function replaced(node: unknown, [key, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(node))
    return node.map((item: unknown, index) => (index === key ? replaced(item, rest, value) : item));
  const map = (typeof node === "object" && node !== null ? node : {}) as Readonly<Record<string, unknown>>;
  return { ...map, [key]: replaced(map[key], rest, value) };
}
