// An address change in its row: the way through the chains, then what became of the address, and who wanted it.

import { type Background, originText } from "./background.ts";
import type { StepOf } from "./phrases.ts";
import type { TableWalk } from "./table-walk.ts";
import type { Part, Row } from "./tale.ts";
import { newLine, part, say } from "./tale.ts";

/** A path longer than this has the address change on a line of its own. */
const LONG_PATH = 48;

/** `origin`: told when no walk of this packet brought the change about. */
export function sayNat(row: Row, change: Part, walk: TableWalk | undefined, origin: string): void {
  const path = walk?.text() ?? "";
  const who = walk?.origin ?? origin;
  row.weight = "change";
  if (path === "") return say(row, change, who);
  if (row.lines.length > 0) newLine(row);
  if (path.length <= LONG_PATH) return say(row, part(`${path}: ${change.text}`, `${path}: ${change.stable}`), who);
  say(row, part(path));
  newLine(row);
  say(row, change, who);
}

/** Who wrote the rule that translated the first packet of the connection in this way; "" when it is not known. */
export function makerOrigin(what: "src" | "dst", hit: StepOf<"ct">, background: Background): string {
  const rules = background.makerOf(hit)?.rules ?? [];
  const rule = rules.find(({ text }) => / -j (?:DNAT|REDIRECT)\b/.test(` ${text}`) === (what === "dst"));
  return rule === undefined ? "" : originText(background.originOf(rule));
}
