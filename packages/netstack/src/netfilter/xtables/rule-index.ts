// Long chains are not walked rule by rule: an index by destination, protocol and port names the rules that can match, in order.
// Counters, trace and results are those of the walk, since every rule left out would have refused the packet by its header conditions.

import { getU16 } from "../../wire/bytes.ts";
import type { XtContext } from "./context.ts";
import type { Rule } from "./rule.ts";

/** Finds the next rule that may match. */
export interface RuleIndex {
  /** Position of the first candidate at or behind `from`, -1 without. */
  next(c: XtContext, from: number): number;
}

/** Chains shorter than this are walked. */
export const INDEX_MIN_RULES = 32;

/** First element of an ascending list that is at least `from`, Infinity without. */
function firstFrom(list: readonly number[] | undefined, from: number): number {
  if (list === undefined) return Infinity;
  let low = 0;
  let high = list.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((list[mid] as number) < from) low = mid + 1;
    else high = mid;
  }
  return list[low] ?? Infinity;
}

/** Single destination port that a rule demands of tcp or udp, -1 without. */
function onlyPort(rule: Rule): number {
  if (rule.pinv || (rule.proto !== 6 && rule.proto !== 17)) return -1;
  for (const m of rule.matches) {
    // Matches are asked in order: what comes behind a stateful one cannot decide before it.
    if (m.ext.stateful === true) return -1;
    if (m.ext.protocol !== rule.proto) continue;
    const { dport } = m.params as {
      readonly dport: { readonly min: number; readonly max: number; readonly invert: boolean } | null;
    };
    if (dport !== null && !dport.invert && dport.min === dport.max) return dport.min;
  }
  return -1;
}

function put(map: Map<number, number[]>, key: number, at: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [at]);
  else list.push(at);
}

/** Buckets: exact destination or source address, else protocol and port, else everything. Keys are int32. */
class HeaderIndex implements RuleIndex {
  private readonly byDst = new Map<number, number[]>();
  private readonly bySrc = new Map<number, number[]>();
  private readonly byPort = new Map<number, number[]>();
  private readonly rest: number[] = [];

  constructor(rules: readonly Rule[]) {
    rules.forEach((rule, at) => {
      const port = onlyPort(rule);
      if (rule.dmask === -1 && !rule.dinv) put(this.byDst, rule.daddr, at);
      else if (rule.smask === -1 && !rule.sinv) put(this.bySrc, rule.saddr, at);
      else if (port >= 0) put(this.byPort, (rule.proto << 16) | port, at);
      else this.rest.push(at);
    });
  }

  next(c: XtContext, from: number): number {
    let at = firstFrom(this.rest, from);
    at = Math.min(at, firstFrom(this.byDst.get(c.daddr | 0), from), firstFrom(this.bySrc.get(c.saddr | 0), from));
    if (this.byPort.size !== 0) at = Math.min(at, this.portCandidate(c, from));
    return at === Infinity ? -1 : at;
  }

  private portCandidate(c: XtContext, from: number): number {
    if (c.proto !== 6 && c.proto !== 17) return Infinity;
    // A broken header makes every port match drop the packet: the first rule with one must be seen.
    if (c.fragOff !== 0 || !c.hasTransport(c.proto === 6 ? 20 : 8)) return this.firstOfProtocol(c.proto, from);
    return firstFrom(this.byPort.get((c.proto << 16) | getU16(c.buf, c.thoff + 2)), from);
  }

  private firstOfProtocol(proto: number, from: number): number {
    let at = Infinity;
    for (const [key, list] of this.byPort) if (key >>> 16 === proto) at = Math.min(at, firstFrom(list, from));
    return at;
  }
}

/** An index for these rules, or null when the chain is short. */
export function buildRuleIndex(rules: readonly Rule[]): RuleIndex | null {
  return rules.length < INDEX_MIN_RULES ? null : new HeaderIndex(rules);
}
