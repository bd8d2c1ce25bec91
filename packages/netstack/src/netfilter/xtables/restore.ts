// iptables-restore (iptables/xtables-restore.c, iptables-restore.c): one transaction per table, from its `*` line to COMMIT.

import type { RuleOrigin, RuleOrigins } from "../../rtnl/batch.ts";
import type { RuleRequest } from "./admit.ts";
import type { TableDraft } from "./draft.ts";
import type { ToolError, ToolName } from "./messages.ts";
import { restoreError } from "./messages.ts";
import { parseCommandWords } from "./command-words.ts";
import type { CommandWords } from "./command-words.ts";
import { applyCommand } from "./ops.ts";
import type { ParsedRule } from "./parse-rule.ts";
import type { RuleCache } from "./rule-cache.ts";
import { tokenize } from "./tokenize.ts";
import { validateTable } from "./validate.ts";
import type { KernelErrno } from "./xt-error.ts";
import { KernelError, MissingChainError, parameterError, XtError } from "./xt-error.ts";
import type { TableSpec } from "./xt-tables.ts";
import { tableSpec } from "./xt-tables.ts";

export interface RestoreOptions {
  /** Keep what is there; `:CHAIN` lines empty user chains. */
  readonly noflush?: boolean;
  /** Take counters from the text. */
  readonly counters?: boolean;
  /** Check only. */
  readonly test?: boolean;
  readonly origins?: RuleOrigins;
  /** Who stands behind the lines that `origins` does not name. */
  readonly origin?: RuleOrigin;
}

/** What restore needs of the back end. */
export interface RestoreHost {
  readonly tool: ToolName;
  readonly cache: RuleCache;
  /** Legacy loads the table as soon as it is named. */
  open(spec: TableSpec): void;
  draft(spec: TableSpec): TableDraft;
  commit(draft: TableDraft): void;
}

interface Op {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
  readonly request: RuleRequest | null;
  readonly chain: string;
  run(draft: TableDraft): void;
}

const CHAIN_LINE = /^:(\S+)\s*(\S*)\s*(.*)$/;
const COUNTERS = /^\[(\d+):(\d+)\]$/;
const RULE_COUNTERS = /^\[(\d+):(\d+)\]\s*/;
const APPEND = /^-A (\S+)(?: (.*))?$/;

/** An error at a place of the text. */
class LineError extends Error {
  readonly line: number;
  readonly text: string;
  readonly error: XtError;

  constructor(line: number, text: string, error: XtError) {
    super(error.message);
    this.line = line;
    this.text = text;
    this.error = error;
  }
}

/** Runs `fn`, giving the place to an XtError. */
function at<T>(line: number, text: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw error instanceof XtError ? new LineError(line, text, error) : error;
  }
}

class Restore {
  private readonly host: RestoreHost;
  private readonly options: RestoreOptions;
  private spec: TableSpec | null = null;
  private ops: Op[] = [];

  constructor(host: RestoreHost, options: RestoreOptions) {
    this.host = host;
    this.options = options;
  }

  run(text: string): void {
    const lines = text.split("\n");
    if (lines.at(-1) === "") lines.pop();
    lines.forEach((content, i) => at(i + 1, content, () => this.line(i + 1, content)));
    if (this.spec !== null)
      throw new LineError(
        lines.length + 1,
        "",
        new XtError("bare", `iptables-restore: COMMIT expected at line ${lines.length + 1}`),
      );
  }

  private line(line: number, content: string): void {
    const text = content.trim();
    if (text === "" || text.startsWith("#")) return;
    if (this.spec === null && text.startsWith("*")) this.openTable(text, line);
    else if (this.spec === null) throw new XtError("bare", `iptables-restore: line ${line} failed`);
    else if (text === "COMMIT") this.commit(line, this.spec);
    else if (text.startsWith(":")) this.chainLine(line, text);
    else this.ruleLine(line, text);
  }

  private originOf(line: number): RuleOrigin | null {
    return this.options.origins?.get(line - 1) ?? this.options.origin ?? null;
  }

  private openTable(text: string, line: number): void {
    const name = text.slice(1).trim();
    const spec = tableSpec(name);
    if (spec === undefined) {
      throw parameterError(
        this.host.tool.kind === "nft"
          ? `iptables-restore: line ${line} table name '${name}' invalid`
          : `iptables-restore: unable to initialize table '${name}'`,
      );
    }
    this.spec = spec;
    this.ops = [];
    this.host.open(spec);
  }

  private chainLine(line: number, text: string): void {
    const [, name = "", policy = "", rest = ""] = CHAIN_LINE.exec(text) ?? [];
    if (policy === "") throw parameterError(`iptables-restore: line ${line} policy invalid`);
    const counters = COUNTERS.exec(rest);
    if (this.options.counters === true && counters === null && policy !== "-")
      throw parameterError(`invalid policy counters for chain '${name}'`);
    this.push(line, text, null, name, (draft) => {
      if (draft.kind === "legacy") checkLegacyPolicy(draft, name, policy, line);
      if (!draft.isBuiltin(name)) {
        if (draft.has(name)) draft.flushChain(name);
        else draft.newChain(name);
        return;
      }
      const origin = this.originOf(line);
      // Without a policy the line says nothing to legacy.
      if (policy === "-" && draft.kind === "legacy") return;
      const chain = draft.setPolicy(name, policy === "-" ? draft.policyOf(name) : policy, origin);
      if (this.options.counters !== true || counters === null) return;
      chain.policyCounters = { packets: Number(counters[1]), bytes: Number(counters[2]) };
    });
  }

