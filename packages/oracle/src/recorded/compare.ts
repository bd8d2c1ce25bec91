// Holds an observation against the recording: per device first, then the global order; conntrack, drop reasons, rule counters.

import type { RecordedCase, RecordedConntrack, RecordedPacket } from "./format.ts";
import { maskFrame } from "./mask.ts";
import type { SeenTables } from "./case-state.ts";
import { missingRows } from "./compare-rows.ts";
import type { Observation, SeenFrame } from "./replay.ts";

/** One difference; `recorded` and `ours` are printed side by side. */
export interface Difference {
  readonly what:
    | "frames"
    | "order"
    | "conntrack"
    | "events"
    | "drops"
    | "rules"
    | "errno"
    | "recent"
    | "fdb"
    | "neigh"
    /** The case asks for something that is not modelled. */
    | "refused";
  /** Where: `step 2, n1/cni0`, or the rule's key. */
  readonly where: string;
  readonly recorded: string;
  readonly ours: string;
}

/** Reasons the kernel gives too vaguely to compare, and the case in which a capture hides the reason (README of the recordings). */
const EXEMPT_REASONS = new Set(["NOT_SPECIFIED"]);
const EXEMPT_CASES = new Set(["ethertype_unknown"]);

export function compareCase(testCase: RecordedCase, seen: Observation): Difference[] {
  const differences: Difference[] = [];
  testCase.steps.forEach((step, i) => differences.push(...compareStep(i + 1, step.packets, seen.frames[i] ?? [])));
  for (const [ns, entries] of Object.entries(testCase.conntrack))
    differences.push(...compareConntrack(ns, entries, seen.conntrack[ns] ?? []));
  differences.push(...compareDrops(testCase, seen), ...compareRules(testCase, seen));
  differences.push(...compareErrors(testCase, seen), ...compareTables(testCase, seen.tables));
  return differences;
}

function compareStep(step: number, recorded: readonly RecordedPacket[], seen: readonly SeenFrame[]): Difference[] {
  const differences: Difference[] = [];
  const devices = new Set([...recorded, ...seen].map((p) => `${p.ns}/${p.dev}`));
  for (const device of devices) {
    const theirs = recorded.filter((p) => `${p.ns}/${p.dev}` === device);
    const ours = seen.filter((p) => `${p.ns}/${p.dev}` === device);
    for (let i = 0; i < Math.max(theirs.length, ours.length); i++) {
      const a = theirs[i];
      const text = ours[i] === undefined ? "nothing" : frameKey(ours[i] as SeenFrame, a?.masked ?? []);
      const wanted = a === undefined ? "nothing" : `${a.dir} ${a.hex}`;
      if (text !== wanted) {
        differences.push({
          what: "frames",
          where: `step ${step}, ${device}, frame ${i + 1}${a === undefined ? "" : ` (${a.text})`}`,
          recorded: wanted,
          ours: text,
        });
        break;
      }
    }
  }
  if (differences.length > 0) return differences;
  const order = recorded.map((p) => `${p.ns}/${p.dev} ${p.dir}`).join(", ");
  const ourOrder = seen.map((p) => `${p.ns}/${p.dev} ${p.dir}`).join(", ");
  return order === ourOrder ? [] : [{ what: "order", where: `step ${step}`, recorded: order, ours: ourOrder }];
}

function frameKey(frame: SeenFrame, masked: RecordedPacket["masked"]): string {
  return `${frame.dir} ${Buffer.from(maskFrame(frame.bytes, masked)).toString("hex")}`;
}

function compareErrors(testCase: RecordedCase, seen: Observation): Difference[] {
  return testCase.steps.flatMap(({ inject }, i): Difference[] => {
    const [recorded, ours] = [inject.error ?? "sent", seen.errors[i] ?? "sent"];
    return recorded === ours ? [] : [{ what: "errno", where: `step ${i + 1}`, recorded, ours }];
  });
}

/** xt_recent's lists, bridge tables and neighbours behind the case, where they were recorded; their order is chance. */
function compareTables(testCase: RecordedCase, tables: SeenTables): Difference[] {
  const recorded: SeenTables = {
    recent: testCase.recent ?? {},
    fdb: testCase.fdb?.after ?? {},
    neigh: testCase.neigh?.after ?? {},
  };
  return tableRows(recorded).flatMap(({ what, where, rows }): Difference[] => {
    const ours = tableRows(tables).find((one) => one.what === what && one.where === where)?.rows ?? [];
    const missing = missingRows(rows, ours);
    return missing === null ? [] : [{ what, where, ...missing }];
  });
}

