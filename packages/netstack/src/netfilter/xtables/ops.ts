// One command of iptables, or one line of iptables-restore, applied to a draft.

import type { RuleOrigin } from "../../rtnl/batch.ts";
import type { CommandName, CommandWords } from "./command-words.ts";
import type { TableDraft } from "./draft.ts";
import type { ParsedRule } from "./parse-rule.ts";
import { natIsNoFilter, noSuchChain } from "./xt-error.ts";

type Op = (draft: TableDraft, c: CommandWords, origin: RuleOrigin | null) => void;

const NO_RULE: ParsedRule = { rules: [], counters: null };

function chainOf(c: CommandWords): string {
  return c.chain ?? "";
}

/** A chain that is named must be there; a built-in one always is. */
function mustExist(draft: TableDraft, name: string): void {
  if (!draft.has(name) && !draft.isBuiltin(name)) throw noSuchChain();
}

const OPS: Readonly<Partial<Record<CommandName, Op>>> = {
  append: (d, c, origin) => d.append(chainOf(c), c.rule ?? NO_RULE, origin),
  insert: (d, c, origin) => d.insert(chainOf(c), c.ruleNumber ?? 1, c.rule ?? NO_RULE, origin),
  replace: (d, c, origin) => d.replace(chainOf(c), c.ruleNumber ?? 1, c.rule ?? NO_RULE, origin),
  delete: (d, c) =>
    c.ruleNumber === null ? d.deleteRule(chainOf(c), c.rule ?? NO_RULE) : d.deleteAt(chainOf(c), c.ruleNumber),
  check: (d, c) => {
    for (const rule of c.rule?.rules ?? []) d.find(chainOf(c), rule);
  },
  flush: (d, c) => {
    if (c.chain !== null) mustExist(d, c.chain);
    for (const name of c.chain === null ? d.names() : [c.chain]) d.flushChain(name);
  },
  zero: (d, c) => {
    if (c.chain !== null) mustExist(d, c.chain);
    d.zero(c.chain ?? undefined, c.ruleNumber ?? undefined);
  },
  "new-chain": (d, c) => d.newChain(chainOf(c)),
  "delete-chain": (d, c) => (c.chain === null ? d.deleteAllChains() : d.deleteChain(c.chain)),
  policy: (d, c, origin) => {
    // Before the chain is looked up; iptables-restore takes such a policy.
    if (d.spec.name === "nat" && c.argument === "DROP") throw natIsNoFilter();
    d.setPolicy(chainOf(c), c.argument ?? "", origin);
  },
  "rename-chain": (d, c) => d.renameChain(chainOf(c), c.argument ?? ""),
};

/** Commands that only read do nothing to the draft. Throws XtError. */
export function applyCommand(draft: TableDraft, command: CommandWords, origin: RuleOrigin | null): void {
  OPS[command.name]?.(draft, command, origin);
}

/** True for commands that leave the table as it is. */
export function onlyReads(name: CommandName): boolean {
  return name === "list" || name === "list-rules" || name === "check";
}
