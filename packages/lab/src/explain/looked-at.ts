// The rules that a packet was held against and that did not match: between two rules that did, all that stand there were asked.

import type { Background } from "./background.ts";
import type { RuleStep } from "./rule-text.ts";
import { mismatchOf, type PacketView } from "./mismatch.ts";

/** Chains with their rules. */
export type RuleTexts = Pick<Background, "rulesAround" | "rulesBehind">;

/** A chain that is being walked. */
interface Frame {
  readonly chain: string;
  readonly rules: readonly string[];
  /** Number of the rule that is looked at next. */
  next: number;
}

/** As many rules that fail for one reason are told one by one. */
const TOLD_SINGLY = 3;

export class LookedAt {
  readonly #texts: RuleTexts;
  #table = "";
  #frames: Frame[] = [];

  constructor(texts: RuleTexts) {
    this.#texts = texts;
  }

  /** Lines for the rules looked at in vain before this one, with what the packet had instead. */
  before(step: RuleStep, view: PacketView): string[] {
    const table = `${step.backend} ${step.table}`;
    const continues = table === this.#table && this.#frames.some(({ chain }) => chain === step.chain);
    if (!continues) this.#frames = [{ chain: step.chain, rules: this.#texts.rulesAround(step), next: 1 }];
    this.#table = table;
    const lines: string[] = [];
    while (this.#frames.length > 1 && this.#frames.at(-1)?.chain !== step.chain)
      lines.push(...inVain(this.#frames.pop(), Number.POSITIVE_INFINITY, view));
    const frame = this.#frames.at(-1);
    lines.push(...inVain(frame, step.rule === 0 ? Number.POSITIVE_INFINITY : step.rule, view));
    if (frame !== undefined) this.#goOn(frame, step);
    return lines;
  }

  #goOn(frame: Frame, step: RuleStep): void {
    const { verdict, rule, text } = step;
    const goes = / -g \S+$/.test(` ${text}`);
    // Behind a goto and a RETURN nothing of this chain is looked at.
    frame.next = goes || verdict === "RETURN" ? Number.POSITIVE_INFINITY : rule + 1;
    if (rule === 0 || verdict === "ACCEPT" || verdict === "DROP" || verdict === "STOLEN") this.#frames = [];
    else if (verdict !== "CONTINUE" && verdict !== "RETURN")
      this.#frames.push({ chain: verdict, rules: this.#texts.rulesBehind(step), next: 1 });
  }
}

interface Vain {
  readonly number: number;
  readonly text: string;
  readonly why: string;
}

function inVain(frame: Frame | undefined, end: number, view: PacketView): string[] {
  if (frame === undefined) return [];
  const { chain, rules, next } = frame;
  const vain = rules
    .slice(Math.min(next, rules.length + 1) - 1, Math.max(end - 1, 0))
    .map((text, i): Vain => ({ number: next + i, text, why: mismatchOf(text, view) }));
  return groups(vain).flatMap((group) => groupLines(chain, group));
}

/** Neighbours that fail for the same reason. */
function groups(vain: readonly Vain[]): Vain[][] {
  const made: Vain[][] = [];
  for (const one of vain) {
    const last = made.at(-1);
    if (last?.[0]?.why === one.why) last.push(one);
    else made.push([one]);
  }
  return made;
}

function groupLines(chain: string, group: readonly Vain[]): string[] {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return [];
  if (group.length <= TOLD_SINGLY)
    return group.map(({ number, text, why }) => `${chain} ${number}: ${text}: no, ${why}`);
  return [`${chain} ${first.number}–${last.number}: no, ${first.why}`];
}
