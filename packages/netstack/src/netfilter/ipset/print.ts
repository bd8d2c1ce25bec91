// Listings of sets: `ipset list`, `ipset save` (libipset's session.c).

import type { Extensions, Member } from "./ip-set-elem.ts";
import type { SetMember } from "./ip-set.ts";
import type { SetSlot } from "./set-directory.ts";

export type ListForm = "plain" | "save" | "terse" | "names";

function skbText({ skbinfo }: Member): string {
  if (skbinfo === null) return "";
  const { mark, mask, prio, queue } = skbinfo;
  const marks =
    mark === 0 && mask === 0
      ? ""
      : ` skbmark 0x${mark.toString(16)}${mask === 0xffffffff ? "" : `/0x${mask.toString(16)}`}`;
  const prios = prio === 0 ? "" : ` skbprio ${(prio >>> 16).toString(16)}:${(prio & 0xffff).toString(16)}`;
  return marks + prios + (queue === 0 ? "" : ` skbqueue ${queue}`);
}

/** One member with its extensions, as `add` takes it. */
function memberText(set: Extensions, m: SetMember, now: number): string {
  const { member } = m;
  let text = m.text;
  if (set.timeout !== null) text += ` timeout ${member.secondsLeft(now)}`;
  text += m.flags;
  if (set.counters) text += ` packets ${member.packets} bytes ${member.bytes}`;
  if (set.comment && member.comment !== "") text += ` comment "${member.comment}"`;
  return set.skbinfo ? text + skbText(member) : text;
}

function saveSet({ name, set }: SetSlot, now: number): string {
  let text = `create ${name} ${set.type.name} ${set.header()}\n`;
  for (const m of set.members()) text += `add ${name} ${memberText(set.ext, m, now)}\n`;
  return text;
}

function listSet({ name, set, references }: SetSlot, now: number, terse: boolean): string {
  let text =
    `Name: ${name}\nType: ${set.type.name}\nRevision: ${set.type.revision}\nHeader: ${set.header()}\n` +
    `Size in memory: ${set.memory()}\nReferences: ${references}\nNumber of entries: ${set.count()}\n`;
  if (terse) return text;
  text += "Members:\n";
  for (const m of set.members()) text += `${memberText(set.ext, m, now)}\n`;
  return text;
}

/** `now`: virtual ms. */
export function listSets(slots: readonly SetSlot[], form: ListForm, now: number): string {
  if (form === "names") return slots.map((s) => `${s.name}\n`).join("");
  if (form === "save") return slots.map((s) => saveSet(s, now)).join("");
  return slots.map((s) => listSet(s, now, form === "terse")).join("\n");
}
