// Text → YAML documents, with guards against text that is no YAML file at all.
import { type Diagnostic, diagnosticAt, type ParseText, parseYaml, SourceText, type YamlSource } from "@kubehop/kube";
import { type Document, isAlias, isNode, isScalar, Scalar, visit } from "yaml";
import { MAX_FILE_BYTES } from "./files.ts";

/** Most items on one line. */
const MAX_COMMAS = 10_000;

/** Deepest nesting of brackets or of blocks. */
const MAX_DEPTH = 200;

/** Like parseYaml, for any text whatever. A byte order mark is taken off, so that columns are as an editor counts them. */
export function readYaml(
  file: string,
  text: string,
  prepare?: (document: Document, source: SourceText) => void,
  parse?: ParseText,
): YamlSource {
  const plain = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const refusal = refuse(plain);
  if (refusal !== undefined) return unreadable(file, plain, refusal.offset, refusal.message);
  const source = new SourceText(file, plain);
  const found: Diagnostic[] = [];
  const prepareAll = (document: Document): void => {
    plainKeys(document, plain);
    found.push(...cutAliases(document, source));
    prepare?.(document, source);
  };
  const yaml = parseYaml(file, plain, prepareAll, parse);
  return found.length === 0 ? yaml : { ...yaml, diagnostics: [...yaml.diagnostics, ...found] };
}

/** YAML allows any node as a key; here keys are text, and `[a, b]: c` is a key nobody knows. */
function plainKeys(document: Document, text: string): void {
  visit(document, {
    Pair: (_, pair) => {
      const { key } = pair;
      if (!isNode(key) || isTextKey(isAlias(key) ? key.resolve(document) : key)) return;
      const [start = 0, end = start] = key.range ?? [];
      const scalar = new Scalar(text.slice(start, end).trim() || "null");
      if (key.range) scalar.range = key.range;
      pair.key = scalar;
    },
  });
}

function isTextKey(key: unknown): boolean {
  return isScalar(key) && key.value !== null;
}

/** An alias inside its own anchor never ends, one without an anchor leads nowhere: they are reported and cut. */
function cutAliases(document: Document, source: SourceText): Diagnostic[] {
  const found: Diagnostic[] = [];
  visit(document, {
    Alias: (_, alias, path) => {
      const target = alias.resolve(document);
      if (target !== undefined && !path.includes(target)) return undefined;
      const [start = 0, end] = alias.range ?? [];
      const [message, hint] =
        target === undefined
          ? [`YAML: no anchor &${alias.source} before this alias`, "text that begins with * needs quotes"]
          : [`YAML: *${alias.source} stands inside what it names`, "write it out"];
      found.push(diagnosticAt(source.positionAt(start, end), "syntax", message, hint));
      const cut = new Scalar(null);
      if (alias.range) cut.range = alias.range;
      return cut;
    },
  });
  return found;
}

function unreadable(file: string, text: string, offset: number, message: string): YamlSource {
  const source = new SourceText(file, text);
  return { source, documents: [], diagnostics: [diagnosticAt(source.positionAt(offset), "syntax", message)] };
}

function refuse(text: string): { offset: number; message: string } | undefined {
  if (text.length > MAX_FILE_BYTES)
    return { offset: 0, message: `the file is larger than ${MAX_FILE_BYTES / 1024 / 1024} MB` };
  // YAML 1.2 §5.1: only tab, line breaks and printable characters.
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const control = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).padStart(2, "0");
    return { offset: control.index, message: `YAML: control character 0x${code}: this is not a text file` };
  }
  const crowded = crowdedLine(text);
  if (crowded !== undefined) return { offset: crowded, message: `more than ${MAX_COMMAS} commas on one line` };
  const deep = tooDeep(text);
  return deep === undefined ? undefined : { offset: deep, message: `YAML: nested deeper than ${MAX_DEPTH} levels` };
}

/** Start of a line with so many items that looking for duplicate keys would take minutes. */
function crowdedLine(text: string): number | undefined {
  let start = 0;
  let commas = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2c && ++commas > MAX_COMMAS) return start;
    if (code !== 0x0a) continue;
    start = at + 1;
    commas = 0;
  }
  return undefined;
}

/** Offset where nesting gets too deep, counted roughly (quotes are not looked at) before anything recursive reads the text. */
function tooDeep(text: string): number | undefined {
  let brackets = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) brackets++;
    else if ((code === 0x5d || code === 0x7d) && brackets > 0) brackets--;
    if (brackets > MAX_DEPTH) return at;
  }
  return tooDeepBlocks(text);
}

/** Blocks nest by indentation, or by `- - -` and `? ? ?` on one line. */
function tooDeepBlocks(text: string): number | undefined {
  const compact = new RegExp(`(?:[-?][ \\t]+){${MAX_DEPTH}}`).exec(text);
  if (compact !== null) return compact.index;
  const indents: number[] = [];
  for (const line of text.matchAll(/^( *)(?=[^ \n\r#])/gm)) {
    const indent = line[1]?.length ?? 0;
    while ((indents.at(-1) ?? -1) > indent) indents.pop();
    if ((indents.at(-1) ?? -1) < indent) indents.push(indent);
    if (indents.length > MAX_DEPTH) return line.index;
  }
  return undefined;
}
