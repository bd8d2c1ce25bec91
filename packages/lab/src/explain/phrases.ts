// How single steps are put into words.

import type { RuleOrigin, Step } from "@kubehop/netstack";
import { type Background, originText } from "./background.ts";
import type { TableWalk } from "./table-walk.ts";
import type { Part } from "./tale.ts";
import { part } from "./tale.ts";

/** The step that may have this kind. */
export type StepOf<K extends Step["kind"], S = Step> = S extends { readonly kind: infer Kinds }
  ? K extends Kinds
    ? S
    : never
  : never;

/** What conntrack knew about the packet. */
export function conntrackPart(step: StepOf<"ct">, background: Background): Part {
  const { state, reply, from, to, createdAt } = step;
  if (!reply && !background.isHit(step)) return part(`conntrack ${state}`);
  const related = state === "RELATED" ? "RELATED, " : "";
  if (reply)
    return part(
      `conntrack ${related}reply to ${from} > ${to}`,
      `conntrack ${related}reply to ${withoutPort(from)} > ${to}`,
    );
  const unreplied = state === "NEW" ? "NEW, " : related;
  return part(`conntrack ${unreplied}hit (made ${background.seconds(createdAt)})`, `conntrack ${unreplied}hit`);
}

/** Who wrote the row of a table, in brackets; "" for the kernel, who learned it, and for what a machine has from the beginning. */
export function writtenBy(origin: RuleOrigin | null): string {
  return origin === null || origin.agent === "boot" ? "" : ` [${originText(origin)}]`;
}

function withoutPort(end: string): string {
  return end.replace(/:\d+$/, "");
}

/** Around an address change. */
export interface NatContext {
  readonly background: Background;
  /** The walk that brought it about; undefined when the connection had it already. */
  readonly walk: TableWalk | undefined;
  /** Device the packet leaves by; "" when it is not known yet. */
  readonly out: string;
  readonly reply: boolean;
  /** The entry is that of an earlier packet. */
  readonly hit: boolean;
}

/** `dst before ⇒ after (who) (why)`. */
export function natPart({ what, before, after }: StepOf<"nat">, context: NatContext): Part {
  const notes = natNotes(context);
  const note = notes.length === 0 ? "" : ` (${notes.join(", ")})`;
  const name = what === "dst" ? context.background.nameOf(withoutPort(after)) : undefined;
  // The client's port is drawn: on the way there it is the source's, on the way back the destination's.
  const hide = (end: string): string => ((what === "src") === context.reply ? end : end.replace(/:\d+$/, ":*"));
  const who = name === undefined ? "" : ` (${name})`;
  return part(
    `${what} ${before} ⇒ ${after}${who}${note}`,
    `${what} ${hide(before)} ⇒ ${hide(after)}${note.replace(/pick \d+ of/, "pick one of")}`,
  );
}

function natNotes({ walk, out, reply, hit }: NatContext): string[] {
  const target = walk?.natTarget;
  if (target === undefined)
    return [reply ? "translated back" : hit ? "nat rules not asked again" : "as the connection has it"];
  if (target === "DNAT" && walk?.pick !== undefined) return [`pick ${walk.pick.chosen} of ${walk.pick.of}`];
  return target === "MASQUERADE" && out !== "" ? [`address of ${out}`] : [];
}

/** Reason, place and responsible thing. A rule (`by`: the last one met) is named by its place: its text stands in the line before. */
export function dropText({ reason, fn, detail }: StepOf<"drop">, by: StepOf<"rule"> | undefined): string {
  if (reason === "NETFILTER_DROP" && by !== undefined && by.rule > 0 && by.verdict === "DROP")
    return `DROPPED ${reason} by ${by.table}/${by.chain} rule ${by.rule}`;
  return `DROPPED ${reason} in ${fn}${detail === "" ? "" : `: ${detail}`}`;
}

/** Ports that sockets drew (32768 and above), as golden files may hold them. */
export function hideDrawnPorts(text: string): string {
  return text.replaceAll(/(:|port )(\d{5})\b/g, (all: string, lead: string, port: string) =>
    Number(port) >= 32768 ? `${lead}*` : all,
  );
}

const ICMP_NAMES: Readonly<Record<number, string>> = {
  0: "echo reply",
  3: "unreachable",
  5: "redirect",
  11: "time exceeded",
};

/** `ICMP redirect (type 5 code 1)`; what has no name here as the step has it. */
export function answerText({ what, type, code }: StepOf<"answer">): string {
  const name = type === undefined ? undefined : ICMP_NAMES[type];
  return name === undefined ? what : `ICMP ${name} (type ${type} code ${code ?? 0})`;
}
