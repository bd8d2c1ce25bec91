/**
 * Rules of one table in the order kube-proxy emits them, and their iptables-restore text.
 *
 * The rules of many chains are interleaved in real restore input, so a table is one list of rules, each knowing its
 * chain; order matters only within a chain. Twin: the `natChains`/`natRules` buffers of `syncProxyRules`.
 */
import type { RuleOrigin } from "../model/origin.ts";
import type { ProxyTable } from "../version/jump-rows.ts";

/** One `-A` line, with the object it was written for (absent: kube-proxy's own fixed rule). */
export interface RenderedRule {
  readonly chain: string;
  /** Whole line, starting with `-A CHAIN`. */
  readonly text: string;
  readonly origin?: RuleOrigin;
}

/** A table as values: declared chains in order, then rules in order. */
export interface RenderedTable {
  readonly table: ProxyTable;
  readonly chains: readonly string[];
  readonly rules: readonly RenderedRule[];
}

/** Text of a restore input and, per line index, the origin of the rule in that line. */
export interface RestoreText {
  readonly text: string;
  /** Parallel to the lines of `text`; undefined for headers, chain lines and fixed rules. */
  readonly origins: readonly (RuleOrigin | undefined)[];
}

/** Collects a table while it is rendered; declaring a chain twice keeps the first place. */
export class TableBuilder {
  readonly #table: ProxyTable;
  readonly #chains = new Set<string>();
  readonly #rules: RenderedRule[] = [];

  constructor(table: ProxyTable) {
    this.#table = table;
  }

  declare(chain: string): void {
    this.#chains.add(chain);
  }

  /** Appends `-A chain words`. */
  append(chain: string, words: string, origin?: RuleOrigin): void {
    const text = `-A ${chain} ${words}`;
    this.#rules.push(origin === undefined ? { chain, text } : { chain, text, origin });
  }

  build(): RenderedTable {
    return { table: this.#table, chains: [...this.#chains], rules: this.#rules };
  }
}

/**
 * `iptables-restore --noflush --counters` input: a declared chain is created or flushed, then filled; chains that
 * are not named stay as they are. `removed` chains are declared (which empties them) and deleted.
 */
export function restoreText(table: RenderedTable, removed: readonly string[] = []): RestoreText {
  const lines: string[] = [`*${table.table}`];
  for (const chain of table.chains) lines.push(chainLine(chain));
  for (const chain of removed) lines.push(chainLine(chain));
  const origins: (RuleOrigin | undefined)[] = new Array<undefined>(lines.length).fill(undefined);
  for (const rule of table.rules) {
    lines.push(rule.text);
    origins.push(rule.origin);
  }
  for (const chain of removed) lines.push(`-X ${chain}`);
  lines.push("COMMIT");
  while (origins.length < lines.length) origins.push(undefined);
  return { text: `${lines.join("\n")}\n`, origins };
}

function chainLine(chain: string): string {
  return `:${chain} - [0:0]`;
}
