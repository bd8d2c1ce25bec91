// How single steps are put into words.

import type { Step } from "@kubehop/netstack";
import type { Background } from "./background.ts";
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
export function conntrackPart({ state, reply, entry, createdAt }: StepOf<"ct">, background: Background): Part {
  if (entry === "" || state === "NEW" || state === "UNTRACKED") return part(`conntrack ${state}`);
  const [, src = "", dst = "", sport, dport] = /src=(\S+) dst=(\S+)(?: sport=(\d+) dport=(\d+))?/.exec(entry) ?? [];
  const to = dport === undefined ? dst : `${dst}:${dport}`;
  const from = sport === undefined ? src : `${src}:${sport}`;
  const related = state === "RELATED" ? "RELATED, " : "";
  if (reply) return part(`conntrack ${related}reply to ${from} > ${to}`, `conntrack ${related}reply to ${src} > ${to}`);
  return part(`conntrack ${related}hit (made at ${background.seconds(createdAt)})`, `conntrack ${related}hit`);
}

/** Around an address change. */
export interface NatContext {
  readonly background: Background;
  /** The walk that brought it about; undefined when the connection had it already. */
  readonly walk: TableWalk | undefined;
  /** Device the packet leaves by; "" when it is not known yet. */
  readonly out: string;
  readonly reply: boolean;
  /** Conntrack state. */
  readonly tracked: string;
}

/** `dst before ⇒ after (who) (why)`. */
export function natPart({ what, before, after }: StepOf<"nat">, context: NatContext): Part {
  const notes = natNotes(context);
  const note = notes.length === 0 ? "" : ` (${notes.join(", ")})`;
  const name = what === "dst" ? context.background.nameOf(after.replace(/:\d+$/, "")) : undefined;
  // The client's port is drawn: on the way there it is the source's, on the way back the destination's.
  const hide = (end: string): string => ((what === "src") === context.reply ? end : end.replace(/:\d+$/, ":*"));
  const who = name === undefined ? "" : ` (${name})`;
  return part(
    `${what} ${before} ⇒ ${after}${who}${note}`,
    `${what} ${hide(before)} ⇒ ${hide(after)}${note.replace(/pick \d+ of/, "pick one of")}`,
  );
}

function natNotes({ walk, out, reply, tracked }: NatContext): string[] {
  const target = walk?.natTarget;
  if (target === undefined)
    return [
      reply
        ? "translated back"
        : tracked === "NEW"
          ? "as the connection has it"
          : "as the connection has it, rules not asked again",
    ];
  if (target === "DNAT" && walk?.pick !== undefined) return [`pick ${walk.pick.chosen} of ${walk.pick.of}`];
  return target === "MASQUERADE" && out !== "" ? [`address of ${out}`] : [];
}

/** Reason, place and responsible thing. A rule is named by its place: its text stands in the line before. */
export function dropText({ reason, fn, detail }: StepOf<"drop">): string {
  const rule = /^(\S+) rule (\d+): /.exec(detail);
  if (reason === "NETFILTER_DROP" && rule !== null) return `DROPPED ${reason} by ${rule[1]} rule ${rule[2]}`;
  return `DROPPED ${reason} in ${fn}${detail === "" ? "" : `: ${detail}`}`;
}

/** Ports that sockets drew (32768 and above), as golden files may hold them. */
export function hideDrawnPorts(text: string): string {
  return text.replaceAll(/(:|port )(\d{5})\b/g, (all: string, lead: string, port: string) =>
    Number(port) >= 32768 ? `${lead}*` : all,
  );
}

const ICMP_NAMES: Readonly<Record<string, string>> = {
  "0": "echo reply",
  "3": "unreachable",
  "5": "redirect",
  "11": "time exceeded",
};

/** `ICMP type 5 code 1` → `ICMP redirect (type 5 code 1)`. */
export function answerText(what: string): string {
  const [, numbers, type = ""] = /^ICMP (type (\d+) code \d+)$/.exec(what) ?? [];
  const name = ICMP_NAMES[type];
  return name === undefined ? what : `ICMP ${name} (${numbers})`;
}
