// How repeats spread over pods, against the shares expected.
import type { ShareCheck } from "../model/expect-spec.ts";
import type { LiveState, StepOutcome } from "../model/outcome.ts";
import type { Problem } from "./problem.ts";

/** Two-sided 99.9 % quantile of the normal distribution: chance exceeds it once in 1000 fair runs. */
const QUANTILE = 3.2905;

/** Greatest difference from a fair share of `n` draws that chance explains (normal approximation of the binomial). */
function fairTolerance(fraction: number, n: number): number {
  return QUANTILE * Math.sqrt((fraction * (1 - fraction)) / n);
}

export function judgeShare(check: ShareCheck, outcome: StepOutcome, live: LiveState): Problem | undefined {
  const { flows } = outcome;
  if (flows.length === 0) return { message: "share: the step made no request" };
  const counts = new Map<string, number>();
  for (const flow of flows) counts.set(flow.by ?? "nobody", (counts.get(flow.by ?? "nobody") ?? 0) + 1);
  const named = new Map(flows.map(({ by = "", byName = by }) => [by, byName]));
  const names = new Map(check.pods.map(({ pod }) => [live.placeOf(pod) ?? pod, pod]));
  const rows = check.pods.map((wanted) => {
    const count = counts.get(live.placeOf(wanted.pod) ?? wanted.pod) ?? 0;
    const tolerance = check.tolerance ?? fairTolerance(wanted.fraction, flows.length);
    return { ...wanted, count, tolerance, off: Math.abs(count / flows.length - wanted.fraction) > tolerance };
  });
  const strangers = [...counts].filter(([by]) => !names.has(by));
  if (rows.every((row) => !row.off) && strangers.length === 0) return undefined;
  const tooMany = rows.filter((row) => row.off && row.count / flows.length > row.fraction).map(({ pod }) => pod);
  return {
    wrong: flows.filter(({ by = "nobody" }) => tooMany.includes(names.get(by) ?? "") || !names.has(by)),
    message: `share of ${flows.length}: not as expected`,
    details: [
      ...rows.map(
        (row) =>
          `${row.off ? "✗" : " "} ${row.pod}  ${row.count} = ${percent(row.count / flows.length)}, expected ${percent(row.fraction)} ± ${percent(row.tolerance)}`,
      ),
      ...strangers.map(([by, count]) => `✗ ${named.get(by) ?? by}  ${count}, expected none`),
    ],
  };
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`;
}
