// `path`, `reply-path`, `nat` → checks.
import type { Path } from "@kubehop/kube";
import { AT_LEAST_ONE, parseCount } from "../schema/notation.ts";
import type { PlainExpectFile } from "../schema/scenario-schema.ts";
import { parseTranslation, parseWayEntry } from "../schema/way-notation.ts";
import type { NatCheck, PathCheck, WayCheck, WayEntry } from "../model/way-spec.ts";
import { type Draft, manyOf } from "./draft.ts";
import type { ExpectContext } from "./expectation.ts";

type DraftPlain = Draft<PlainExpectFile>;

export function wayChecks(ec: ExpectContext, draft: DraftPlain, path: Path): WayCheck[] {
  return [
    ...pathChecks(ec, "path", draft.path, [...path, "path"]),
    ...pathChecks(ec, "reply-path", draft["reply-path"], [...path, "reply-path"]),
    ...manyOf(draft.nat).flatMap(({ item, step }) => natChecks(ec, item, [...path, "nat", ...step])),
  ];
}

function pathChecks(ec: ExpectContext, kind: PathCheck["kind"], draft: DraftPlain["path"], path: Path): PathCheck[] {
  if (draft === undefined) return [];
  const entries = draft.flatMap((text, index): WayEntry[] => {
    const entry = text === undefined ? "" : parseWayEntry(text);
    if (typeof entry === "string") return [];
    if (entry.place !== undefined && entry.place !== GATEWAY) ec.names.checkPlace(entry.place, [...path, index]);
    return [entry];
  });
  if (entries.length > 0 && entries.every(({ place }) => place === undefined))
    ec.context.report(path, "every way is like this: name a machine");
  return [{ kind, entries, position: ec.context.position(path) }];
}

/** The underlay's router is no place to type at. */
const GATEWAY = "gateway";

type DraftNat = Exclude<NonNullable<DraftPlain["nat"]>, readonly unknown[]>;

/** A check for every direction that is written. */
function natChecks(ec: ExpectContext, draft: DraftNat, path: Path): NatCheck[] {
  if (draft.in === undefined) return [];
  ec.names.checkPlace(draft.in, [...path, "in"]);
  const count = (draft.count === undefined ? undefined : parseCount(draft.count)) ?? AT_LEAST_ONE;
  const base = { kind: "nat", in: draft.in, count } as const;
  const written = (["dst", "src"] as const).filter((what) => draft[what] !== undefined);
  if (written.length === 0) return [{ ...base, change: undefined, position: ec.context.position(path) }];
  return written.map((what) => {
    const at = [...path, what];
    return { ...base, change: changeOf(ec, what, draft[what] ?? "", at), position: ec.context.position(at) };
  });
}

function changeOf(ec: ExpectContext, what: "src" | "dst", text: string, path: Path): NatCheck["change"] {
  const parsed = parseTranslation(text);
  if (typeof parsed === "string") return undefined;
  for (const { name } of [parsed.from, parsed.to]) if (name !== "*") ec.names.checkEnd(name, path);
  return { what, ...parsed };
}
