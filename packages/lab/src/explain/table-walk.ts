// One walk through one table, told as the chains that led to what happened: chains that were entered in vain are left out.

import type { Step } from "@kubehop/netstack";
import type { Background, EndpointPick } from "./background.ts";
import { originText } from "./background.ts";
import { type RuleStep, withoutComment } from "./rule-text.ts";

/** Verdict words that are no chain names. */
const WORDS: ReadonlySet<string> = new Set(["ACCEPT", "DROP", "CONTINUE", "RETURN", "STOLEN"]);
/** Targets whose effect the address change itself tells. */
const TELLS_ITSELF: ReadonlySet<string> = new Set(["DNAT", "REDIRECT", "NETMAP"]);
const NAT_TARGETS: ReadonlySet<string> = new Set([...TELLS_ITSELF, "SNAT", "MASQUERADE"]);
const ARROW = " → ";

/** Who stands behind rules. */
export type RuleBackground = Pick<Background, "originOf" | "pickOf">;

/** A chain on the way, with what its rules (and those of chains that returned) did. */
interface Visit {
  readonly chain: string;
  readonly effects: string[];
  /** Object and manifest line behind the rule that led here, or behind one that did something here. */
  origin: string;
}

export class TableWalk {
  readonly table: string;
  readonly #backend: string;
  readonly #stack: Visit[];
  readonly #background: RuleBackground;
  #mark: string | undefined;
  #last: RuleStep | undefined;
  #pick: EndpointPick | undefined;
  #ended = false;

  constructor(first: RuleStep, background: RuleBackground) {
    this.table = first.table;
    this.#backend = first.backend;
    this.#stack = [{ chain: first.chain, effects: [], origin: "" }];
    this.#background = background;
  }

  /** The step goes on with this walk. */
  continues(step: RuleStep): boolean {
    return !this.#ended && step.table === this.table && step.backend === this.#backend;
  }

  /** The mark changed: the rule that did it is the next one told. */
  mark(step: Extract<Step, { readonly kind: "mark" }>): void {
    this.#mark = `MARK 0x${step.after.toString(16)}`;
  }

  rule(step: RuleStep): void {
    this.#returnTo(step.chain);
    this.#last = step;
    if (step.rule === 0) this.#policy(step);
    else if (!WORDS.has(step.verdict)) this.#jump(step);
    else this.#target(step);
  }

  /** How an address came to be changed here: the target's name; undefined: not by a rule of this walk. */
  get natTarget(): string | undefined {
    const target = targetOf(this.#last);
    return target !== undefined && NAT_TARGETS.has(target) ? target : undefined;
  }

  get pick(): EndpointPick | undefined {
    return this.#pick;
  }

  /** Object and manifest line of the last rule on the way that has one. */
  get origin(): string {
    return this.#stack.findLast(({ origin }) => origin !== "")?.origin ?? "";
  }

  /** The story of the walk; "" when nothing happened in it. */
  text(): string {
    const [base, ...way] = this.#stack;
    if (base === undefined) return "";
    const end = this.#endText();
    // Chains that led to the policy led to nothing.
    const told = this.#last?.rule === 0 ? [] : way;
    const last = told.at(-1);
    const before = [...base.effects, ...told.slice(0, -1).flatMap(({ chain, effects }) => [chain, ...effects])];
    if (last === undefined) return [...before, ...words(end)].join(ARROW);
    if (end === "") return [...before, last.chain, ...last.effects].join(ARROW);
    // The rule that decides stands behind the name of its chain.
    const deed =
      last.effects.length === 0 ? `${last.chain} ${end}` : `${last.chain}: ${[...last.effects, end].join(", ")}`;
    return [...before, deed].join(ARROW);
  }

  #jump(step: RuleStep): void {
    this.#takeMark();
    this.#pick = this.#background.pickOf(step) ?? this.#pick;
    this.#stack.push({ chain: step.verdict, effects: [], origin: this.#originOf(step) });
  }

  #target(step: RuleStep): void {
    const marked = this.#takeMark();
    if (step.verdict === "RETURN") return;
    const visit = this.#stack.at(-1);
    if (visit !== undefined) visit.origin = this.#originOf(step) || visit.origin;
    if (step.verdict !== "CONTINUE") this.#ended = true;
    else if (!marked) this.#effect(targetOf(step));
  }

  /** The policy is the base chain's: who stands behind what led to nothing is not asked. */
  #policy(step: RuleStep): void {
    this.#ended = true;
    const [base] = this.#stack;
    if (base !== undefined && step.verdict !== "ACCEPT") base.origin = this.#originOf(step);
  }

  #originOf(step: RuleStep): string {
    return originText(this.#background.originOf(step));
  }

  #takeMark(): boolean {
    const marked = this.#mark !== undefined;
    this.#effect(this.#mark);
    this.#mark = undefined;
    return marked;
  }

  #effect(text: string | undefined): void {
    if (text !== undefined && text !== "MARK") this.#stack.at(-1)?.effects.push(text);
  }

  /** Chains that ended without a verdict leave behind only what they did. */
  #returnTo(chain: string): void {
    while (this.#stack.length > 1 && this.#stack.at(-1)?.chain !== chain) {
      const left = this.#stack.pop();
      const caller = this.#stack.at(-1);
      if (left === undefined || caller === undefined || left.effects.length === 0) continue;
      caller.effects.push(...left.effects);
      caller.origin = left.origin || caller.origin;
    }
  }

  /** The deciding rule as `N match TARGET`, or the policy when it is not the usual one. */
  #endText(): string {
    const last = this.#last;
    if (last === undefined || !this.#ended) return "";
    if (last.rule === 0) return last.verdict === "ACCEPT" ? "" : `policy ${last.verdict}`;
    const target = targetOf(last);
    if (target !== undefined && TELLS_ITSELF.has(target)) return "";
    return [String(last.rule), ...matchWords(last.text), target ?? last.verdict].join(" ");
  }
}

function targetOf(step: RuleStep | undefined): string | undefined {
  return step === undefined ? undefined : / -[jg] (\S+)/.exec(` ${step.text}`)?.[1];
}

/** What a rule asks for, without comments and module names: `mark 0x4000/0x4000`. */
function matchWords(text: string): string[] {
  const asked = withoutComment(text)
    .replace(/ ?-[jg] .*$/, "")
    .replace(/-m \S+ ?/g, "")
    .replace(/--/g, "")
    .trim();
  return asked === "" || asked.length > 60 ? [] : [asked];
}

function words(text: string): string[] {
  return text === "" ? [] : [text];
}
