// The short story of a flow that went wrong, for the report of a failed case: what was done to the packet, and what became of it.

import type { Background } from "./background.ts";
import type { Exchange, Way } from "./find-flow.ts";
import { endText } from "./headers.ts";
import type { HopTale, Row, TaleLine } from "./tale.ts";
import { lineText } from "./tale.ts";
import { tellWay } from "./tell.ts";
import { timeText } from "./timeline.ts";

/** Lines a report may hold. */
export const STORY_LINES = 12;
const INDENT = " ".repeat(10);

/** At most STORY_LINES lines: the packet, its changes and its end; of the reply only when the request arrived. */
export function storyOf(exchange: Exchange, background: Background): string[] {
  const { request, reply } = exchange;
  const lines = wayLines(`▶ ${timeText(background.sinceStart(request.steps[0]?.at ?? 0))}`, request, background);
  if (reply !== undefined) lines.push(...wayLines("◀  reply", reply, background));
  else if (request.end === "deliver") lines.push(`${INDENT}no reply`);
  return shorten(lines);
}

function wayLines(lead: string, way: Way, background: Background): string[] {
  const { first } = way;
  const from = background.named(endText(first.src, first.sport));
  const head = `${lead}  ${from} > ${background.named(endText(first.dst, first.dport))} ${first.protocol}`;
  return [
    head,
    ...decisiveHops(way, background).flatMap(({ ns, rows }) =>
      rows.filter(({ weight }) => weight !== "way").flatMap((row) => rowLines(background.placeName(ns), row)),
    ),
  ];
}

/** Where a packet waits is its end: the route that led there, and who is asked for. */
function decisiveHops({ steps, end }: Way, background: Background): HopTale[] {
  const hops = tellWay(steps, background);
  const rows = end === "queued" ? (hops.at(-1)?.rows ?? []) : [];
  const routed = rows.findLast(({ lines }) => lines.some((line) => lineText(line).includes("route ")));
  for (const row of [routed, rows.at(-1)]) if (row !== undefined) row.weight = "end";
  return hops;
}

function rowLines(place: string, row: Row): string[] {
  return row.lines
    .filter(decides)
    .map(
      (line) =>
        `${INDENT}${`${place} ${row.label}`.padEnd(18)} ${lineText(line)}${line.origin === "" ? "" : `   ${line.origin}`}`,
    );
}

/** Of an address change the way through the chains is left out. */
function decides(line: TaleLine, _at: number, lines: readonly TaleLine[]): boolean {
  return lines.length === 1 || !lineText(line).includes(" → ") || lineText(line).includes(" ⇒ ");
}

/** Too long: the middle goes, the end stays. */
export function shorten(lines: readonly string[]): string[] {
  if (lines.length <= STORY_LINES) return [...lines];
  const tail = STORY_LINES - 4;
  return [...lines.slice(0, 3), `${INDENT}…`, ...lines.slice(-tail)];
}
