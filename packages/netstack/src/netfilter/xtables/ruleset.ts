// Whole rule sets as plain data: `iptables-save` text ⇄ tables, chains and rules. No namespace is involved; loading is restore.ts.

import type { Rule } from "./rule.ts";
import { parseRuleWords } from "./parse-rule.ts";
import { tokenize } from "./tokenize.ts";
import { XtError } from "./xt-error.ts";

export interface RulesetRule {
  readonly rule: Rule;
  readonly packets: number;
  readonly bytes: number;
}

export interface RulesetChain {
  readonly name: string;
  /** `-` for a user chain. */
  readonly policy: string;
  readonly packets: number;
  readonly bytes: number;
  readonly rules: RulesetRule[];
}

export interface RulesetTable {
  readonly name: string;
  readonly chains: RulesetChain[];
}

const CHAIN_LINE = /^:(\S+) (\S+)(?: \[(\d+):(\d+)\])?\s*$/;
const COUNTERS = /^\[(\d+):(\d+)\] /;

function bad(line: number, message: string): XtError {
  return new XtError("bare", `line ${line}: ${message}`);
}

function parseRuleLine(table: RulesetTable, text: string, line: number): void {
  const counters = COUNTERS.exec(text);
  const words = tokenize(counters === null ? text : text.slice(counters[0].length));
  const chain = words[0] === "-A" ? table.chains.find((c) => c.name === words[1]) : undefined;
  if (chain === undefined) throw bad(line, `not a rule of a known chain: ${text}`);
  try {
    for (const rule of parseRuleWords(words.slice(2)).rules) {
      chain.rules.push({ rule, packets: Number(counters?.[1] ?? 0), bytes: Number(counters?.[2] ?? 0) });
    }
  } catch (error) {
    throw error instanceof XtError ? bad(line, `${error.message.trim()}: ${text}`) : error;
  }
}

/** Parse the text of iptables-save. Throws XtError with the line and the text of the rule that is at fault. */
export function parseRuleset(text: string): RulesetTable[] {
  const tables: RulesetTable[] = [];
  let open: RulesetTable | null = null;
  text.split("\n").forEach((content, i) => {
    const line = content.trim();
    if (line === "" || line.startsWith("#")) return;
    if (line.startsWith("*")) tables.push((open = { name: line.slice(1), chains: [] }));
    else if (open === null) throw bad(i + 1, `outside a table: ${line}`);
    else if (line === "COMMIT") open = null;
    else if (line.startsWith(":")) {
      const m = CHAIN_LINE.exec(line);
      if (m === null) throw bad(i + 1, `not a chain: ${line}`);
      open.chains.push({
        name: m[1] ?? "",
        policy: m[2] ?? "",
        packets: Number(m[3] ?? 0),
        bytes: Number(m[4] ?? 0),
        rules: [],
      });
    } else parseRuleLine(open, line, i + 1);
  });
  return tables;
}

/** Text of iptables-save without its comment lines; `counters` as with -c. */
export function printRuleset(tables: readonly RulesetTable[], counters = false): string {
  let text = "";
  for (const table of tables) {
    text += `*${table.name}\n`;
    for (const c of table.chains) text += `:${c.name} ${c.policy} [${c.packets}:${c.bytes}]\n`;
    for (const c of table.chains) {
      for (const r of c.rules)
        text += `${counters ? `[${r.packets}:${r.bytes}] ` : ""}-A ${c.name}${r.rule.text === "" ? "" : ` ${r.rule.text}`}\n`;
    }
    text += "COMMIT\n";
  }
  return text;
}
