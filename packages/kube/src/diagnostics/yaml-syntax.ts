// Syntax errors of the yaml library in the words of who made the slip: what is wrong, at the place where it began.
import {
  type Document,
  isCollection,
  isNode,
  isPair,
  isScalar,
  type Pair,
  visit,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { type Diagnostic, diagnosticAt } from "./diagnostic.ts";
import type { SourceText } from "./source-text.ts";

/** Errors that leave what follows readable. */
const LOCAL: ReadonlySet<string> = new Set(["DUPLICATE_KEY", "BAD_SCALAR_START", "TAG_RESOLVE_FAILED"]);

/** What to do about the syntax mistakes people make most. */
const HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces; YAML does not allow tabs",
  BAD_INDENT: "items of one level start in the same column, and every bracket must be closed",
  MISSING_CHAR: "a bracket, quote or comma is missing",
  BLOCK_AS_IMPLICIT_KEY: "text that contains ': ' needs quotes",
  MULTILINE_IMPLICIT_KEY: "a ':' is missing, or the text needs quotes",
  BAD_SCALAR_START: "text that begins with @, `, > or | needs quotes",
  TAG_RESOLVE_FAILED: "text that begins with ! needs quotes",
  UNEXPECTED_TOKEN: "text that goes on behind a bracket or a quote needs quotes around all of it",
};

/** Everything that is wrong with a document's syntax; of errors that follow from another one only the first is said. */
export function syntaxDiagnostics(source: SourceText, document: Document): Diagnostic[] {
  const all = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0]);
  const first = all.find((error) => !LOCAL.has(error.code));
  const told = all.filter((error) => error === first || (LOCAL.has(error.code) && !follows(error, first)));
  return told.map((error) => diagnose(source, document, error));
}

/** Behind the first error that throws the reader out of step nothing can be believed. */
function follows(error: YAMLError, first: YAMLError | undefined): boolean {
  return first !== undefined && error.pos[0] > first.pos[0];
}

function diagnose(source: SourceText, document: Document, error: YAMLError): Diagnostic {
  for (const recognize of RECOGNIZERS[error.code] ?? []) {
    const found = recognize(source, document, error);
    if (found !== undefined) return found;
  }
  const message = error.message.replace(/\n[^]*$/, "");
  const at = source.positionAt(error.pos[0], error.pos[1]);
  return diagnosticAt(at, "syntax", `YAML: ${message}`, HINTS[error.code]);
}

type Recognize = (source: SourceText, document: Document, error: YAMLError) => Diagnostic | undefined;

const RECOGNIZERS: Readonly<Record<string, readonly Recognize[]>> = {
  DUPLICATE_KEY: [duplicateKey],
  BAD_INDENT: [openBracket, strayIndent],
  MISSING_CHAR: [openQuote, outdentedBlock, blankBehindColon],
  BLOCK_AS_IMPLICIT_KEY: [strayIndent, colonInText],
  MULTILINE_IMPLICIT_KEY: [outdentedBlock, blankBehindColon],
  UNEXPECTED_TOKEN: [bareReference, earlyQuote],
};

/** The yaml library points at the second key; say its name and where the first one stands. */
function duplicateKey(source: SourceText, document: Document, { pos: [offset] }: YAMLError): Diagnostic | undefined {
  let found: Diagnostic | undefined;
  visit(document, {
    Map(_, map: YAMLMap) {
      const second = map.items.find((pair) => isNode(pair.key) && pair.key.range?.[0] === offset);
      const first = second && map.items.find((pair) => isPair(pair) && keyText(pair) === keyText(second));
      if (first === undefined || second === undefined || first === second) return undefined;
      const range = isNode(second.key) ? second.key.range : undefined;
      const earlier = isNode(first.key) ? first.key.range?.[0] : undefined;
      const message = `duplicate key ${JSON.stringify(keyText(second))}, already given in line ${source.positionAt(earlier ?? 0).line}`;
      const at = source.positionAt(offset, range?.[1]);
      found = diagnosticAt(at, "duplicate-key", message, "only the last would count: remove one");
      return visit.BREAK;
    },
  });
  return found;
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

/** A bracket that is never closed is shown where it was opened, which may be many lines above. */
function openBracket(source: SourceText, document: Document, error: YAMLError): Diagnostic | undefined {
  const closing = /end with a ([\]}])/.exec(error.message)?.[1];
  if (closing === undefined) return undefined;
  const opening = closing === "]" ? "[" : "{";
  const start = lastStart(document, (node) => {
    const [from = 0, to = 0] = node.range ?? [];
    const open = source.text[from] === opening && source.text[to - 1] !== closing;
    return isCollection(node) && open && from < error.pos[0] ? from : undefined;
  });
  if (start === undefined) return undefined;
  const at = source.positionAt(start);
  const comment = / #/.exec(source.lineOf(at.line).slice(at.col - 1));
  const hint =
    comment === null
      ? `write ${closing} where it ends`
      : `a blank and # begin a comment, which hides what follows in line ${at.line}: text with # needs quotes`;
  return diagnosticAt(at, "syntax", `YAML: this ${opening} is never closed`, hint);
}

