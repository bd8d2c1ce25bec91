// `validate --resolved`: keys that could stand in the maps a file writes and do not, with what holds instead. Taken from the grammar
// itself, so that no key can be forgotten. What depends on the cluster is computed while loading and told elsewhere.
import type { Path } from "@kubehop/kube";
import { referenceRows } from "../schema/reference.ts";

/** Told as computed values, or as the cluster at time 0. */
const ELSEWHERE: readonly string[] = ["cluster", "namespaces", "pin", "serve"];

/** Defaults that say: nothing. */
const NOTHING: readonly string[] = ["required", "none", "any", "by seed"];

/** Their default is that of a part of them. */
const PARTLY: readonly string[] = ["share"];

/** Keys that mean nothing beside a verb. */
const MEANINGLESS: Readonly<Record<string, readonly string[]>> = {
  wait: ["in", "pick", "repeat", "expect"],
  send: ["in"],
};

/** `steps[0].repeat: 1`, in the order of the file. `file`: its content as plain data. */
export function unwrittenLines(file: unknown): string[] {
  const rows = referenceRows().filter(
    ({ path, fallback }) =>
      path.length > 1 && !ELSEWHERE.includes(path[0] ?? "") && fallback !== undefined && !NOTHING.includes(fallback),
  );
  const found = rows.flatMap(({ path, fallback = "" }) => {
    const key = path.at(-1) ?? "";
    if (PARTLY.includes(key)) return [];
    return mapsAt(file, path.slice(0, -1), []).flatMap(({ at, map }) =>
      key in map || isMeaningless(map, key) ? [] : [{ at: [...at, key], fallback }],
    );
  });
  return found.toSorted((a, b) => compareItems(a.at, b.at)).map(({ at, fallback }) => `${formatAt(at)}: ${fallback}`);
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

function isMeaningless(map: WrittenMap["map"], key: string): boolean {
  return Object.entries(MEANINGLESS).some(([verb, keys]) => verb in map && keys.includes(key));
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
