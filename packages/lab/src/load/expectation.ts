// `expect:` → checks, each with its place. Halves are chosen by the bug, words and short forms spelled out, names checked.
import type { Path } from "@kubehop/kube";
import { PARTIAL_COLUMNS, TABLE_COLUMNS, TABLE_NAMES } from "../expect/tables.ts";
import type { Check, ExpectSpec, IgnoreName, OutputCheck, TableName } from "../model/expect-spec.ts";
import type { DropReason } from "@kubehop/netstack";
import type { Cell } from "../model/scenario.ts";
import { parseDuration } from "../schema/notation.ts";
import type { ExpectFile, PlainExpectFile } from "../schema/scenario-schema.ts";
import type { LoadContext } from "./context.ts";
import { checkPattern } from "./pattern.ts";
import { checkAddressValue, checkValue, looksNumeric } from "./row-value.ts";
import { type Draft, entriesOf, manyOf } from "./draft.ts";
import type { KnownNames } from "./names.ts";
import { countOf, flowOf, requestChecks, requestFilter, streamChecks } from "./requests.ts";
import { wayChecks } from "./ways.ts";

export type DraftExpect = Draft<ExpectFile>;
type DraftPlain = Draft<PlainExpectFile>;

export interface ExpectContext {
  readonly context: LoadContext;
  readonly names: KnownNames;
  /** Which half of `{fixed, broken}` counts; undefined: the file has no bug. */
  readonly half: "fixed" | "broken" | undefined;
  /** All cells of the matrix. */
  readonly cells: readonly Cell[];
  /** Does the bug show in a cell? Undefined: there is no bug. */
  readonly isBroken: ((cell: Cell) => boolean) | undefined;
}

/** The checks of one expectation. `fallback` is what holds when nothing is said about how the step ends. */
export function buildExpectation(
  ec: ExpectContext,
  draft: DraftExpect | undefined,
  path: Path,
  fallback: Check[],
): ExpectSpec {
  const position = ec.context.position(path);
  if (draft === undefined) return { position, checks: fallback };
  if (typeof draft === "string") return { position, checks: [{ kind: "result", value: draft, position }] };
  const { fixed, broken, ...common } = draft;
  checkSaysSomething(ec, path);
  const shared = plainExpectation(ec, common, path);
  const halves = { fixed, broken };
  const written = (["fixed", "broken"] as const).filter((half) => ec.context.document.has([...path, half]));
  checkHalves(ec, written, path);
  // Both halves are read, so that mistakes of either are said in every cell.
  const read = written.map((half) => ({ half, said: halfExpectation(ec, halves[half], [...path, half]) }));
  const of = (wanted: ExpectContext["half"]): ExpectSpec =>
    together([shared, ...read.flatMap(({ half, said }) => (half === wanted ? [said] : []))], fallback);
  return ec.half === "broken" ? { ...of("broken"), repaired: of("fixed") } : of(ec.half);
}

/** What is said in several places; something must be said about how the step ends. */
function together(parts: readonly [ExpectSpec, ...ExpectSpec[]], fallback: readonly Check[]): ExpectSpec {
  const checks = parts.flatMap((part) => part.checks);
  return {
    position: parts[0].position,
    checks: checks.some(saysHowItEnds) ? checks : [...checks, ...fallback],
    only: parts.findLast(({ only }) => only !== undefined)?.only,
    within: parts.findLast(({ within }) => within !== undefined)?.within,
  };
}

function saysHowItEnds({ kind }: Check): boolean {
  return kind === "result" || kind === "exit" || kind === "lost" || kind === "stream";
}

/** An expectation without halves, of which nothing is filled in. */
export function plainExpectation(ec: ExpectContext, draft: DraftPlain, path: Path): ExpectSpec {
  return {
    position: ec.context.position(path),
    checks: plainChecks(ec, draft, path),
    only: requestFilter(ec, draft, path),
    within: draft.within === undefined ? undefined : parseDuration(draft.within),
  };
}

