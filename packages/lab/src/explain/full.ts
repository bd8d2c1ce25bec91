// The longest telling: every step, and every rule that was looked at.

import type { Step } from "@kubehop/netstack";
import { TcpdumpPrinter } from "@kubehop/netstack";
import type { Background } from "./background.ts";
import { originText } from "./background.ts";
import type { Way } from "./find-flow.ts";
import { endNote, headerText } from "./head.ts";
import { LookedAt } from "./looked-at.ts";
import { follow, newView } from "./mismatch.ts";
import { type StepOf, writtenBy } from "./phrases.ts";

/** A frame within a frame stands below it. */
const CONTINUED = `\n${" ".repeat(44)}`;
/** Rules that did not match stand in front of the one that did. */
const VAIN = `${" ".repeat(43)}· `;

/** One line per step. */
export function full(role: "request" | "reply", way: Way, background: Background): string[] {
  const printer = new TcpdumpPrinter({ e: true, time: "none" });
  const start = way.steps[0]?.at ?? 0;
  const lines = [`${role.toUpperCase()} ${headerText(way.first, background)} at ${background.seconds(start)}`];
  const lookedAt = new LookedAt(background);
  const view = newView();
  let ns = "";
  for (const step of way.steps) {
    if (step.ns !== ns) lines.push(`  ${background.placeName((ns = step.ns))}`);
    follow(view, step);
    if (step.kind === "rule") lines.push(...lookedAt.before(step, view).map((line) => `${VAIN}${line}`));
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
      return `conntrack ${step.state}${step.reply ? " reply" : ""} ${step.entry}${madeText(step, background)}`.trimEnd();
    case "confirm":
      return `conntrack confirmed ${step.entry}`;
    case "nat":
      return `${step.what} ${step.before} ⇒ ${step.after}`;
    case "mark":
      return `mark 0x${step.before.toString(16)} ⇒ 0x${step.after.toString(16)}`;
    case "route":
      return `route to ${step.dst}: ${step.result} ${step.route.trimEnd()}${step.table === "" ? "" : ` table ${step.table}`}${writtenBy(step.origin)}`;
    case "neigh":
      return `neigh ${step.nexthop} dev ${step.dev} ${step.lladdr} ${step.state}${writtenBy(step.origin)}`;
    case "fdb":
      return `fdb ${step.dev} ${step.mac} → ${step.port}${writtenBy(step.origin)}`;
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
      return `delivered to ${background.socketName(step)}`;
    case "consume":
      return "taken";
    case "drop":
      return `DROPPED ${step.reason}${step.detail === "" ? "" : `: ${step.detail}`}`;
  }
}

/** When an entry was made that is not this packet's own, and by which rules. */
function madeText(step: StepOf<"ct">, background: Background): string {
  if (step.state === "NEW" || step.from === "") return "";
  const rules = background.makerOf(step)?.rules.map(({ chain, rule }) => `${chain} ${rule}`) ?? [];
  return `   [made ${background.seconds(step.createdAt)}${rules.length === 0 ? "" : ` by ${rules.join(", ")}`}]`;
}
