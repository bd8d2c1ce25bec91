// Parsed rules by their text: fifty nodes that load the same rules share them. One cache per world.

import type { ParsedRule } from "./parse-rule.ts";
import { parseRuleWords } from "./parse-rule.ts";
import type { Rule } from "./rule.ts";
import { tokenize } from "./tokenize.ts";

export class RuleCache {
  /** As written, without `-A CHAIN`. */
  private readonly byText = new Map<string, readonly Rule[]>();
  /** Canonical text → the one rule. */
  private readonly byCanonical = new Map<string, Rule>();

  /** The one object for a rule of this canonical text. */
  intern(rule: Rule): Rule {
    const text = rule.text;
    const known = this.byCanonical.get(text);
    if (known !== undefined) return known;
    this.byCanonical.set(text, rule);
    return rule;
  }

  /** Rules of the text behind `-A CHAIN`; throws XtError. Counters (-c) make a text unique, so those are not kept by text. */
  parse(body: string): ParsedRule {
    const known = this.byText.get(body);
    if (known !== undefined) return { rules: known, counters: null };
    const parsed = this.parseWords(tokenize(body));
    if (parsed.counters === null) this.byText.set(body, parsed.rules);
    return parsed;
  }

  parseWords(words: readonly string[]): ParsedRule {
    const parsed = parseRuleWords(words);
    return { rules: parsed.rules.map((r) => this.intern(r)), counters: parsed.counters };
  }
}
