// `kubectl get`: tables, names, YAML and JSON.
import { stringify } from "yaml";
import { type Kind, KINDS, type KindMap, type KubeObject } from "../api/kinds.ts";
import type { LabelSelector } from "../api/meta.ts";
import { ApiError } from "../store/api-error.ts";
import { type ObjectStore, resourceOf } from "../store/store.ts";
import { longAge, shortAge } from "./age.ts";
import { type CellContext, type Column, COLUMNS } from "./columns.ts";
import { kubectlFlavour } from "./flavour.ts";
import { toManifest } from "./manifest.ts";
import { tabulate } from "./tabwriter.ts";

/** What a printed command gives back. */
export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface PrintContext {
  readonly store: ObjectStore;
  /** Virtual milliseconds, for ages. */
  readonly now: number;
  /** kubectl's release, e.g. `1.28`. */
  readonly version: string;
}

export interface GetRequest {
  readonly kind: Kind;
  /** Only these; each absent one is an error. */
  readonly names?: readonly string[];
  /** `-n`; default `default`. */
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly selector?: LabelSelector;
  readonly output?: "table" | "wide" | "name" | "yaml" | "json";
  readonly noHeaders?: boolean;
  readonly showLabels?: boolean;
}

/** Runs `kubectl get`. */
export function kubectlGet(request: GetRequest, context: PrintContext): KubectlResult {
  const { objects, errors } = find(request, context.store);
  const stderr = errors.map((error) => `${error.kubectlText}\n`).join("");
  const exitCode = errors.length > 0 ? 1 : 0;
  if (objects.length > 0) return { stdout: print(objects, request, context), stderr, exitCode };
  return { stdout: "", stderr: errors.length > 0 ? stderr : nothingFound(request, context), exitCode };
}

function find(request: GetRequest, store: ObjectStore): { objects: KubeObject[]; errors: ApiError[] } {
  const { kind, names, allNamespaces, selector } = request;
  const namespace = namespaceOf(request);
  if (names !== undefined && names.length > 0) {
    const found = names.map(
      (name) =>
        store.get(kind, namespace, name) ??
        new ApiError("NotFound", `${resourceOf(kind)} ${JSON.stringify(name)} not found`),
    );
    const errors = found.filter((one) => one instanceof ApiError);
    return { objects: found.filter((one) => !(one instanceof ApiError)) as KubeObject[], errors };
  }
  const everywhere = allNamespaces === true || !KINDS[kind].namespaced;
  const options = { ...(everywhere ? {} : { namespace }), ...(selector === undefined ? {} : { selector }) };
  return { objects: [...store.list(kind, options)], errors: [] };
}

function namespaceOf({ kind, namespace = "default" }: GetRequest): string {
  return KINDS[kind].namespaced ? namespace : "";
}

function nothingFound(request: GetRequest, context: PrintContext): string {
  const { emptyNamesNamespace } = kubectlFlavour(context.version);
  const named = emptyNamesNamespace && request.allNamespaces !== true && KINDS[request.kind].namespaced;
  if (named) return `No resources found in ${namespaceOf(request)} namespace.\n`;
  return emptyNamesNamespace ? "No resources found\n" : "No resources found.\n";
}

function print(objects: readonly KubeObject[], request: GetRequest, context: PrintContext): string {
  const { output = "table", kind } = request;
  if (output === "name") return objects.map(({ metadata }) => `${objectWord(kind)}/${metadata.name}\n`).join("");
  if (output === "table" || output === "wide") return kubectlTable(objects, request, context);
  const [only] = objects;
  const single = request.names?.length === 1 && only !== undefined;
  const value = single
    ? toManifest(only)
    : { apiVersion: "v1", items: objects.map((object) => toManifest(object)), kind: "List" };
  return output === "json"
    ? `${JSON.stringify(value, undefined, 4)}\n`
    : stringify(value, { sortMapEntries: true, lineWidth: 0, indentSeq: false });
}

/** `deployment.apps`, `service`: the word before the slash. */
export function objectWord(kind: Kind): string {
  const group = resourceOf(kind).slice(KINDS[kind].plural.length);
  return `${kind.toLowerCase()}${group}`;
}

/** The table alone. */
export function kubectlTable(objects: readonly KubeObject[], request: GetRequest, context: PrintContext): string {
  const flavour = kubectlFlavour(context.version);
  const wide = request.output === "wide";
  const ageOf = flavour.longAges ? longAge : shortAge;
  const cells: CellContext = { store: context.store, flavour, wide, age: (created) => ageOf(context.now - created) };
  const columns = columnsOf(request.kind, cells);
  const leading = request.allNamespaces === true && KINDS[request.kind].namespaced;
  const labels = request.showLabels === true;
  const title = [
    ...(leading ? ["NAMESPACE"] : []),
    ...columns.map((column) => column.title),
    ...(labels ? ["LABELS"] : []),
  ];
  const rows = objects.map((object) => [
    ...(leading ? [object.metadata.namespace] : []),
    ...columns.map((column) => String(column.cell(object as KindMap[Kind], cells))),
    ...(labels ? [labelText(object)] : []),
  ]);
  return tabulate(request.noHeaders === true ? rows : [title, ...rows], {
    minWidth: flavour.narrowColumns ? 6 : 10,
    padding: 3,
  });
}

function columnsOf(kind: Kind, { wide, flavour }: CellContext): readonly Column<Kind>[] {
  const all = COLUMNS[kind] as unknown as readonly Column<Kind>[];
  return all.filter((column) => (column.wide !== true || wide) && (column.show?.(flavour) ?? true));
}

function labelText({ metadata }: KubeObject): string {
  const pairs = Object.keys(metadata.labels)
    .toSorted()
    .map((key) => `${key}=${metadata.labels[key]}`);
  return pairs.length === 0 ? "<none>" : pairs.join(",");
}