/** A map without an expectation would hold whatever happens. */
function checkSaysSomething(ec: ExpectContext, path: Path): void {
  const value = ec.context.document.valueAt(path);
  if (typeof value === "object" && value !== null && Object.keys(value).every((key) => HOW.includes(key)))
    ec.context.report(path, "nothing is expected", { hint: "leave it out, or write what must hold" });
}

/** Keys that say when, of what, or how, and expect nothing themselves. */
const HOW: readonly string[] = ["within", "since", "flow"];

function checkHalves(ec: ExpectContext, written: readonly string[], path: Path): void {
  const [one] = written;
  if (one === undefined) return;
  if (ec.half === undefined && !ec.context.document.has(["bug"])) {
    ec.context.report([...path, one], `${JSON.stringify(one)} needs a bug: say in which cells it shows`, {
      code: "missing-key",
      hint: "write bug: { when: { … } }",
      atKey: true,
    });
  }
  if (written.length === 2) return;
  const other = one === "fixed" ? "broken" : "fixed";
  ec.context.report([...path, one], `missing key ${JSON.stringify(other)}: both halves are needed`, {
    code: "missing-key",
    atKey: true,
  });
}

function halfExpectation(
  ec: ExpectContext,
  draft: Draft<PlainExpectFile> | string | undefined,
  path: Path,
): ExpectSpec {
  if (typeof draft === "object") {
    checkSaysSomething(ec, path);
    return plainExpectation(ec, draft, path);
  }
  const position = ec.context.position(path);
  return { position, checks: draft === undefined ? [] : [{ kind: "result", value: draft as "ok", position }] };
}

/** Checks of an object without halves. */
function plainChecks(ec: ExpectContext, draft: DraftPlain, path: Path): Check[] {
  return [
    ...outcomeChecks(ec, draft, path),
    ...outputChecks(ec, draft, path),
    ...droppedChecks(ec, draft, [...path, "dropped"]),
    ...packetChecks(ec, draft, [...path, "packet"]),
    ...wayChecks(ec, draft, path),
    ...TABLE_NAMES.flatMap((table) => rowChecks(ec, table, draft, [...path, table])),
    ...neverChecks(ec, draft.never, [...path, "never"]),
  ];
}

function outcomeChecks(ec: ExpectContext, draft: DraftPlain, path: Path): Check[] {
  const at = (key: string): { position: ReturnType<LoadContext["position"]> } => ({
    position: ec.context.position([...path, key]),
  });
  const checks = requestChecks(ec, draft, path);
  if (draft.exit !== undefined) checks.push({ kind: "exit", value: draft.exit, ...at("exit") });
  return [...checks, ...streamChecks(ec, draft.stream, [...path, "stream"])];
}

/** `never:` — an expectation of its own, of which nothing is filled in. */
function neverChecks(ec: ExpectContext, draft: DraftPlain["never"], path: Path): Check[] {
  if (draft === undefined) return [];
  checkSaysSomething(ec, path);
  const position = ec.context.position(path);
  const only = requestFilter(ec, draft, path);
  return [{ kind: "never", expect: { position, checks: plainChecks(ec, draft, path), only }, position }];
}

type OutputObject = Exclude<NonNullable<DraftPlain["output"]>, string>;

function outputChecks(ec: ExpectContext, draft: DraftPlain, path: Path): Check[] {
  const { output } = draft;
  const short = { rows: draft.rows, has: draft.has, text: draft.text, ignore: draft.ignore };
  const checks = outputObject(ec, short, path);
  if (typeof output === "string") return [...checks, ...outputObject(ec, { contains: output }, path, ["output"])];
  if (output === undefined) return checks;
  const where = [...path, "output"];
  if (!WAYS.some((how) => ec.context.document.has([...where, how])))
    ec.context.report(where, "nothing is expected of the output", { hint: `write one of ${WAYS.join(", ")}` });
  return [...checks, ...outputObject(ec, output, where)];
}

const WAYS: readonly OutputCheck["how"][] = ["contains", "lacks", "equals", "matches", "rows", "has", "text"];

