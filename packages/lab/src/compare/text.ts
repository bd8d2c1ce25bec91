// A comparison as text: the requests whose fates differ, the first of them down to the hop that decides.

import { fateText } from "./compare-runs.ts";
import type { Comparison, Divergence, DivergentHop, RequestPair } from "./comparison.ts";

/** Differing requests that are told. */
const SHOWN = 20;

export function formatComparison({ a, b, requests }: Comparison): string {
  const differing = requests.filter(({ differs }) => differs);
  const same = requests.length - differing.length;
  const lines = differing.slice(0, SHOWN).flatMap((pair) => pairLines(pair));
  if (differing.length > SHOWN) lines.push(`… ${differing.length - SHOWN} more`);
  const parted = differing.find(({ divergence }) => divergence !== undefined);
  if (parted?.divergence !== undefined) lines.push(...divergenceLines(parted, parted.divergence));
  return [`A ${a}`, `B ${b}`, ...lines, `${differing.length} of ${differing.length + same} requests differ`, ""].join(
    "\n",
  );
}

function pairLines({ step, number, a, b }: RequestPair): string[] {
  return [
    `${step}, request ${number}`,
    `  A  ${a === undefined ? "was not made" : fateText(a)}`,
    `  B  ${b === undefined ? "was not made" : fateText(b)}`,
  ];
}

function divergenceLines({ step, number }: RequestPair, { of, a, b, chance }: Divergence): string[] {
  return [
    `first divergent hop (${of} of ${step}, request ${number})`,
    ...hopLines("A", a),
    ...hopLines("B", b),
    ...(chance ? ["  chance chose differently: pick: in the step makes both choose the same"] : []),
  ];
}

function hopLines(name: string, hop: DivergentHop | undefined): string[] {
  if (hop === undefined) return [`  ${name}  its way has ended`];
  const told = `  ${name}  ${hop.where}  ${hop.text}`.trimEnd();
  return hop.decides === "" ? [told] : [told, `     decides  ${hop.decides}`];
}
