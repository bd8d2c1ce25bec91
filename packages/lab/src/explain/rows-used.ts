// Rows of tables that sent a packet on its way: routes, neighbours, forwarding entries, with who wrote them.

import type { Background } from "./background.ts";
import type { StepOf } from "./phrases.ts";
import { writtenBy } from "./phrases.ts";
import type { Part } from "./tale.ts";
import { part } from "./tale.ts";

/** Undefined: nothing worth saying (a packet for this very machine). */
export function routePart(step: StepOf<"route">): Part | undefined {
  if (step.result === "error") return part(`no route to ${step.dst}: ${step.route}`);
  if (step.result === "local") return undefined;
  const table = step.table === "" || step.table === "main" || step.table === "local" ? "" : `table ${step.table}: `;
  // Protocol, scope and preferred source say who made the row, not where the packet goes.
  const text = `route ${table}${step.route.replaceAll(/ (?:proto|scope|src) \S+/g, "").trimEnd()}`;
  return part(`${text}${writtenBy(step.origin)}`, text);
}

/** A neighbour that is being asked for comes and goes with timers, golden files do not hold it. */
export function neighPart(step: StepOf<"neigh">, background: Background): Part {
  const { nexthop, lladdr, state, origin } = step;
  const who = background.named(nexthop);
  if (lladdr === "") return part(state === "FAILED" ? `neigh ${who} FAILED` : `ARP asks for ${who}`, "");
  const other = background.otherMac(step);
  return part(
    `neigh ${who} = ${lladdr}${writtenBy(origin)}${other}`,
    `neigh ${who}${other === "" ? "" : ", whose MAC is another"}`,
  );
}

export function fdbPart({ port, mac, origin }: StepOf<"fdb">, background: Background): Part {
  if (port === "flood") return part("fdb flooded");
  if (port === "none") return part(`fdb no entry for ${mac}`, "fdb no entry");
  const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(port);
  const text = `fdb → ${isAddress ? background.named(port) : port}`;
  return part(`${text}${writtenBy(origin)}`, isAddress ? text : "fdb → port");
}
