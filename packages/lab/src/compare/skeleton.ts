// A packet's way as words that two runs can be held against: where it was, what was done to it, what became of it. Names stand for
// addresses, so that what only the draw of a run decides makes no difference; numbers of rules and chains that led to nothing are left out.

import type { Step } from "@kubehop/netstack";
import type { Background } from "../explain/background.ts";
import { hideDrawnPorts, type StepOf } from "../explain/phrases.ts";

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
      return step.result === "unicast" ? `route ${wayOf(step.route, background)}` : `route ${step.result}`;
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
      return neighMark(step, background);
    case "fdb":
      return fdbMark(step, background);
    default:
      return "";
  }
}

function endName(end: string, background: Background): string {
  const [addr = "", port] = end.split(":");
  const name = background.nameOf(addr) ?? addr;
  return port === undefined ? name : hideDrawnPorts(`${name}:${port}`);
}

/** A row means whose MAC it has: MACs are drawn. One that is still being asked for comes and goes with timers. */
function neighMark(step: StepOf<"neigh">, background: Background): string {
  if (step.state === "FAILED") return "neigh FAILED";
  const owner = background.ownerOf(step)?.mac;
  const whose = owner === undefined ? "nobody's" : `${background.placeName(owner.ns)} ${cableEnd(owner.dev)}`;
  return step.lladdr === "" ? "" : `neigh ${endName(step.nexthop, background)} = ${whose}`;
}

/** Of tunnels: what a bridge has learned comes and goes. */
function fdbMark({ port }: StepOf<"fdb">, background: Background): string {
  return port === "none" || /^[\d.]+$/.test(port) ? `fdb ${endName(port, background)}` : "";
}

/** Where a route leads. */
function wayOf(route: string, background: Background): string {
  const word = (key: string): string => new RegExp(` ${key} (\\S+)`).exec(` ${route}`)?.[1] ?? "";
  const via = word("via");
  return `${cableEnd(word("dev"))}${via === "" ? "" : ` via ${endName(via, background)}`}`;
}

/** Pods' ends of cables have names that are drawn. */
function cableEnd(dev: string): string {
  return /^(?:veth|cali)/.test(dev) ? "veth" : dev;
}
