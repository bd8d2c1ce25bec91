// Manifests as people have them → checked, complete objects, or every mistake with its place.
import type * as z from "zod";
import { parseCidr } from "../api/address.ts";
import { type ApiSettings, type KindDefinition, type Report, lazy } from "../api/kind.ts";
import { IGNORED_KINDS, type Kind, KIND_NAMES, KINDS, type KubeObject, REFUSED_KINDS } from "../api/kinds.ts";
import type { Draft, ObjectBase } from "../api/meta.ts";
import { ignoredPaths, type ObjectShape, type Shape, shapeSchema } from "../api/shape.ts";
import { type Diagnostic, diagnosticAt, sortDiagnostics } from "../diagnostics/diagnostic.ts";
import type { SourcePosition } from "../diagnostics/source-text.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { type Path, type YamlDocument, type YamlSource } from "../diagnostics/yaml-source.ts";
import { isYaml11Boolean } from "../diagnostics/yaml-traps.ts";
import { formatPath, zodDiagnostics } from "../diagnostics/zod-diagnostics.ts";
import { type CheckedObject, crossCheck } from "./cross-checks.ts";
import { applyDefaults, type FilledDefault } from "./defaulting.ts";
import { prune, withoutNulls } from "./prune.ts";
import { type Provenance, provenancePosition } from "./provenance.ts";

/** One object of a manifest. */
export interface LoadedObject {
  /** Complete, defaults filled in. */
  readonly object: KubeObject;
  /** As written (nulls left out): what a later apply compares with. */
  readonly manifest: unknown;
  readonly provenance: Provenance;
  readonly filled: readonly FilledDefault[];
}

/** A field or object that was accepted and does nothing, or a default worth knowing. */
export interface ManifestNote extends SourcePosition {
  /** `Deployment default/web spec.template.spec.volumes` */
  readonly subject: string;
  readonly note: string;
}

/** Everything reading manifests gives. With diagnostics, `objects` has only those without mistakes. */
export interface LoadedManifests {
  readonly objects: readonly LoadedObject[];
  readonly diagnostics: readonly Diagnostic[];
  readonly notes: readonly ManifestNote[];
}

/** kubeadm's defaults. */
export const DEFAULT_API_SETTINGS: ApiSettings = {
  serviceCIDR: parseCidr("10.96.0.0/12") ?? { base: 0, prefix: 0 },
  nodePortRange: [30000, 32767],
};

/** Reads the objects of whole files (many documents each, `kind: List` too) and checks them one by one and against each other. */
export function loadManifests(
  sources: readonly YamlSource[],
  settings: ApiSettings = DEFAULT_API_SETTINGS,
): LoadedManifests {
  const places = sources.flatMap((source) => source.documents.map((document) => ({ document, basePath: [] })));
  const loaded = loadManifestNodes(places, settings);
  const syntax = sources.flatMap((source) => source.diagnostics);
  return { ...loaded, diagnostics: sortDiagnostics([...syntax, ...loaded.diagnostics]) };
}

/** The same for objects that stand anywhere in YAML documents, e.g. inline in a scenario. */
export function loadManifestNodes(
  places: readonly Provenance[],
  settings: ApiSettings = DEFAULT_API_SETTINGS,
): LoadedManifests {
  const loader: Loader = { settings, objects: [], diagnostics: [], notes: [], checked: [] };
  for (const place of places) loadNode(loader, place);
  crossCheck(loader.checked);
  const wrong = new Set(loader.wrong);
  return {
    objects: loader.objects.filter((loaded) => !wrong.has(loaded.provenance)),
    diagnostics: sortDiagnostics(loader.diagnostics),
    notes: loader.notes,
  };
}

interface Loader {
  readonly settings: ApiSettings;
  readonly objects: LoadedObject[];
  readonly diagnostics: Diagnostic[];
  readonly notes: ManifestNote[];
  readonly checked: CheckedObject[];
  wrong?: Provenance[];
}

function loadNode(loader: Loader, place: Provenance): void {
  const { document, basePath } = place;
  const value = document.valueAt(basePath);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    loader.diagnostics.push(
      diagnosticAt(document.position(basePath), "wrong-type", "expected an object with apiVersion and kind"),
    );
    return;
  }
  const items: unknown = Reflect.get(value, "items");
  if (Reflect.get(value, "kind") === "List" && Array.isArray(items)) {
    for (const index of items.keys()) loadNode(loader, { document, basePath: [...basePath, "items", index] });
    return;
  }
  const kind = resolveKind(loader, place, value);
  if (kind !== undefined) loadObject(loader, place, kind, value);
}

