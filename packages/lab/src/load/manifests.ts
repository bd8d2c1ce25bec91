// `manifests:` → objects. Files and inline objects are checked together, so that clashes between them are found;
// files that a step applies later (`kubectl apply -f FILE`) are read and checked here too, each for itself.
import {
  type Diagnostic,
  diagnosticAt,
  didYouMean,
  loadManifestNodes,
  type LoadedObject,
  type ManifestNote,
  parseCidr,
  type Path,
  type Provenance,
  type SourceText,
  type YamlSource,
} from "@kubehop/kube";
import type { ClusterSpec } from "../model/cluster-spec.ts";
import type { LoadContext, ReadFile } from "./context.ts";
import { own } from "./draft.ts";
import { readBeside } from "./files.ts";
import { readYaml } from "./read-yaml.ts";
import { substitute, type Values } from "./substitute.ts";

export interface Manifests {
  readonly objects: readonly LoadedObject[];
  /** Objects of files that steps apply. */
  readonly later: readonly LoadedObject[];
  /** Path as written → text with matrix values put in. */
  readonly files: Readonly<Record<string, string>>;
  readonly notes: readonly ManifestNote[];
  readonly sources: readonly SourceText[];
  /** False when something could not be read: names may be missing because of that. */
  readonly complete: boolean;
}

interface Reader {
  readonly context: LoadContext;
  readonly readFile: ReadFile;
  readonly values: Values;
  readonly settings: Parameters<typeof loadManifestNodes>[1];
  readonly sources: SourceText[];
  readonly diagnostics: Diagnostic[];
}

export function readManifests(
  context: LoadContext,
  cluster: ClusterSpec,
  values: Values,
  readFile: ReadFile,
): Manifests {
  const before = context.diagnostics.length;
  const serviceCIDR = parseCidr(cluster.services.cidr) ?? { base: 0, prefix: 0 };
  const settings = { serviceCIDR, nodePortRange: cluster.services.nodePorts };
  const reader: Reader = { context, readFile, values, settings, sources: [], diagnostics: [] };
  const places = (context.draft.manifests ?? []).flatMap((entry, index) =>
    placesOf(reader, entry, ["manifests", index]),
  );
  const loaded = loadManifestNodes(places, settings);
  reader.diagnostics.push(...loaded.diagnostics);
  const applied = readAppliedFiles(reader);
  checkNodeNames(
    reader,
    [...places, ...applied.places],
    cluster.nodes.map((node) => node.name),
  );
  context.diagnostics.push(...reader.diagnostics);
  const readable = context.diagnostics.length === before;
  return {
    objects: loaded.objects,
    later: applied.objects,
    files: applied.files,
    notes: loaded.notes,
    sources: reader.sources,
    complete: readable && !(context.draft.manifests ?? []).includes(undefined),
  };
}

function placesOf(reader: Reader, entry: unknown, path: Path): Provenance[] {
  if (typeof entry === "string") return filePlaces(reader, entry, path);
  return entry === undefined ? [] : [{ document: reader.context.document, basePath: path }];
}

function filePlaces(reader: Reader, name: string, path: Path): Provenance[] {
  const yaml = readManifestFile(reader, name, path);
  if (yaml === undefined) return [];
  if (yaml.documents.length === 0 && yaml.diagnostics.length === 0)
    reader.context.report(path, `${name} holds no objects`);
  return yaml.documents.map((document) => ({ document, basePath: [] }));
}

function readManifestFile(reader: Reader, name: string, path: Path): YamlSource | undefined {
  const { context } = reader;
  if (/^(?:https?:)?\/\//.test(name)) {
    context.report(path, "manifests are not fetched from the network", {
      code: "not-modelled",
      hint: "keep a copy beside the scenario",
    });
    return undefined;
  }
  const text = readBeside(reader.readFile, name);
  if (typeof text !== "string") {
    const message = text === undefined ? `no such file: ${name}` : `${JSON.stringify(name)} ${text.refused}`;
    const hint = text === undefined ? "paths are relative to the scenario file" : text.hint;
    context.report(path, message, { code: "unresolved", hint, within: name });
    return undefined;
  }
  const yaml = readYaml(fileBeside(context.document.source.file, name), text, (document) =>
    substitute(document, reader.values),
  );
  reader.sources.push(yaml.source);
  reader.diagnostics.push(...yaml.diagnostics);
  return yaml;
}

/** Name of a file as the user would type it where he typed the scenario's: its folder and the written path. */
function fileBeside(scenario: string, name: string): string {
  const folder = scenario.includes("/") ? scenario.slice(0, scenario.lastIndexOf("/") + 1) : "";
  return name.startsWith("/") ? name : folder + name.replace(/^(?:\.\/)+/, "");
}

const APPLIES = /\bkubectl\b(?=.*\b(?:apply|create|replace|delete)\b).*?(?:\s-f\s*|\s--filename[= ]\s*)(\S+)/g;

/** Files that kubectl reads in a step, unless a step before wrote them. */
function readAppliedFiles(reader: Reader): {
  objects: LoadedObject[];
  places: Provenance[];
  files: Record<string, string>;
} {
  const objects: LoadedObject[] = [];
  const places: Provenance[] = [];
  const files: Record<string, string> = {};
  const written = new Set<string>();
  for (const [index, step] of (reader.context.draft.steps ?? []).entries()) {
    for (const line of (step?.run ?? "").split("\n")) {
      for (const [, name = ""] of line.matchAll(APPLIES)) {
        if (name === "-" || written.has(name) || Object.hasOwn(files, name)) continue;
        const before = reader.context.diagnostics.length;
        const yaml = readManifestFile(reader, name, ["steps", index, "run"]);
        if (yaml === undefined || reader.context.diagnostics.length > before) continue;
        const own = yaml.documents.map((document) => ({ document, basePath: [] }));
        places.push(...own);
        const loaded = loadManifestNodes(own, reader.settings);
        reader.diagnostics.push(...loaded.diagnostics);
        objects.push(...loaded.objects);
        files[name] = substituteText(yaml.source.text, reader.values);
      }
      for (const [, name = ""] of line.matchAll(/>>?\s*([^\s>&|]+)/g)) written.add(name);
    }
  }
  return { objects, places, files };
}

function substituteText(text: string, values: Values): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (match, name: string) => own(values, name)?.text ?? match);
}

/** Nodes that objects name must exist. Looked at in the text itself, so that an object with other mistakes is checked too. */
function checkNodeNames(reader: Reader, places: readonly Provenance[], nodes: readonly string[]): void {
  for (const { document, basePath } of places) {
    const items = document.valueAt([...basePath, "items"]);
    if (Array.isArray(items)) {
      checkNodeNames(
        reader,
        items.map((_, index) => ({ document, basePath: [...basePath, "items", index] })),
        nodes,
      );
      continue;
    }
    for (const path of [
      ["spec", "nodeName"],
      ["spec", "template", "spec", "nodeName"],
    ]) {
      const whole = [...basePath, ...path];
      const name = document.valueAt(whole);
      if (typeof name !== "string" || nodes.includes(name)) continue;
      const hint = didYouMean(name, nodes) ?? `nodes: ${nodes.join(", ")}`;
      reader.diagnostics.push(
        diagnosticAt(document.position(whole), "unresolved", `no node is named ${JSON.stringify(name)}`, hint),
      );
    }
  }
}
