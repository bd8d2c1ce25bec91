// Stories as text, at three levels.

import type { Background } from "./background.ts";
import type { Exchange, Way } from "./find-flow.ts";
import { full } from "./full.ts";
import { beginText, endNote, flagsText, headerText } from "./head.ts";
import { endText } from "./headers.ts";
import type { HopTale, Row } from "./tale.ts";
import { lineText, stableText } from "./tale.ts";
import { tellWay } from "./tell.ts";

export type Level = "minimal" | "summary" | "full";

/** Column at which objects and TTLs begin, if the text leaves room. */
const NOTE_COLUMN = 88;

export function layOut(exchange: Exchange, background: Background, level: Level): string {
  const { request, reply } = exchange;
  const tell = LEVELS[level];
  const lines = tell("request", request, background);
  if (reply !== undefined) lines.push(...tell("reply", reply, background));
  else if (request.end === "deliver") lines.push(level === "minimal" ? "no reply" : "NO REPLY");
  return `${lines.join("\n")}\n`;
}

type Teller = (role: "request" | "reply", way: Way, background: Background) => string[];

const LEVELS: Readonly<Record<Level, Teller>> = { minimal, summary, full };

// ---- minimal: one line per hop and decision

function minimal(role: "request" | "reply", way: Way, background: Background): string[] {
  const { first } = way;
  // The client's port is drawn.
  const asks = role === "request";
  const src = asks ? first.src : endText(first.src, first.sport);
  const dst = asks ? endText(first.dst, first.dport) : first.dst;
  const lines = [`${role} ${first.protocol} ${src} > ${dst}${flagsText(first)}`];
  for (const hop of tellWay(way.steps, background)) {
    lines.push(background.placeName(hop.ns));
    for (const row of hop.rows) lines.push(...minimalRow(row));
  }
  return [...lines, ...endNote(way.end)];
}

function minimalRow(row: Row): string[] {
  const texts = row.lines.map(stableText).filter((text) => text !== "");
  const label = /^(veth|cali)/.test(row.label) ? "veth" : row.label;
  const ttl = row.ttl === undefined ? "" : `ttl ${row.ttl}`;
  if (texts.length === 0) return ttl === "" ? [] : [`  ${label}: ${ttl}`];
  return texts.map((text, i) => `  ${label}: ${text}${i === 0 && ttl !== "" ? `; ${ttl}` : ""}`);
}

// ---- summary: numbered hops in columns

function summary(role: "request" | "reply", way: Way, background: Background): string[] {
  const hops = tellWay(way.steps, background);
  const width = {
    ns: widest(
      hops.map(({ ns }) => background.placeName(ns)),
      28,
    ),
    label: widest(
      hops.flatMap(({ rows }) => rows.map(({ label }) => label)),
      17,
    ),
  };
  const lines = [
    `${role.toUpperCase().padEnd(7)} ${headerText(way.first, background)}${role === "request" ? beginText(way, background) : ""}`,
  ];
  for (const [i, hop] of hops.entries()) lines.push(...summaryHop(hop, background.placeName(hop.ns), i + 1, width));
  return [...lines, ...endNote(way.end)];
}

interface Widths {
  readonly ns: number;
  readonly label: number;
}

function summaryHop({ rows }: HopTale, place: string, number: number, width: Widths): string[] {
  const lines: string[] = [];
  for (const row of rows) {
    for (const [i, line] of (row.lines.length === 0 ? [undefined] : row.lines).entries()) {
      const lead =
        lines.length === 0 ? `${String(number).padStart(2)} ${place.padEnd(width.ns)}` : " ".repeat(width.ns + 3);
      const label = (i === 0 ? row.label : "").padEnd(width.label);
      const notes = [line?.origin ?? "", i === 0 && row.ttl !== undefined ? `ttl ${row.ttl}` : ""]
        .filter((note) => note !== "")
        .join("  ");
      const text = `${lead} ${label}  ${line === undefined ? "" : lineText(line)}`;
      lines.push(notes === "" ? text.trimEnd() : `${text.padEnd(NOTE_COLUMN)}  ${notes}`);
    }
  }
  return lines;
}

function widest(texts: readonly string[], limit: number): number {
  return Math.min(limit, Math.max(0, ...texts.map(({ length }) => length)));
}
