// Text → scenario, or every mistake in it. The one way into the loader.
import {
  type Diagnostic,
  diagnosticAt,
  type LoadedObject,
  type ManifestNote,
  parseOnce,
  type ParseText,
  sortDiagnostics,
  SourceText,
  type YamlDocument,
} from "@kubehop/kube";
import type { Document } from "yaml";
import type { BugSpec, Cell, CellPlan, LoadResult, MutationSpec, Scenario } from "../model/scenario.ts";
import { buildBare, NO_CLUSTER } from "./bare.ts";
import { buildBug, buildMutations, checkBugWhen, checkToldApart, readBugWhen } from "./bug.ts";
import { checkShape } from "./check-shape.ts";
import { buildClusterSpec } from "./cluster.ts";
import { LoadContext, type ReadFile } from "./context.ts";
import { manyOf } from "./draft.ts";
import { readManifests } from "./manifests.ts";
import { expandMatrix, type MatrixCell } from "./matrix.ts";
import { KnownNames } from "./names.ts";
import { buildPins, buildPlace, buildServe } from "./pins.ts";
import { readYaml } from "./read-yaml.ts";
import { buildSteps } from "./steps.ts";
import { buildTiming } from "./timing.ts";
import { substitute, unknownReference } from "./substitute.ts";
import { findTraps, isKubernetesObject } from "./traps.ts";
import { isIn } from "./when.ts";

/** Reads a scenario. `readFile` gets paths as the scenario writes them. Never throws for bad input. */
export function loadScenario(file: string, text: string, readFile: ReadFile): LoadResult {
  try {
    return load(file, text, readFile);
  } catch (error) {
    // The guards count nesting roughly; what they let through may still be too deep for the stack.
    if (!(error instanceof RangeError)) throw error;
    const source = new SourceText(file, text);
    return {
      ok: false,
      diagnostics: [diagnosticAt(source.positionAt(0), "syntax", "YAML: nested too deeply")],
      sources: [source],
    };
  }
}

function load(file: string, text: string, readFile: ReadFile): LoadResult {
  const parse = parseOnce();
  const traps: Diagnostic[] = [];
  const first = readYaml(file, text, (document, source) => traps.push(...findTraps(document, source)), parse);
  const sources = [first.source];
  const [root, second] = first.documents;
  const diagnostics = [...first.diagnostics, ...traps];
  if (root === undefined) {
    if (diagnostics.length === 0)
      diagnostics.push(diagnosticAt(first.source.positionAt(0), "missing-key", "the file is empty", EMPTY_HINT));
    return { ok: false, diagnostics, sources };
  }
  if (second !== undefined) {
    diagnostics.push(
      diagnosticAt(
        second.position(),
        "wrong-type",
        "a scenario is one document, a second one starts here",
        "put Kubernetes objects under manifests:, or in files of their own",
      ),
    );
  }
  if (typeof root.value !== "object" || root.value === null || Array.isArray(root.value)) {
    diagnostics.push(
      diagnosticAt(root.position(), "wrong-type", "a scenario is a map that begins with scenario:", EMPTY_HINT),
    );
    return { ok: false, diagnostics, sources };
  }
  if (isKubernetesObject(root.value)) {
    diagnostics.push(diagnosticAt(root.position(), "wrong-type", "a Kubernetes object, no scenario", OBJECT_HINT));
    return { ok: false, diagnostics, sources };
  }
  const matrix = expandMatrix(root, (path, message, hint, atKey = false) => {
    diagnostics.push(diagnosticAt(atKey ? root.keyPosition(path) : root.position(path), "bad-value", message, hint));
  });
  const loaded = matrix.map((cell) => loadCell({ file, text, parse, readFile, matrix }, cell));
  return assemble(file, sources, [...diagnostics, ...loaded.flatMap((one) => one.diagnostics)], loaded);
}

const EMPTY_HINT = "write scenario: TITLE, and steps:";
const OBJECT_HINT = "a scenario names it: write manifests: [FILE]";

interface FileInput {
  readonly file: string;
  readonly text: string;
  readonly parse: ParseText;
  readonly readFile: ReadFile;
  readonly matrix: readonly MatrixCell[];
}

interface LoadedCell {
  readonly plan: CellPlan;
  readonly title: string;
  readonly refs: readonly string[];
  readonly source: string | undefined;
  readonly bug: BugSpec | undefined;
  readonly mutations: readonly MutationSpec[];
  readonly diagnostics: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  readonly notes: readonly ManifestNote[];
  readonly sources: readonly SourceText[];
}

/** The file once more with the cell's values put in. */
function readCell(
  input: FileInput,
  { cell, values }: MatrixCell,
): { document: YamlDocument; diagnostics: Diagnostic[] } | undefined {
  const unknown: { name: string; node: Parameters<typeof unknownReference>[2] }[] = [];
  const put = (document: Document): void => substitute(document, values, (name, node) => unknown.push({ name, node }));
  const yaml = readYaml(input.file, input.text, put, input.parse);
  const [document] = yaml.documents;
  if (document === undefined) return undefined;
  // An axis that is wrong itself has no value: that was said already.
  const axes = document.valueAt(["matrix"]);
  const named = typeof axes === "object" && axes !== null ? Object.keys(axes) : [];
  const news = unknown.filter(({ name }) => !named.includes(name));
  return { document, diagnostics: news.map(({ name, node }) => unknownReference(yaml.source, name, node, cell)) };
}