/** Finds the kind; says what is wrong with `kind` or `apiVersion`. */
function resolveKind(loader: Loader, place: Provenance, value: object): Kind | undefined {
  const kind: unknown = Reflect.get(value, "kind");
  const report = reporter(loader, place);
  const missing = ["apiVersion", "kind"].filter((key) => typeof Reflect.get(value, key) !== "string");
  for (const key of missing) report([key], `missing key "${key}"`, { code: "missing-key" });
  if (typeof kind !== "string") return undefined;
  const known = KIND_NAMES.find((name) => name === kind);
  if (known !== undefined) return missing.length > 0 || checkVersion(known, value, report) ? known : undefined;
  if (IGNORED_KINDS.includes(kind)) {
    const subject = `${kind} ${String(objectName(value))}`;
    loader.notes.push({ ...provenancePosition(place, ["kind"]), subject, note: "has no effect on the network" });
    return undefined;
  }
  const refused = REFUSED_KINDS[kind];
  if (refused !== undefined) report(["kind"], `${kind} is not modelled yet: ${refused}`, { code: "not-modelled" });
  else
    report(["kind"], `unknown kind ${JSON.stringify(kind)}`, {
      code: "not-modelled",
      ...hintOf(didYouMean(kind, [...KIND_NAMES, ...IGNORED_KINDS])),
    });
  return undefined;
}

function hintOf(hint: string | undefined): { hint?: string } {
  return hint === undefined ? {} : { hint };
}

function checkVersion(kind: Kind, value: object, report: Report): boolean {
  const versions = KINDS[kind].apiVersions;
  const found = String(Reflect.get(value, "apiVersion"));
  if (versions.includes(found)) return true;
  report(["apiVersion"], `no kind ${kind} in apiVersion ${JSON.stringify(found)}`, { hint: `write ${versions[0]}` });
  return true;
}

function objectName(value: object): unknown {
  const metadata: unknown = Reflect.get(value, "metadata");
  return typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, "name") : undefined;
}

/** Schemas by kind, each built on first use. */
const SCHEMAS = Object.fromEntries(
  KIND_NAMES.map((kind) => [kind, lazy(() => shapeSchema(KINDS[kind].shape()))]),
) as Record<Kind, () => z.ZodType>;

function loadObject(loader: Loader, place: Provenance, kind: Kind, value: object): void {
  const definition = KINDS[kind] as unknown as KindDefinition;
  const before = loader.diagnostics.length;
  const manifest = withoutNulls(value);
  const schema = SCHEMAS[kind]();
  // Compiling a parser costs more than a handful of manifests take to parse.
  const parsed = schema.safeParse(manifest, { jitless: true });
  const issues = parsed.success ? [] : parsed.error.issues;
  if (!parsed.success) loader.diagnostics.push(...zodDiagnostics(parsed.error, place.document, place.basePath, schema));
  const draft = (parsed.success ? manifest : prune(manifest, issues)) as Draft<ObjectBase>;
  const report = reporter(loader, place);
  const version = definition.apiVersions.find((v) => v === draft.apiVersion) ?? definition.apiVersions[0];
  definition.validate?.(draft, report, loader.settings, version);
  reportYaml11(place.document, place.basePath, definition.shape(), manifest, report);
  loader.checked.push({ kind, draft, report, position: (path) => provenancePosition(place, path) });
  if (loader.diagnostics.length > before) return;
  const { object, filled } = applyDefaults(kind, manifest);
  loader.objects.push({ object, manifest, provenance: place, filled });
  for (const path of ignoredPaths(definition.shape(), manifest)) noteIgnored(loader, place, kind, object, path);
}

/** Fields the API server writes are no news; others are named once each. */
function noteIgnored(loader: Loader, place: Provenance, kind: Kind, object: KubeObject, path: Path): void {
  if (path[0] === "metadata" || path[0] === "status") return;
  const { namespace, name } = object.metadata;
  const subject = `${kind} ${namespace === "" ? "" : `${namespace}/`}${name} ${formatPath(path)}`;
  const at = place.document.keyPosition([...place.basePath, ...path]);
  loader.notes.push({ ...at, subject, note: "has no effect on the network" });
}

/** Mistakes at paths of the object; any mistake also keeps the object out of the result. */
function reporter(loader: Loader, place: Provenance): Report {
  const { document, basePath } = place;
  return (path, message, options = {}) => {
    const whole = [...basePath, ...path];
    const missing = options.code === "missing-key" && !document.has(whole);
    const at = options.atKey === true || missing ? document.keyPosition(whole) : document.position(whole);
    loader.diagnostics.push(diagnosticAt(at, options.code ?? "bad-value", message, options.hint));
    (loader.wrong ??= []).push(place);
  };
}

/** Unquoted yes/no/on/off where text is wanted: a real API server reads a boolean there and refuses the manifest. */
function reportYaml11(document: YamlDocument, base: Path, shape: ObjectShape, manifest: unknown, report: Report): void {
  for (const path of booleanWords(shape, manifest)) {
    if (!isYaml11Boolean(document, [...base, ...path])) continue;
    const text = document.scalarText([...base, ...path]);
    report(path, `Kubernetes reads unquoted ${text} as true or false, ${formatPath(path)} wants text`, {
      code: "trap",
      hint: `write it in quotes: "${text}"`,
    });
  }
}

/** Paths of the modelled texts that could be such a word. */
function booleanWords(shape: Shape, value: unknown): (string | number)[][] {
  if (typeof value === "string") return shape.kind === "leaf" && /^(?:yes|no|on|off)$/i.test(value) ? [[]] : [];
  if (typeof value !== "object" || value === null) return [];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, item]) => {
    const of = shape.kind === "object" ? shape.modelled[String(key)] : shape.kind === "leaf" ? undefined : shape.of;
    return of === undefined ? [] : booleanWords(of, item).map((path) => [key, ...path]);
  });
}
