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

/** Reads a file relative to the scenario's; undefined when there is none. */
export type ReadFile = (path: string) => string | undefined;

export interface ReportOptions {
  readonly code?: DiagnosticCode;
  readonly hint?: string | undefined;
  /** Point at the key instead of its value. */
  readonly atKey?: boolean;
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
  reportAt(at: SourcePosition, message: string, options: Pick<ReportOptions, "code" | "hint"> = {}): void {
    this.diagnostics.push(diagnosticAt(at, options.code ?? "bad-value", message, options.hint));
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
    const at = options.atKey === true ? this.document.keyPosition(path) : this.document.position(path);
    return diagnosticAt(at, options.code ?? "bad-value", message, options.hint);
  }
}
