// Keeping iptables rules in place the way daemons do: one call at a time, where the answer to a check decides on the next call.

import type { ConfigOp, Door } from "@kubehop/netstack";
import { Refusal } from "@kubehop/sim";

/** A rule, or (without `spec`) a chain, that has to be there. */
export interface Ensured {
  readonly table: "raw" | "mangle" | "nat" | "filter";
  readonly chain: string;
  /** Words behind the chain name. */
  readonly spec?: readonly string[];
  readonly at?: "append" | "insert";
}

/** The node refused what a daemon needs; the text is the tool's. */
export class NodeRefusal extends Refusal {
  override readonly name = "NodeRefusal";
}

/** Make what is missing. @throws NodeRefusal */
export function ensureAll(door: Door, agent: string, rows: readonly Ensured[]): void {
  for (const row of rows) {
    if (row.spec === undefined) ensureChain(door, agent, row);
    else ensureRule(door, agent, row, row.spec);
  }
}

function ensureChain(door: Door, agent: string, { table, chain }: Ensured): void {
  const error = door.apply({ agent, ops: [{ op: "iptables", args: ["-t", table, "-N", chain] }] });
  if (error !== null && error.errno !== "EEXIST") throw new NodeRefusal(`${agent}: ${error.message}`);
}

function ensureRule(door: Door, agent: string, { table, chain, at }: Ensured, spec: readonly string[]): void {
  const call = (verb: string): ConfigOp => ({ op: "iptables", args: ["-t", table, verb, chain, ...spec] });
  if (door.apply({ agent, ops: [call("-C")] }) === null) return;
  const error = door.apply({ agent, ops: [call(at === "insert" ? "-I" : "-A")] });
  if (error !== null) throw new NodeRefusal(`${agent}: ${error.message}`);
}

/** @throws NodeRefusal */
export function applyAll(door: Door, agent: string, ops: readonly ConfigOp[]): void {
  const error = door.apply({ agent, ops });
  if (error !== null) throw new NodeRefusal(`${agent}: ${JSON.stringify(ops[error.index])}: ${error.message}`);
}

/** Make something that may be there already. @throws NodeRefusal */
export function ensureThere(door: Door, agent: string, op: ConfigOp): void {
  const error = door.apply({ agent, ops: [op] });
  if (error !== null && error.errno !== "EEXIST")
    throw new NodeRefusal(`${agent}: ${JSON.stringify(op)}: ${error.message}`);
}

/** A jump or rule written as one would type it; double quotes keep blanks together. */
export function words(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|\S+/g)].map((m) => m[1] ?? m[0]);
}