/** `at` replaces the key in the position when the short form has none. */
function outputObject(ec: ExpectContext, draft: OutputObject, path: Path, at?: Path): OutputCheck[] {
  const ignore = (draft.ignore ?? []).filter((name): name is IgnoreName => name !== undefined);
  const stream = draft.stream ?? "stdout";
  const checks = WAYS.flatMap((how) =>
    manyOf<string>(draft[how]).map(({ item, step }): OutputCheck => {
      const where = [...path, ...(at ?? [how, ...step])];
      const complaint = how === "matches" ? checkPattern(item) : undefined;
      if (complaint !== undefined) ec.context.report(where, complaint.message, { hint: complaint.hint });
      return { kind: "output", stream, how, value: item, ignore, position: ec.context.position(where) };
    }),
  );
  const golden = checks.some(({ how }) => how === "rows" || how === "has" || how === "text" || how === "equals");
  if (ignore.length > 0 && !golden)
    ec.context.report([...path, "ignore"], "a mask without text to compare", { hint: "add rows, has or text" });
  return checks;
}

function droppedChecks(ec: ExpectContext, draft: DraftPlain, path: Path): Check[] {
  return manyOf(draft.dropped).map(({ item, step }): Check => {
    const at = [...path, ...step];
    if (item.in !== undefined) ec.names.checkPlace(item.in, [...at, "in"]);
    const flow = flowOf(ec, item.flow, [...at, "flow"]);
    const reason = item.reason as DropReason | undefined;
    return {
      kind: "dropped",
      in: item.in,
      dev: item.dev,
      reason,
      by: item.by,
      flow,
      count: countOf(item.count),
      position: ec.context.position(at),
    };
  });
}

function packetChecks(ec: ExpectContext, draft: DraftPlain, path: Path): Check[] {
  return manyOf(draft.packet).flatMap(({ item, step }): Check[] => {
    const at = [...path, ...step];
    const flow = flowOf(ec, item.flow, [...at, "flow"]);
    if (item.in !== undefined) ec.names.checkPlace(item.in, [...at, "in"]);
    if (item.in === undefined || item.dev === undefined) return [];
    const { dev, flags, ttl, note } = item;
    return [
      {
        kind: "packet",
        in: item.in,
        dev,
        flow,
        flags,
        ttl,
        note,
        count: countOf(item.count),
        position: ec.context.position(at),
      },
    ];
  });
}

function rowChecks(ec: ExpectContext, table: TableName, draft: DraftPlain, path: Path): Check[] {
  return manyOf(draft[table]).flatMap(({ item, step }): Check[] => {
    const at = [...path, ...step];
    const { in: place, count, ...columns } = item as Record<string, string | number | boolean | undefined>;
    if (typeof place !== "string") return [];
    ec.names.checkPlace(place, [...at, "in"]);
    const wanted = entriesOf(columns).map(([name, value]): [string, string] => {
      checkColumn(ec, table, name, String(value), [...at, name]);
      return [name, String(value)];
    });
    const bound = countOf(typeof count === "boolean" ? undefined : count);
    return [
      {
        kind: "row",
        table,
        in: place,
        columns: Object.fromEntries(wanted),
        count: bound,
        position: ec.context.position(at),
      },
    ];
  });
}

/** A value that no row can have is a slip; address columns may hold names, one that nobody has is a slip too. */
export function checkColumn(ec: ExpectContext, table: TableName, name: string, value: string, path: Path): void {
  const column = TABLE_COLUMNS[table].find((candidate) => candidate.name === name);
  if (column === undefined) return;
  const routes = table === "route" && name === "dst";
  const numeric = column.address === true && looksNumeric(value);
  const empty = PARTIAL_COLUMNS.has(`${table}.${name}`) && value.trim() === "";
  const complaint = empty
    ? { message: `every ${name} has this part, nothing is expected` }
    : numeric
      ? checkAddressValue(value, routes)
      : checkValue(column, value);
  if (complaint !== undefined) ec.context.report(path, complaint.message, { hint: complaint.hint });
  else if (column.address === true && !numeric && value !== "" && !(routes && value === "default"))
    ec.names.checkEnd(value, path);
}
