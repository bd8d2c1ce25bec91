// A comparison as text: the requests whose fates differ, the first of them down to the hop that decides.

import { fateText } from "./compare-runs.ts";
import type { Comparison, Divergence, DivergentHop, RequestPair } from "./comparison.ts";

/** Differing requests that are told. */
const SHOWN = 20;

export function formatComparison({ a, b, requests }: Comparison): string {
  const differing = requests.filter(({ differs }) => differs);
  const groups = alike(differing);
  const lines = groups.slice(0, SHOWN).flatMap(groupLines);
  if (groups.length > SHOWN) lines.push(`… ${groups.length - SHOWN} more`);
  const parted = partedIn(differing);
  if (parted?.divergence !== undefined) lines.push(...divergenceLines(parted, parted.divergence));
  return [`A ${a}`, `B ${b}`, ...lines, `${differing.length} of ${requests.length} requests differ`, ""].join("\n");
}

/** What chance chose is told only when nothing else parts them. */
function partedIn(differing: readonly RequestPair[]): RequestPair | undefined {
  const parted = differing.filter(({ divergence }) => divergence !== undefined);
  return parted.find(({ divergence }) => divergence?.chance === false) ?? parted[0];
}

/** Requests of a step that differ in the same way, in the order of the first ones. */
function alike(pairs: readonly RequestPair[]): RequestPair[][] {
  const groups = new Map<string, RequestPair[]>();
  for (const pair of pairs) {
    const key = [pair.step, ...fateLines(pair)].join("\n");
    groups.set(key, [...(groups.get(key) ?? []), pair]);
  }
  return [...groups.values()];
}

function groupLines(group: readonly RequestPair[]): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const count = group.length === 1 ? "" : `, ${group.length} requests like this`;
  return [`${first.step}, request ${first.number}${count}`, ...fateLines(first)];
}

function fateLines({ a, b }: RequestPair): string[] {
  return [
    `  A  ${a === undefined ? "was not made" : fateText(a)}`,
    `  B  ${b === undefined ? "was not made" : fateText(b)}`,
  ];
}

function divergenceLines({ step, number }: RequestPair, { of, a, b, chance }: Divergence): string[] {
  const which = `(${of} of ${step}, request ${number})`;
  return [
    chance ? `nothing but chance parts them ${which}` : `first divergent hop ${which}`,
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
