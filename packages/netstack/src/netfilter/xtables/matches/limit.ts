// -m limit (net/netfilter/xt_limit.c): a token bucket per rule, on virtual time.

import type { MatchExtension } from "../extension.ts";
import { parseUint } from "../syntax.ts";
import { parameterError } from "../xt-error.ts";

/** Costs and credits are counted in 1/10000 s, as in the kernel's user interface. */
const SCALE = 10_000;
const PER_MS = SCALE / 1000;
const DEFAULT_BURST = 5;
const UNITS = [
  ["day", SCALE * 86400],
  ["hour", SCALE * 3600],
  ["min", SCALE * 60],
  ["sec", SCALE],
] as const;
const UNIT_SECONDS: readonly (readonly [string, number])[] = [
  ["second", 1],
  ["minute", 60],
  ["hour", 3600],
  ["day", 86400],
];

interface LimitParams {
  /** Time between two packets in 1/10000 s. */
  readonly cost: number;
  readonly burst: number;
}

interface Bucket {
  credit: number;
  at: number;
}

function parseRate(text: string): number {
  const parts = /^(\d+)(?:\/([a-z]+))?$/i.exec(text);
  const unit = (parts?.[2] ?? "second").toLowerCase();
  const seconds = UNIT_SECONDS.find(([name]) => name.startsWith(unit))?.[1];
  const count = Number(parts?.[1] ?? 0);
  if (count === 0 || seconds === undefined) throw parameterError(`bad rate "${text}"'`);
  if (count / seconds > SCALE) throw parameterError(`Rate too fast "${text}"\n`);
  return Math.floor((SCALE * seconds) / count);
}

/** The best unit for a period (print_rate of libxt_limit.c). */
function rateText(cost: number): string {
  let i = 1;
  for (; i < UNITS.length; i++) {
    const size = UNITS[i]?.[1] ?? 0;
    if (cost > size || Math.floor(size / cost) < size % cost) break;
  }
  const [name, size] = UNITS[i - 1] ?? UNITS[3];
  return `${Math.floor(size / cost)}/${name}`;
}

export const limitMatch: MatchExtension<LimitParams> = {
  name: "limit",
  stateful: true,
  options: [{ name: "limit" }, { name: "limit-burst" }],
  parse(o) {
    const burst = parseUint(o.value("limit-burst") ?? String(DEFAULT_BURST), 10000);
    if (burst === undefined) throw o.bad("limit-burst", "0-10000");
    return { cost: parseRate(o.value("limit") ?? "3/hour"), burst };
  },
  save: (p) => ` --limit ${rateText(p.cost)}${p.burst === DEFAULT_BURST ? "" : ` --limit-burst ${p.burst}`}`,
  list: (p) => `limit: avg ${rateText(p.cost)} burst ${p.burst}`,
  test(p, c) {
    const now = c.ns.world.now;
    const cap = p.cost * p.burst;
    const bucket = c.ruleState<Bucket>(c.slot, () => ({ credit: cap, at: now }));
    bucket.credit = Math.min(cap, bucket.credit + (now - bucket.at) * PER_MS);
    bucket.at = now;
    if (bucket.credit < p.cost) return false;
    bucket.credit -= p.cost;
    return true;
  },
};
