// -m limit: a token bucket per rule, on virtual time. Legacy asks net/netfilter/xt_limit.c; the nft programs write a limit of
// nf_tables' own (net/netfilter/nft_limit.c), of 64 bits, which takes what xt_limit finds too large.

import type { MatchExtension } from "../extension.ts";
import { parseUint } from "../syntax.ts";
import { parameterError } from "../xt-error.ts";

/** Costs and credits are counted in 1/10000 s, as in the kernel's user interface. */
const SCALE = 10_000;
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

/** What xt_limit counts in a second (HZ × CREDITS_PER_JIFFY): the most that lets 32 bits hold a day. */
const CREDITS = 32_000;
const U32 = 2 ** 32;

interface LimitParams {
  /** Time between two packets in 1/10000 s. */
  readonly cost: number;
  readonly burst: number;
}

/** user2credits, of 32 bits: whole seconds only, where the product would not fit. Even so it may not. */
function user2credits(user: number): number {
  return user > Math.floor((U32 - 1) / CREDITS)
    ? (Math.floor(user / SCALE) * CREDITS) % U32
    : Math.floor((user * CREDITS) / SCALE);
}

/** Credits that a full bucket of legacy holds. */
const creditCap = (p: LimitParams): number => user2credits((p.cost * p.burst) % U32);

/** Only nf_tables takes 0, and means the default. */
const burstOf = (p: LimitParams): number => p.burst || DEFAULT_BURST;

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
  legacyErrno: (p) => (p.burst === 0 || creditCap(p) < user2credits(p.cost) ? "ERANGE" : null),
  save: (p) => ` --limit ${rateText(p.cost)}${burstOf(p) === DEFAULT_BURST ? "" : ` --limit-burst ${burstOf(p)}`}`,
  list: (p) => `limit: avg ${rateText(p.cost)} burst ${burstOf(p)}`,
  test(p, c) {
    const now = c.ns.world.now;
    const cost = c.payload ? p.cost : user2credits(p.cost);
    const cap = c.payload ? p.cost * burstOf(p) : creditCap(p);
    const bucket = c.ruleState<Bucket>(c.slot, () => ({ credit: cap, at: now }));
    bucket.credit = Math.min(cap, bucket.credit + ((now - bucket.at) * (c.payload ? SCALE : CREDITS)) / 1000);
    bucket.at = now;
    if (bucket.credit < cost) return false;
    bucket.credit -= cost;
    return true;
  },
};
