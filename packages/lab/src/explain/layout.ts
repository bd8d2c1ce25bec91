// Stories as text, at three levels.

import type { Journey, Step } from "@kubehop/netstack";
import { TcpdumpPrinter } from "@kubehop/netstack";
import type { PacketSummary } from "../model/outcome.ts";
import type { Background } from "./background.ts";
import { originText } from "./background.ts";
import type { Exchange, Way } from "./find-flow.ts";
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
    lines.push(hop.ns);
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
      hops.map(({ ns }) => shortName(ns)),
      28,
    ),
    label: widest(
      hops.flatMap(({ rows }) => rows.map(({ label }) => label)),
      17,
    ),
  };
  const lines = [`${role.toUpperCase().padEnd(7)} ${headerText(way.first, background)}`];
  for (const [i, hop] of hops.entries()) lines.push(...summaryHop(hop, i + 1, width));
  return [...lines, ...endNote(way.end)];
}

interface Widths {
  readonly ns: number;
  readonly label: number;
}

function summaryHop({ ns, rows }: HopTale, number: number, width: Widths): string[] {
  const lines: string[] = [];
  for (const row of rows) {
    for (const [i, line] of (row.lines.length === 0 ? [undefined] : row.lines).entries()) {
      const place =
        lines.length === 0
          ? `${String(number).padStart(2)} ${shortName(ns).padEnd(width.ns)}`
          : " ".repeat(width.ns + 3);
      const label = (i === 0 ? row.label : "").padEnd(width.label);
      const notes = [line?.origin ?? "", i === 0 && row.ttl !== undefined ? `ttl ${row.ttl}` : ""]
        .filter((note) => note !== "")
        .join("  ");
      const text = `${place} ${label}  ${line === undefined ? "" : lineText(line)}`;
      lines.push(notes === "" ? text.trimEnd() : `${text.padEnd(NOTE_COLUMN)}  ${notes}`);
    }
  }
  return lines;
}

/** A pod's name without its namespace. */
export function shortName(ns: string): string {
  return ns.slice(ns.indexOf("/") + 1);
}

function widest(texts: readonly string[], limit: number): number {
  return Math.min(limit, Math.max(0, ...texts.map(({ length }) => length)));
}

export function headerText(first: PacketSummary, background: Background): string {
  const from = background.named(endText(first.src, first.sport));
  const to = background.named(endText(first.dst, first.dport));
  return `${first.protocol} ${from} > ${to}${flagsText(first)}`;
}

function flagsText({ flags }: PacketSummary): string {
  return flags === "" ? "" : ` [${flags}]`;
}

/** A packet that neither ended nor waits is a mistake of the network stack, and said so. */
function endNote(end: Journey["end"]): string[] {
  if (end === "queued") return ["   still waiting when the step ended"];
  return end === null ? ["   its further way is told by other packets (fragments, copies)"] : [];
}

// ---- full: every step

/** A frame within a frame stands below it. */
const CONTINUED = `\n${" ".repeat(44)}`;

function full(role: "request" | "reply", way: Way, background: Background): string[] {
  const printer = new TcpdumpPrinter({ e: true, time: "none" });
  const start = way.steps[0]?.at ?? 0;
  const lines = [`${role.toUpperCase()} ${headerText(way.first, background)} at ${background.seconds(start)}`];
  let ns = "";
  for (const step of way.steps) {
    if (step.ns !== ns) lines.push(`  ${(ns = step.ns)}`);
    lines.push(
      `    +${((step.at - start) / 1000).toFixed(6)} ${step.fn.padEnd(28)} ${fullText(step, printer, background)}`,
    );
  }
  return [...lines, ...endNote(way.end)];
}

function fullText(step: Step, printer: TcpdumpPrinter, background: Background): string {
  switch (step.kind) {
    case "rx":
    case "xmit":
      return `${step.kind} ${step.dev}: ${printer.print(step.at, step.frame).replaceAll("\n", CONTINUED)}`;
    case "send":
      return "a packet made here starts";
    case "hook":
      return `hook ${step.pf} ${step.hook} IN=${step.in} OUT=${step.out}`;
    case "rule": {
      const origin = originText(background.originOf(step));
      const rule = step.rule === 0 ? "policy" : `${step.rule}: ${step.text}`;
      return `${step.backend} ${step.table}/${step.chain} ${rule} ⇒ ${step.verdict}${origin === "" ? "" : `   [${origin}]`}`;
    }
    case "ct":
      return `conntrack ${step.state}${step.reply ? " reply" : ""} ${step.entry}`.trimEnd();
    case "confirm":
      return `conntrack confirmed ${step.entry}`;
    case "nat":
      return `${step.what} ${step.before} ⇒ ${step.after}`;
    case "mark":
      return `mark 0x${step.before.toString(16)} ⇒ 0x${step.after.toString(16)}`;
    case "route":
      return `route to ${step.dst}: ${step.result} ${step.route.trimEnd()}${step.table === "" ? "" : ` table ${step.table}`}`;
    case "neigh":
      return `neigh ${step.nexthop} dev ${step.dev} ${step.lladdr} ${step.state}`;
    case "fdb":
      return `fdb ${step.dev} ${step.mac} → ${step.port}`;
    case "encap":
    case "decap":
      return `${step.kind} ${step.dev}: ${step.outer}`;
    case "note":
      return step.text;
    case "answer":
      return `answered with ${step.what}`;
    case "queue":
      return step.where;
    case "deliver":
      return `delivered to ${step.socket}`;
    case "consume":
      return "taken";
    case "drop":
      return `DROPPED ${step.reason}${step.detail === "" ? "" : `: ${step.detail}`}`;
  }
}
