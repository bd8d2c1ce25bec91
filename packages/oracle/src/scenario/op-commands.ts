// Operations of a batch as commands of a shell: what a person would type on the real machine, and at a place of a scenario.

import type { ConfigOp } from "@kubehop/netstack";
import { opWords } from "../live/op-words.ts";

/** One operation may take several commands; a card has none, it is plugged in by hand. */
export function opCommands(op: ConfigOp): readonly string[] {
  if (op.op === "sysctl") return [shellLine(["sysctl", "-w", `${op.key}=${op.value}`])];
  const words = opWords(op);
  switch (words.tool) {
    case "ip":
    case "bridge":
      return words.lines.map((line) => shellLine([words.tool, ...line]));
    case "run":
      return [`${shellLine(words.argv)}${words.stdin === undefined ? "" : hereDocument(words.stdin)}`];
    case "module":
      return [shellLine(["modprobe", ...(words.remove ? ["-r"] : []), words.module])];
    case "sysctl":
    case "nic":
      return [];
  }
}

function shellLine(words: readonly string[]): string {
  return words.map(quoted).join(" ");
}

/** What a shell takes as it stands. */
const PLAIN_WORD = /^[\w@%+=:,./!-]+$/;

function quoted(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Quoted where the shell would expand something. */
function hereDocument(text: string): string {
  const delimiter = /[$`\\]/.test(text) ? "'EOF'" : "EOF";
  return ` <<${delimiter}\n${text.replace(/\n*$/, "\n")}EOF`;
}
