// The pure entry `@kubehop/netstack/rules`: iptables rule text in and out, without any network behind it.

import { parseRuleWords } from "./parse-rule.ts";
import type { Rule } from "./rule.ts";
import { tokenize } from "./tokenize.ts";

export { modelledNames } from "./registry.ts";
export { Rule } from "./rule.ts";
export type { AddrCondition, MatchUse, NameCondition, RuleTarget } from "./rule.ts";
export type { MatchExtension, OptionSpec, RuleHead, TargetExtension } from "./extension.ts";
export { parseRuleWords } from "./parse-rule.ts";
export type { ParsedRule } from "./parse-rule.ts";
export { parseRuleset, printRuleset } from "./ruleset.ts";
export type { RulesetChain, RulesetTable } from "./ruleset.ts";
export { saveString } from "./syntax.ts";
export { tokenize } from "./tokenize.ts";
export { XtError } from "./xt-error.ts";

/** Rules of a text such as `-s 10.0.0.1 -j DROP` (no `-A CHAIN`); several when -s or -d hold a list. Throws XtError. */
export function parseRules(text: string): readonly Rule[] {
  return parseRuleWords(tokenize(text)).rules;
}
