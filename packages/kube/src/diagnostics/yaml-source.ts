// YAML text with its nodes kept: any path of keys and indexes gives file, line and column.
// YAML 1.2, many documents per file. Syntax mistakes become diagnostics; the documents without any are still read.
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
} from "yaml";
import { type Diagnostic, diagnosticAt } from "./diagnostic.ts";
import { type SourcePosition, SourceText } from "./source-text.ts";
import { syntaxDiagnostics } from "./yaml-syntax.ts";

/** Keys and indexes from a document's root, e.g. `["spec", "ports", 0, "nodePort"]`. */
export type Path = readonly (string | number)[];

/** What reading a file gave: usable documents, and every syntax mistake of all of them. */
export interface YamlSource {
  readonly source: SourceText;
  /** Documents that could be read; empty ones (only comments) are left out. */
  readonly documents: readonly YamlDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a file that may hold several documents. Never throws for bad YAML.
 * `prepare` may change scalars of a document before its values are read; positions stay those of the text.
 */
export function parseYaml(
  file: string,
  text: string,
  prepare?: (document: Document) => void,
  parse: ParseText = parseDocuments,
): YamlSource {
  const source = new SourceText(file, text);
  const documents: YamlDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const document of parse(text)) {
    diagnostics.push(...syntaxDiagnostics(source, document));
    // A duplicate key does not make the rest unreadable: go on, so that all mistakes are said at once.
    const readable = document.errors.every((problem) => problem.code === "DUPLICATE_KEY");
    if (!readable || isEmptyDocument(document)) continue;
    prepare?.(document);
    const value = toValue(source, document, diagnostics);
    if (value !== UNREADABLE) documents.push(new YamlDocument(source, document, value));
  }
  return { source, documents, diagnostics };
}

/** Text → documents that the caller may change. */
export type ParseText = (text: string) => Document[];

function parseDocuments(text: string): Document[] {
  // An empty stream is an EmptyStream, an array without documents.
  // What it warns of is among the document's warnings; it need not be printed as well.
  return parseAllDocuments(text, { version: "1.2", prettyErrors: false, logLevel: "error" }) as Document[];
}

/** For one text that is read several times: it is parsed once, and every reading gets a copy, which takes a fifth of the time. */
export function parseOnce(): ParseText {
  let parsed: readonly Document[] | undefined;
  return (text) => (parsed ??= parseDocuments(text)).map((document) => document.clone());
}

const UNREADABLE = Symbol("unreadable");

/** Plain values; the yaml library throws for an alias without anchor and for alias bombs. */
function toValue(source: SourceText, document: Document, diagnostics: Diagnostic[]): unknown {
  const before = diagnostics.length;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      const at = source.positionAt(alias.range?.[0] ?? 0, alias.range?.[1]);
      const hint = "text that begins with * needs quotes";
      diagnostics.push(diagnosticAt(at, "syntax", `YAML: no anchor &${alias.source} before this alias`, hint));
    },
  });
  if (diagnostics.length > before) return UNREADABLE;
  try {
    return document.toJS();
  } catch (error) {
    const at = source.positionAt(document.range?.[0] ?? 0);
    diagnostics.push(diagnosticAt(at, "syntax", `YAML: ${error instanceof Error ? error.message : "unreadable"}`));
    return UNREADABLE;
  }
}

/** Nothing but comments between two `---`. */
function isEmptyDocument({ contents }: Document): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && contents.source === "");
}

/** One document of a file. Positions of paths that do not exist are those of the nearest ancestor that does. */
export class YamlDocument {
  readonly source: SourceText;
  /** The document as plain values (maps, arrays, strings, numbers, booleans, null). */
  readonly value: unknown;
  readonly #document: Document;

  constructor(source: SourceText, document: Document, value: unknown) {
    this.source = source;
    this.#document = document;
    this.value = value;
  }

  /** Value at a path, undefined when there is none. */
  valueAt(path: Path): unknown {
    let value: unknown = this.value;
    for (const step of path) {
      if (typeof value !== "object" || value === null) return undefined;
      value = Reflect.get(value, step);
    }
    return value;
  }

  /** True when the path leads to a node (even to an explicit null). */
  has(path: Path): boolean {
    return this.#walk(path).depth === path.length;
  }

  /** Position of the value at a path; a map or list is named by its first line. */
  position(path: Path = []): SourcePosition {
    const found = this.#walk(path);
    // `key:` without a value has no text of its own: point at the key.
    const inMap = typeof path[found.depth - 1] === "string";
    if (inMap && isEmptyNode(found.node)) return this.keyPosition(path.slice(0, found.depth));
    return this.#at(found.node);
  }

  /** Position of the key that holds the value at a path; of the value itself for list items and the root. */
  keyPosition(path: Path): SourcePosition {
    const parent = this.#walk(path.slice(0, -1));
    const pair = path.length - 1 === parent.depth ? findPair(parent.node, path.at(-1)) : undefined;
    return pair === undefined ? this.position(path) : this.#at(pair.key);
  }

  /** A scalar as written (`1.10`, not 1.1), without quotes or tags resolved; undefined for maps, lists and absent paths. */
  scalarText(path: Path): string | undefined {
    const node = this.nodeAt(path);
    return isScalar(node) ? (node.source ?? String(node.value)) : undefined;
  }

  /** True when the scalar stands without quotes. */
  isPlain(path: Path): boolean {
    const node = this.nodeAt(path);
    return isScalar(node) && node.type === "PLAIN";
  }

  /** True when the map at a path is written `{ … }`. */
  isFlow(path: Path): boolean {
    const node = this.nodeAt(path);
    return isMap(node) && node.flow === true;
  }

  /** The yaml library's node at a path (aliases resolved). */
  nodeAt(path: Path): Node | undefined {
    const found = this.#walk(path);
    return found.depth === path.length ? found.node : undefined;
  }

  #walk(path: Path): { node: Node | undefined; depth: number } {
    let node = this.#resolve(this.#document.contents);
    let depth = 0;
    for (const step of path) {
      const next = this.#child(node, step);
      if (next === undefined) break;
      node = next;
      depth++;
    }
    return { node, depth };
  }

  #child(node: Node | undefined, step: string | number): Node | undefined {
    if (isSeq(node)) return this.#resolve(node.items[Number(step)]);
    const pair = findPair(node, step);
    return this.#resolve(pair?.value ?? pair?.key);
  }

  #resolve(node: unknown): Node | undefined {
    if (isAlias(node)) return node.resolve(this.#document);
    return isNode(node) ? node : undefined;
  }

  #at(node: unknown): SourcePosition {
    const range = isNode(node) ? node.range : undefined;
    return this.source.positionAt(range?.[0] ?? 0, range?.[1]);
  }
}

function findPair(node: Node | undefined, key: string | number | undefined): Pair | undefined {
  if (!isMap(node)) return undefined;
  // toJS lets the last of two equal keys win; so do we.
  return node.items.findLast((pair) => keyText(pair) === String(key));
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function isEmptyNode(node: Node | undefined): boolean {
  return isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1];
}
