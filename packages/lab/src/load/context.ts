// What every part of the loader shares while it reads one matrix cell: the document, the mistakes so far, the defaults filled in.
import {
  type Diagnostic,
  type DiagnosticCode,
  diagnosticAt,
  type Path,
  type SourcePosition,
  type YamlDocument,
} from "@kubehop/kube";
import type { Cell, FilledValue } from "../model/scenario.ts";
import type { ScenarioFile } from "../schema/scenario-schema.ts";
import type { Draft } from "./draft.ts";

export type { ReadFile } from "./files.ts";

export interface ReportOptions {
  readonly code?: DiagnosticCode;
  readonly hint?: string | undefined;
  /** Point at the key instead of its value. */
  readonly atKey?: boolean;
  /** Point at this part of the text, if the text has it once. */
  readonly within?: string | undefined;
}

export class LoadContext {
  readonly document: YamlDocument;
  readonly draft: Draft<ScenarioFile>;
  readonly cell: Cell;
  readonly diagnostics: Diagnostic[] = [];
  readonly warnings: Diagnostic[] = [];
  readonly defaults: FilledValue[] = [];

  constructor(document: YamlDocument, draft: Draft<ScenarioFile>, cell: Cell) {
    this.document = document;
    this.draft = draft;
    this.cell = cell;
  }

  position(path: Path): SourcePosition {
    return this.document.position(path);
  }

  report(path: Path, message: string, options: ReportOptions = {}): void {
    this.diagnostics.push(this.#at(path, message, options));
  }

  /** At a place inside a scalar. */
  reportAt(at: SourcePosition, message: string, options: Omit<ReportOptions, "atKey"> = {}): void {
    const part = options.within === undefined ? at : this.#narrow(at, options.within);
    this.diagnostics.push(diagnosticAt(part, options.code ?? "bad-value", message, options.hint));
  }

  warn(path: Path, message: string, options: ReportOptions = {}): void {
    this.warnings.push(this.#at(path, message, options));
  }

  /** Remembers a value nobody wrote. */
  fill(path: string, value: string | number | boolean, because?: string): void {
    this.defaults.push(
      because === undefined ? { path, value: String(value) } : { path, value: String(value), because },
    );
  }

  /** The written value, or a default that is remembered. */
  or<T extends string | number | boolean>(written: T | undefined, path: string, fallback: T, because?: string): T {
    if (written !== undefined) return written;
    this.fill(path, fallback, because);
    return fallback;
  }

  #at(path: Path, message: string, options: ReportOptions): Diagnostic {
    const whole = options.atKey === true ? this.document.keyPosition(path) : this.document.position(path);
    const at = options.within === undefined ? whole : this.#narrow(whole, options.within);
    return diagnosticAt(at, options.code ?? "bad-value", message, options.hint);
  }

  /** The place of a part of a text that stands on one line. */
  #narrow(whole: SourcePosition, part: string): SourcePosition {
    const text = this.document.source.lineOf(whole.line).slice(whole.col - 1, whole.endCol - 1);
    const first = text.indexOf(part);
    const all = text.replace(/^(["'])(.*)\1$/, "$2") === part;
    if (part === "" || all || first === -1 || text.includes(part, first + 1)) return whole;
    const col = whole.col + first;
    return { ...whole, col, endCol: col + part.length };
  }

  /** Something is written there that could not be read: what stands in for it proves nothing. */
  isUnreadable(path: Path): boolean {
    let value: unknown = this.draft;
    for (const step of path) value = typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined;
    return value === undefined && this.document.has(path);
  }
}
