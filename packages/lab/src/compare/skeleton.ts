// A packet's way as words that two runs can be held against: where it was, what was done to it, what became of it. Names stand for
// addresses, so that what only the draw of a run decides makes no difference; numbers of rules and chains that led to nothing are left out.

import type { Step } from "@kubehop/netstack";
import type { Background } from "../explain/background.ts";
import { hideDrawnPorts } from "../explain/phrases.ts";

export interface Mark {
  readonly text: string;
  /** Its step, by index in the packet's way. */
  readonly at: number;
}

/** Marks of a way in order. */
export function skeletonOf(steps: readonly Step[], background: Background): Mark[] {
  const marks: Mark[] = [];
  let ns = "";
  for (const [at, step] of steps.entries()) {
    if (step.ns !== ns) marks.push({ text: `at ${background.placeName((ns = step.ns))}`, at });
    const text = markOf(step, background);
    if (text !== "") marks.push({ text, at });
  }
  return marks;
}

function markOf(step: Step, background: Background): string {
  switch (step.kind) {
    case "nat":
      return `${step.what} ${endName(step.before, background)} ⇒ ${endName(step.after, background)}`;
    case "route":
      return step.result === "unicast" ? `route ${deviceOf(step.route)}` : `route ${step.result}`;
    case "encap":
    case "decap":
      return `${step.kind} ${step.dev}`;
    case "drop":
      return `drop ${step.reason}`;
    case "deliver":
      return "deliver";
    case "answer":
      return `answer ${hideDrawnPorts(step.what)}`;
    case "neigh":
      return step.state === "FAILED" ? "neigh FAILED" : "";
    default:
      return "";
  }
}

function endName(end: string, background: Background): string {
  const [addr = "", port] = end.split(":");
  const name = background.nameOf(addr) ?? addr;
  return port === undefined ? name : hideDrawnPorts(`${name}:${port}`);
}

/** Where a route leads: pods' ends of cables have names that are drawn. */
function deviceOf(route: string): string {
  const dev = / dev (\S+)/.exec(` ${route}`)?.[1] ?? "";
  return /^(?:veth|cali)/.test(dev) ? "veth" : dev;
}