/** The same for quotes. */
function openQuote(source: SourceText, document: Document, error: YAMLError): Diagnostic | undefined {
  const quote = /^Missing closing (["'])/.exec(error.message)?.[1];
  if (quote === undefined) return undefined;
  const start = lastStart(document, (node) => {
    const [from = 0] = node.range ?? [];
    return isScalar(node) && source.text[from] === quote ? from : undefined;
  });
  if (start === undefined) return undefined;
  return diagnosticAt(source.positionAt(start), "syntax", `YAML: this ${quote} is never closed`, quoteHint(quote));
}

function quoteHint(quote: string): string {
  return quote === "'" ? "within '…' a quote is written twice" : 'within "…" a quote is written \\"';
}

/** Text behind a quote: the quote ended the text before its writer thought so. */
function earlyQuote(source: SourceText, _: Document, { pos: [offset] }: YAMLError): Diagnostic | undefined {
  const quote = source.text[offset - 1];
  if (quote !== "'" && quote !== '"') return undefined;
  return diagnosticAt(source.positionAt(offset - 1), "syntax", `YAML: this ${quote} ends the text`, quoteHint(quote));
}

type Start = (node: { readonly range?: readonly [number, number, number] | null | undefined }) => number | undefined;

/** The last start that `of` gives of any node. */
function lastStart(document: Document, of: Start): number | undefined {
  let last: number | undefined;
  visit(document, {
    Node: (_, node) => {
      const start = of(node);
      if (start !== undefined && start >= (last ?? 0)) last = start;
    },
  });
  return last;
}

/** A line that begins between the columns of the levels above it. */
function strayIndent(source: SourceText, _: Document, { pos: [offset] }: YAMLError): Diagnostic | undefined {
  const { line } = source.positionAt(offset);
  const indent = indentOf(source.lineOf(line));
  const levels = new Set<number>();
  let least = Infinity;
  for (let above = line - 1; above > 0 && least > 0; above--) {
    const text = source.lineOf(above);
    if (/^\s*(?:#|$)/.test(text)) continue;
    const column = indentOf(text);
    // What follows a dash stands on a level of its own.
    const inner = column + (/^(?:- +)+/.exec(text.trimStart())?.[0].length ?? 0);
    for (const level of [inner, column]) if (level < least || level === column) levels.add(level);
    least = Math.min(least, column);
  }
  // Further right than everything above is a new level.
  if (levels.has(indent) || indent <= least || indent > Math.max(...levels)) return undefined;
  const columns = [...levels].toSorted((a, b) => a - b).map((level) => level + 1);
  const at = source.positionAt(offset - source.positionAt(offset).col + 1 + indent);
  const message = `YAML: this line begins in column ${indent + 1}, the levels above it in ${columns.join(", ")}`;
  return diagnosticAt(at, "syntax", message, "items of one level start in the same column");
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** `title: a: b`: shown at the second colon. */
function colonInText(source: SourceText, _: Document, { pos: [offset] }: YAMLError): Diagnostic | undefined {
  const at = source.positionAt(offset);
  const rest = source.lineOf(at.line).slice(at.col - 1);
  const colon = /:(?=\s|$)/.exec(rest);
  if (colon === null || colon.index === 0) return undefined;
  const text = rest.trimEnd();
  const quoted = /["'\\]/.test(text) || text.length > 60 ? "" : `: "${text}"`;
  const message = "YAML: a colon and a blank in a text without quotes";
  return diagnosticAt(source.positionAt(offset + colon.index), "syntax", message, `put the text in quotes${quoted}`);
}

/** `scenario:text` is one word for YAML. */
function blankBehindColon(source: SourceText, _: Document, { pos: [offset] }: YAMLError): Diagnostic | undefined {
  const at = source.positionAt(offset);
  const word = /^\s*(?:- +)?[A-Za-z][\w-]*:(?=[^\s:/])/.exec(source.lineOf(at.line));
  if (word === null) return undefined;
  const colon = source.positionAt(offset - at.col + word[0].length);
  return diagnosticAt(colon, "syntax", "YAML: a blank is missing behind this colon", "write KEY: VALUE");
}

/** Lines of `key: |` that do not stand further right than the key. */
function outdentedBlock(source: SourceText, _: Document, { pos: [offset] }: YAMLError): Diagnostic | undefined {
  const at = source.positionAt(offset);
  const above = source.lineOf(at.line - 1);
  if (!/:\s+[|>][-+\d]*\s*$/.test(above) || indentOf(source.lineOf(at.line)) > indentOf(above)) return undefined;
  const message = `YAML: the block of line ${at.line - 1} is empty, this line does not belong to it`;
  return diagnosticAt(at, "syntax", message, "the lines of a block stand further right than its key");
}

/** `${name}` without quotes inside braces. */
function bareReference(source: SourceText, _: Document, { pos: [offset] }: YAMLError): Diagnostic | undefined {
  const reference = /^\$\{[^}\n]*\}/.exec(source.text.slice(offset - 1, offset + 100))?.[0];
  if (reference === undefined) return undefined;
  const at = source.positionAt(offset - 1, offset - 1 + reference.length);
  return diagnosticAt(at, "syntax", `YAML: ${reference} inside { } or [ ] needs quotes`, `write "${reference}"`);
}
