// -m statistic (net/netfilter/xt_statistic.c): every n-th packet of a rule, or a share of all.

import type { MatchExtension } from "../extension.ts";
import { parseUint } from "../syntax.ts";
import { parameterError } from "../xt-error.ts";

/** Probability is kept in units of 2^-31, as the kernel does: 0.33333 is printed as 0.33332999982. */
const SCALE = 0x80000000;

type StatisticParams =
  | { readonly mode: "random"; readonly threshold: number; readonly invert: boolean }
  | { readonly mode: "nth"; readonly every: number; readonly packet: number; readonly invert: boolean };

/** Rounded as lround does: halves go away from zero, which for a probability is up. */
function parseProbability(text: string): number | undefined {
  const p = /^\d*\.?\d+(e-?\d+)?$/i.test(text) ? Number(text) : NaN;
  return p >= 0 && p <= 1 ? Math.round(p * SCALE) : undefined;
}

function probability(threshold: number): string {
  return (threshold / SCALE).toFixed(11);
}

interface Nth {
  count: number;
}

export const statisticMatch: MatchExtension<StatisticParams> = {
  name: "statistic",
  stateful: true,
  options: [
    { name: "mode" },
    { name: "probability", invert: true },
    { name: "every", invert: true },
    { name: "packet" },
  ],
  parse(o) {
    const mode = o.need("mode");
    if (mode !== "random" && mode !== "nth") throw parameterError(`Bad mode "${mode}"`);
    if (mode === "random") {
      const text = o.value("probability");
      if (text === undefined) throw parameterError("--probability must be specified when using random mode");
      const threshold = parseProbability(text);
      if (threshold === undefined) throw o.bad("probability", "0-1");
      return { mode, threshold, invert: o.inverted("probability") };
    }
    const everyText = o.value("every");
    if (everyText === undefined) throw parameterError("--every must be specified when using nth mode");
    const packetText = o.value("packet");
    if (packetText === undefined) throw parameterError('statistic: option "--every" also requires "--packet".\n');
    const every = parseUint(everyText);
    const packet = parseUint(packetText);
    if (every === undefined || every === 0) throw o.bad("every", "1-4294967295");
    if (packet === undefined) throw o.bad("packet");
    if (packet >= every) throw parameterError("the --packet p must be 0 <= p <= n-1");
    return { mode, every, packet, invert: o.inverted("every") };
  },
  save(p) {
    const bang = p.invert ? " !" : "";
    if (p.mode === "random") return ` --mode random${bang} --probability ${probability(p.threshold)}`;
    return ` --mode nth${bang} --every ${p.every} --packet ${p.packet}`;
  },
  list(p) {
    const bang = p.invert ? " !" : "";
    if (p.mode === "random") return `statistic mode random${bang} probability ${probability(p.threshold)}`;
    return `statistic mode nth${bang} every ${p.every}${p.packet === 0 ? "" : ` packet ${p.packet}`}`;
  },
  test(p, c) {
    if (p.mode === "random") return c.services.chance(c, p.threshold, p.invert);
    const state = c.ruleState<Nth>(c.slot, () => ({ count: 0 }));
    // The counter runs 0 … every-1 and the rule matches at `packet`.
    const hit = state.count === p.packet;
    state.count = state.count + 1 === p.every ? 0 : state.count + 1;
    return hit !== p.invert;
  },
};
