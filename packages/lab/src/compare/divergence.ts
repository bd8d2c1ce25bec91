// The first hop at which two packets that should have gone the same way part, and what decides there.

import type { Step } from "@kubehop/netstack";
import { type Background, originText } from "../explain/background.ts";
import type { Exchange, Way } from "../explain/find-flow.ts";
import { lineText, type Row } from "../explain/tale.ts";
import { tellWay } from "../explain/tell.ts";
import type { Divergence, DivergentHop } from "./comparison.ts";
import { decidingPlace, decisionAt, type RulePlace, type Side } from "./decision.ts";
import { skeletonOf } from "./skeleton.ts";

/** An exchange, and what its run knows beyond the steps. */
export interface ToldExchange {
  readonly exchange: Exchange;
  readonly background: Background;
}

/** Undefined: the packets went the same way, as far as steps tell. */
export function divergenceOf(a: ToldExchange | undefined, b: ToldExchange | undefined): Divergence | undefined {
  if (a === undefined || b === undefined) return undefined;
  for (const of of ["request", "reply"] as const) {
    const [wayA, wayB] = [sideOf(a, of), sideOf(b, of)];
    const parted = partingOf(wayA, wayB);
    if (parted !== undefined) return { of, ...parted };
  }
  return undefined;
}

const NOTHING: Pick<Way, "steps"> = { steps: [] };

function sideOf({ exchange, background }: ToldExchange, of: "request" | "reply"): Side {
  return { steps: (exchange[of] ?? NOTHING).steps, background };
}

function partingOf(a: Side, b: Side): Omit<Divergence, "of"> | undefined {
  const [marksA, marksB] = [skeletonOf(a.steps, a.background), skeletonOf(b.steps, b.background)];
  const at = marksA.findIndex((mark, i) => mark.text !== marksB[i]?.text);
  const first = at < 0 ? marksA.length : at;
  if (first === marksA.length && first === marksB.length) return undefined;
  const [upToA, upToB] = [upTo(a, marksA[first]?.at), upTo(b, marksB[first]?.at)];
  const rules = (upToA && decidingPlace(upToA)) ?? (upToB && decidingPlace(upToB));
  const ruled = [hopOf(a, upToA, rules), hopOf(b, upToB, rules)] as const;
  // A rule that both have met is not what parts them.
  const shared = ruled[0] !== undefined && ruled[0].decides === ruled[1]?.decides;
  const [hopA, hopB] = shared ? [hopOf(a, upToA, undefined), hopOf(b, upToB, undefined)] : ruled;
  // A row decides against the other's row, not against something else that happened.
  const decides = rules !== undefined && !shared ? true : upToA?.steps.at(-1)?.kind === upToB?.steps.at(-1)?.kind;
  const [toldA, toldB] = [hopA, hopB].map((hop) => (hop === undefined || decides ? hop : { ...hop, decides: "" }));
  return { a: toldA, b: toldB, chance: isChance(toldA, toldB) };
}

/** The way as far as this step; undefined: it has ended before. */
function upTo(side: Side, at: number | undefined): Side | undefined {
  return at === undefined ? undefined : { ...side, steps: side.steps.slice(0, at + 1) };
}

function hopOf(whole: Side, part: Side | undefined, rules: RulePlace | undefined): DivergentHop | undefined {
  if (part === undefined) return undefined;
  if (rules === undefined) return lastHop(part);
  const hop = hookRow(whole, rules) ?? lastHop(part);
  return hop === undefined ? undefined : { ...hop, decides: decisionAt(whole, rules) };
}

/** What happened at the hook whose rules decide. */
function hookRow({ steps, background }: Side, { place, hook }: RulePlace): DivergentHop | undefined {
  const hop = tellWay(steps, background).find(({ ns }) => background.placeName(ns) === place);
  const row = hop?.rows.find(({ label }) => label === hook);
  return row === undefined ? undefined : { where: `${place} ${hook}`, text: rowText(row), decides: "" };
}

/** The story so far ends with what happened; a packet that has just come to the next machine is told where it came from. */
function lastHop({ steps, background }: Side): DivergentHop | undefined {
  const last = steps.at(-1);
  const before = steps.at(-2);
  const moved = last !== undefined && before !== undefined && before.ns !== last.ns;
  const hop = tellWay(moved ? steps.slice(0, -1) : steps, background).at(-1);
  // A route that is still to be told comes behind what ended the packet, or answered it.
  const row = hop?.rows.findLast(({ weight }) => weight === "end") ?? hop?.rows.at(-1);
  if (last === undefined || hop === undefined || row === undefined) return undefined;
  const where = `${background.placeName(hop.ns)} ${row.label}`;
  const text = [rowText(row), ...(moved ? [`on to ${background.placeName(last.ns)}`] : [])];
  return { where, text: text.filter((word) => word !== "").join("; "), decides: rowWriter(last, background) };
}

function rowText(row: Row): string {
  const line = row.lines.at(-1);
  return line === undefined ? "" : lineText(line);
}

/** The row that was used, with who wrote it. */
function rowWriter(step: Step, background: Background): string {
  if (step.kind === "route" && step.result === "unicast")
    return `route ${step.route.trimEnd()} ← ${originText(step.origin) || "kernel"}`;
  if (step.kind === "neigh" && step.lladdr !== "")
    return `neigh ${step.nexthop} dev ${step.dev} lladdr ${step.lladdr}${background.otherMac(step)} ← ${originText(step.origin) || "kernel"}`;
  if (step.kind === "fdb")
    return `fdb ${step.mac} dev ${step.dev} → ${step.port} ← ${originText(step.origin) || "kernel"}`;
  return "";
}

/** The same number of choices, and another one taken. */
function isChance(a: DivergentHop | undefined, b: DivergentHop | undefined): boolean {
  const [pickA, pickB] = [a, b].map((hop) => /\(pick (\d+) of (\d+)\)/.exec(hop?.text ?? ""));
  return pickA?.[2] !== undefined && pickA[2] === pickB?.[2] && pickA[1] !== pickB?.[1];
}
