// `">=1.27 <1.30"`: releases between bounds, where a value of the matrix may be written.
import { compareReleases } from "@kubehop/sim";

type Bound = (release: string) => boolean;

/** True when all bounds hold. A release without patch level is its first one: 1.30 is 1.30.0. */
export type VersionRange = Bound;

const SIGNS: Readonly<Record<string, (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/** True for text that is meant as a range, whether or not it is one. */
export function looksLikeRange(text: string): boolean {
  return /^[<>=]/.test(text.trim());
}

/** Undefined: not a range. */
export function parseVersionRange(text: string): VersionRange | undefined {
  const bounds = text.trim().split(/(?<=\d)[\s,]+/);
  const parsed = bounds.map(parseBound);
  const all = parsed.filter((bound) => bound !== undefined);
  if (all.length < parsed.length) return undefined;
  return (release) => all.every((bound) => bound(release));
}

function parseBound(text: string): Bound | undefined {
  const [, sign = "", floor] = /^(<=?|>=?)\s*v?(\d+(?:\.\d+)*)$/.exec(text) ?? [];
  const holds = SIGNS[sign];
  if (holds === undefined || floor === undefined) return undefined;
  return (release) => holds(compareReleases(release, floor));
}

export function isRelease(text: string): boolean {
  return /^v?\d+(?:\.\d+)*$/.test(text);
}
