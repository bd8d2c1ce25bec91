// Text → YAML documents, with guards against text that is no YAML file at all.
import { diagnosticAt, parseYaml, SourceText, type YamlSource } from "@kubehop/kube";
import type { Document } from "yaml";

/** Larger files are refused: no hand-written scenario or manifest comes near. */
const MAX_LENGTH = 8 * 1024 * 1024;

/** Deepest nesting of brackets or of blocks. */
const MAX_DEPTH = 200;

/** Like parseYaml, for any text whatever. A byte order mark is taken off, so that columns are as an editor counts them. */
export function readYaml(file: string, text: string, prepare?: (document: Document) => void): YamlSource {
  const plain = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const refusal = refuse(plain);
  if (refusal !== undefined) return unreadable(file, plain, refusal.offset, refusal.message);
  return parseYaml(file, plain, prepare);
}

function unreadable(file: string, text: string, offset: number, message: string): YamlSource {
  const source = new SourceText(file, text);
  return { source, documents: [], diagnostics: [diagnosticAt(source.positionAt(offset), "syntax", message)] };
}

function refuse(text: string): { offset: number; message: string } | undefined {
  if (text.length > MAX_LENGTH) return { offset: 0, message: `the file is larger than ${MAX_LENGTH / 1024 / 1024} MB` };
  // YAML 1.2 §5.1: only tab, line breaks and printable characters.
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const control = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(text);
  if (control !== null) {
    const code = control[0].charCodeAt(0).toString(16).padStart(2, "0");
    return { offset: control.index, message: `YAML: control character 0x${code}: this is not a text file` };
  }
  const deep = tooDeep(text);
  return deep === undefined ? undefined : { offset: deep, message: `YAML: nested deeper than ${MAX_DEPTH} levels` };
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