  private ruleLine(line: number, text: string): void {
    const counted = RULE_COUNTERS.exec(text);
    const body = counted === null ? text : text.slice(counted[0].length);
    const append = APPEND.exec(body);
    // Nearly every line: its rule may be known already, word for word.
    if (append !== null && !/ -t | --table/.test(body)) {
      const parsed = this.counted(this.host.cache.parse(append[2] ?? ""), counted);
      const chain = append[1] ?? "";
      this.push(line, text, "RULE_APPEND", chain, (draft) => draft.append(chain, parsed, this.originOf(line)));
      return;
    }
    const command = parseCommandWords(tokenize(body), this.host.cache);
    if (command.table !== null) throw parameterError("The -t option cannot be used in iptables-restore.\n");
    this.pushCommand(
      line,
      text,
      command.rule === null ? command : { ...command, rule: this.counted(command.rule, counted) },
    );
  }

  private pushCommand(line: number, text: string, command: CommandWords): void {
    const request =
      command.name === "insert"
        ? "RULE_INSERT"
        : command.name === "replace"
          ? "RULE_REPLACE"
          : command.name === "append"
            ? "RULE_APPEND"
            : null;
    this.push(line, text, request, command.chain ?? "", (draft) => applyCommand(draft, command, this.originOf(line)));
  }

  private counted(parsed: ParsedRule, counted: RegExpExecArray | null): ParsedRule {
    if (counted === null) return parsed;
    return {
      rules: parsed.rules,
      counters: this.options.counters === true ? { packets: Number(counted[1]), bytes: Number(counted[2]) } : null,
    };
  }

  private push(
    line: number,
    text: string,
    request: RuleRequest | null,
    chain: string,
    run: (draft: TableDraft) => void,
  ): void {
    this.ops.push({ line, text, request, chain, run });
  }

  private commit(line: number, spec: TableSpec): void {
    const draft = this.replay(spec, this.ops.length, line);
    const errno = validateTable(draft);
    if (errno !== null) throw this.refused(spec, line, errno);
    if (this.options.test !== true) this.host.commit(draft);
    this.spec = null;
  }

  /** The table is refused with the operation that made it invalid, and with every rule after it. */
  private refused(spec: TableSpec, line: number, errno: KernelErrno): LineError {
    const first = this.culprit(spec, line);
    const failed = this.ops.slice(first).filter((op) => op.request !== null);
    const op = failed[0] ?? (this.ops[first] as Op);
    const error = (o: Op): KernelError =>
      new KernelError(o.request ?? "RULE_APPEND", errno, `rule in chain ${o.chain}`);
    const more = failed.slice(1).map((o) => `\nline ${o.line}: ${error(o).message}`);
    return new LineError(
      op.line,
      op.text,
      new KernelError(op.request ?? "RULE_APPEND", errno, `rule in chain ${op.chain}${more.join("")}`),
    );
  }

  /** The first `count` operations on a fresh draft. */
  private replay(spec: TableSpec, count: number, commitLine: number): TableDraft {
    const draft = this.host.draft(spec);
    if (this.options.noflush !== true) draft.flushTable();
    for (let i = 0; i < count; i++) {
      const op = this.ops[i] as Op;
      try {
        op.run(draft);
      } catch (error) {
        if (!(error instanceof XtError)) throw error;
        throw new LineError(error instanceof MissingChainError ? commitLine : op.line, op.text, error);
      }
    }
    return draft;
  }

  /** Position of the operation that made the table invalid: the shortest beginning of the transaction that the kernel refuses. */
  private culprit(spec: TableSpec, line: number): number {
    let low = 1;
    let high = this.ops.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (validateTable(this.replay(spec, mid, line)) === null) low = mid + 1;
      else high = mid;
    }
    return low - 1;
  }
}

function checkLegacyPolicy(draft: TableDraft, name: string, policy: string, line: number): void {
  if (policy === "-") return;
  const why = !draft.isBuiltin(name)
    ? "Bad built-in chain name"
    : policy !== "ACCEPT" && policy !== "DROP"
      ? "Bad policy name"
      : "";
  if (why !== "") throw new XtError("version", `Can't set policy \`${policy}' on \`${name}' line ${line}: ${why}`);
}

/** Line of the COMMIT that ends the table around `line`; `line` itself when there is none. */
function commitLineOf(text: string, line: number): number {
  const lines = text.split("\n");
  for (let i = line; i < lines.length; i++) if (lines[i]?.trim() === "COMMIT") return i + 1;
  return line;
}

/** Null: done. Tables committed before the mistake stay. */
export function restore(host: RestoreHost, text: string, options: RestoreOptions): ToolError | null {
  try {
    new Restore(host, options).run(text);
    return null;
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    return restoreError(error.error, host.tool, error.line, error.text, commitLineOf(text, error.line));
  }
}
