// `validate --resolved`: keys that could stand in the maps a file writes and do not, with what holds instead. Taken from the grammar
// itself, so that no key can be forgotten. What depends on the cluster is computed while loading and told elsewhere.
import type { Path } from "@kubehop/kube";
import { FAULT_ROWS } from "../load/fault/build-fault.ts";
import { EXCLUDED, idleKeys, type Verb, VERBS } from "../load/verb-keys.ts";
import { referenceRows } from "../schema/reference.ts";

/** Told as computed values, or as the cluster at time 0. */
const ELSEWHERE: readonly string[] = ["cluster", "namespaces", "pin", "serve"];

/** Defaults that say: nothing, or nothing else; and sentences, which are for the reference. */
const NO_VALUE = /^(required.*|none|any|all|all of them|once|false|by seed|when .*|at the .*)$/;

/** Their default is that of a part of them. */
const PARTLY: readonly string[] = ["share"];

/** `steps[0].repeat: 1`, in the order of the file. `file`: its content as plain data. */
export function unwrittenLines(file: unknown): string[] {
  const rows = referenceRows().filter(({ path, fallback }) => path.length > 1 && isTold(path, fallback));
  const found = rows.flatMap(({ path, fallback = "" }) => {
    const key = path.at(-1) ?? "";
    return mapsAt(file, path.slice(0, -1), []).flatMap((place) => {
      const value = key in place.map ? undefined : valueAt(file, place, key, fallback);
      return value === undefined ? [] : [{ at: [...place.at, key], value }];
    });
  });
  return found.toSorted((a, b) => compareItems(a.at, b.at)).map(({ at, value }) => `${formatAt(at)}: ${value}`);
}

function isTold(path: readonly string[], fallback: string | undefined): boolean {
  return fallback !== undefined && !ELSEWHERE.includes(path[0] ?? "") && !PARTLY.includes(path.at(-1) ?? "");
}

/** What holds for a key that a map does not write; undefined: nothing, or it would mean nothing there. */
function valueAt(file: unknown, { at, map }: WrittenMap, key: string, fallback: string): string | undefined {
  const plain = NO_VALUE.test(fallback) ? undefined : fallback;
  if (at[0] !== "steps") return plain;
  const step = stepAt(file, at);
  const verb = VERBS.find((name) => name in step);
  if (key === "id") return `step ${Number(at[1]) + 1}`;
  if (at.length === 2) return verb === undefined ? undefined : stepValue(verb, map, key, plain);
  if (at[2] === "fault") return at.length > 3 || isOfFault(map, key) ? plain : undefined;
  if (key === "exit") return verb === "run" && ![step["expect"], map].some(saysHowItEnds) ? "0" : undefined;
  return plain;
}

/** A step's own keys. */
function stepValue(verb: Verb, step: WrittenMap["map"], key: string, plain: string | undefined): string | undefined {
  if (idleKeys(verb).some((idle) => idle === key)) return undefined;
  if (EXCLUDED.some(([one, other]) => one === key && other in step)) return undefined;
  if (key === "in") return verb === "run" ? "admin" : undefined;
  return key === "expect" ? ENDS[verb] : plain;
}

/** What is expected of a step that expects nothing. */
const ENDS: Readonly<Partial<Record<Verb, string>>> = { run: "{ exit: 0 }", send: "ok" };

/** The keys that take the place of an expected exit status. */
function saysHowItEnds(expect: unknown): boolean {
  return (
    typeof expect === "object" && expect !== null && ["result", "lost", "stream", "exit"].some((key) => key in expect)
  );
}

function isOfFault(fault: WrittenMap["map"], key: string): boolean {
  return FAULT_ROWS.some((row) => row.key in fault && row.beside.some((one) => one === key));
}

/** The step that a path leads into. */
function stepAt(file: unknown, at: Path): WrittenMap["map"] {
  return mapsAt(file, ["steps", "[]"], []).find((one) => one.at[1] === at[1])?.map ?? {};
}

interface WrittenMap {
  readonly at: Path;
  readonly map: Readonly<Record<string, unknown>>;
}

/** Maps that stand where a path of the grammar leads: `[]` is any item (a list may be left out), `*` any key. */
function mapsAt(value: unknown, pattern: readonly string[], at: Path): WrittenMap[] {
  if (typeof value !== "object" || value === null) return [];
  const [step, ...rest] = pattern;
  if (Array.isArray(value)) {
    const inner = step === "[]" ? rest : pattern;
    return value.flatMap((item, index) => mapsAt(item, inner, [...at, index]));
  }
  const map = Object.fromEntries(Object.entries(value));
  if (step === undefined) return [{ at, map }];
  if (step === "[]") return mapsAt(value, rest, at);
  if (step === "*") return Object.entries(map).flatMap(([key, item]) => mapsAt(item, rest, [...at, key]));
  return halvesOf(map, step, at).flatMap(([item, here]) => mapsAt(item, rest, here));
}

/** An expectation may be written in halves, each of which is one. */
function halvesOf(map: WrittenMap["map"], key: string, at: Path): [unknown, Path][] {
  const value = map[key];
  if (key !== "expect" || typeof value !== "object" || value === null) return [[value, [...at, key]]];
  const halves = Object.entries(value).filter(([half]) => half === "fixed" || half === "broken");
  return halves.length === 0 ? [[value, [...at, key]]] : halves.map(([half, item]) => [item, [...at, key, half]]);
}

/** Items of a list in their order; else the order of the grammar stays. */
function compareItems(a: Path, b: Path): number {
  const [left, right] = [a, b].map((path) => path.find((step) => typeof step === "number") ?? -1);
  return a[0] === b[0] ? (left ?? 0) - (right ?? 0) : 0;
}

function formatAt(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`),
    "",
  );
}