function loadCell(input: FileInput, matrixCell: MatrixCell): LoadedCell {
  const read = readCell(input, matrixCell);
  if (read === undefined) throw new Error("a file that was readable before is not readable any more");
  const { document } = read;
  const shape = checkShape(document);
  const context = new LoadContext(document, shape.draft, matrixCell.cell);
  context.diagnostics.push(...read.diagnostics, ...shape.diagnostics);
  return buildCell(context, input, matrixCell);
}

function buildCell(context: LoadContext, input: FileInput, { cell, values }: MatrixCell): LoadedCell {
  const { draft } = context;
  const title = checkTitle(context);
  const bare = buildBare(context);
  const cluster = bare === undefined ? buildClusterSpec(context) : NO_CLUSTER;
  const manifests = readManifests(context, cluster, values, input.readFile);
  const names = new KnownNames(
    context,
    { cluster, bare },
    [...manifests.objects, ...manifests.later],
    manifests.complete,
  );
  names.checkAliases();
  fillNamespaces(context, manifests.objects);
  const cells = input.matrix.map((one) => one.cell);
  const when = readBugWhen(context);
  const whenHolds = when !== undefined && checkBugWhen(context, when, cells);
  const isBroken = when === undefined ? undefined : (one: Cell) => isIn(when, one);
  const half = isBroken === undefined ? undefined : isBroken(cell) ? "broken" : "fixed";
  const ec = { context, names, half, cells, isBroken } as const;
  const place = buildPlace(context, names);
  const plan: CellPlan = {
    cell,
    half,
    cluster,
    bare,
    objects: manifests.objects,
    files: manifests.files,
    place,
    pins: buildPins(context, cluster, names, place),
    timing: buildTiming(context, cluster),
    names: names.aliases,
    serve: buildServe(context, names),
    steps: buildSteps(ec),
    defaults: context.defaults,
  };
  // What could not be read may have told them apart.
  if (whenHolds && context.diagnostics.length === 0) checkToldApart(context, plan.steps);
  return {
    plan,
    title,
    refs: manyOf(draft.refs).map(({ item }) => item),
    source: draft.source,
    bug: when === undefined ? undefined : buildBug(ec, when),
    mutations: buildMutations(context),
    diagnostics: context.diagnostics,
    warnings: context.warnings,
    notes: manifests.notes,
    sources: manifests.sources,
  };
}

/** Namespaces that objects of `manifests` stand in are made for them. */
function fillNamespaces(context: LoadContext, objects: readonly LoadedObject[]): void {
  const known = new Set(["", "default", "kube-system"]);
  for (const { object } of objects) if (object.kind === "Namespace") known.add(object.metadata.name);
  for (const { object } of objects) {
    const { namespace } = object.metadata;
    if (!known.has(namespace))
      context.fill(`namespace ${namespace}`, "made", "no manifest has it; kubectl would ask for it");
    known.add(namespace);
  }
}

function checkTitle(context: LoadContext): string {
  const { scenario, lab } = context.draft;
  const { document } = context;
  const has = ["scenario", "lab"].filter((key) => document.has([key]));
  if (has.length === 0)
    context.report([], 'missing key "scenario": the title', {
      code: "missing-key",
      hint: "write scenario: TITLE as the first key",
    });
  if (has.length === 2)
    context.report(["lab"], "a file is a scenario or a lab, not both", { code: "conflict", atKey: true });
  return scenario ?? lab ?? "";
}

function assemble(
  file: string,
  sources: readonly SourceText[],
  found: readonly Diagnostic[],
  cells: readonly LoadedCell[],
): LoadResult {
  const all = uniqueSources([...sources, ...cells.flatMap((cell) => cell.sources)]);
  const diagnostics = sortDiagnostics([...found].toSorted((a, b) => rank(all, a.file) - rank(all, b.file)));
  const [first] = cells;
  if (diagnostics.length > 0 || first === undefined) return { ok: false, diagnostics, sources: all };
  const scenario: Scenario = {
    file,
    title: first.title,
    refs: first.refs,
    source: first.source,
    bug: first.bug,
    mutations: first.mutations,
    cells: cells.map((cell) => cell.plan),
    sources: all,
    notes: first.notes,
  };
  return { ok: true, scenario, warnings: sortDiagnostics(cells.flatMap((cell) => cell.warnings)) };
}

function uniqueSources(sources: readonly SourceText[]): SourceText[] {
  return [...new Map(sources.map((source) => [source.file, source])).values()];
}

/** The scenario's own mistakes come first, then those of its manifests in the order they are named. */
function rank(sources: readonly SourceText[], file: string): number {
  return sources.findIndex((source) => source.file === file);
}

/** True when a YAML file is a scenario: its first key is `scenario` or `lab`. Other YAML is passed over in a folder. */
export function isScenarioText(text: string): boolean {
  const body = text.replace(/^\uFEFF/, "");
  const first = /^(?!#|---|%|\s*$).*$/m.exec(body)?.[0] ?? "";
  return /^(?:\{\s*)?["']?(?:scenario|lab)["']?\s*:/.test(first);
}