function tableRows(tables: SeenTables): { what: "recent" | "fdb" | "neigh"; where: string; rows: string[] }[] {
  const recent = Object.entries(tables.recent).flatMap(([node, lists]) =>
    Object.entries(lists).map(([list, rows]) => ({
      what: "recent" as const,
      where: `${node}, list ${list}`,
      rows: rows.map(rowText),
    })),
  );
  const fdb = Object.entries(tables.fdb).map(([where, rows]) => ({
    what: "fdb" as const,
    where,
    rows: rows.filter((row) => !isGroupRow(row)).map(rowText),
  }));
  const neigh = Object.entries(tables.neigh).map(([where, rows]) => ({
    what: "neigh" as const,
    where,
    rows: rows.map(rowText),
  }));
  return [...recent, ...fdb, ...neigh];
}

/** Filters for groups, which are not modelled as rows. */
function isGroupRow(row: { readonly mac: string }): boolean {
  return /^(33:33|01:00:5e)/.test(row.mac);
}

function rowText(row: object): string {
  return JSON.stringify(sortKeys(row));
}

/** The table is hash ordered: compare as sets of rows. */
function compareConntrack(
  ns: string,
  recorded: readonly RecordedConntrack[],
  seen: readonly RecordedConntrack[],
): Difference[] {
  const ours = new Set(seen);
  const theirs = recorded.filter((row) => {
    const twin =
      [...ours].find((other) => canonical(other) === canonical(row)) ?? [...ours].find((other) => fits(row, other));
    if (twin !== undefined) ours.delete(twin);
    return twin === undefined;
  });
  if (theirs.length === 0 && ours.size === 0) return [];
  const text = (rows: Iterable<RecordedConntrack>): string =>
    [...rows].map(canonical).sort().join("\n") || "no further entry";
  return [{ what: "conntrack", where: ns, recorded: text(theirs), ours: text(ours) }];
}

/** A port or id drawn by chance is recorded as `*` and fits any. */
function fits(recorded: RecordedConntrack, ours: RecordedConntrack): boolean {
  const open = (ours: RecordedConntrack["orig"], theirs: RecordedConntrack["orig"]): RecordedConntrack["orig"] => ({
    ...ours,
    ...(theirs.sport === "*" ? { sport: "*" } : {}),
    ...(theirs.dport === "*" ? { dport: "*" } : {}),
    ...(theirs.id === "*" ? { id: "*" } : {}),
  });
  const like = { ...ours, orig: open(ours.orig, recorded.orig), reply: open(ours.reply, recorded.reply) };
  return canonical(like) === canonical(recorded);
}

/** An entry as one text, whatever the order of its keys. */
export function canonical(entry: RecordedConntrack): string {
  return JSON.stringify(
    [entry.orig, entry.reply, entry.status, entry.mark, entry.tcp].map((part) =>
      Array.isArray(part) ? [...part].sort() : sortKeys(part),
    ),
  );
}

function sortKeys(part: unknown): unknown {
  return typeof part === "object" && part !== null
    ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
    : (part ?? null);
}

function compareDrops(testCase: RecordedCase, seen: Observation): Difference[] {
  if (EXEMPT_CASES.has(testCase.name)) return [];
  const keep = (reason: string): boolean => !EXEMPT_REASONS.has(reason);
  const theirs = [...new Set(testCase.drops.map((d) => d.split(" @")[0] as string))].filter(keep).sort().join(" ");
  const ours = seen.drops.filter(keep).join(" ");
  return theirs === ours
    ? []
    : [{ what: "drops", where: "drop reasons", recorded: theirs || "none", ours: ours || "none" }];
}

function compareRules(testCase: RecordedCase, seen: Observation): Difference[] {
  const keys = [...new Set([...Object.keys(testCase.rules), ...Object.keys(seen.rules)])].sort();
  return keys.flatMap((key): Difference[] => {
    const theirs = testCase.rules[key]?.join(" packets, ") ?? "0 packets, 0";
    const ours = seen.rules[key]?.join(" packets, ") ?? "0 packets, 0";
    return theirs === ours ? [] : [{ what: "rules", where: key, recorded: `${theirs} bytes`, ours: `${ours} bytes` }];
  });
}
