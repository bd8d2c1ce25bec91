// What a daemon needs of its node, and its refusal when it does not get it.

import { ensureChain, ensureRule } from "@kubehop/netstack";
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
  for (const { table, chain, spec, at } of rows) {
    const words = (verb: string, rule: readonly string[] = []): string[] => ["-t", table, verb, chain, ...rule];
    const error =
      spec === undefined
        ? ensureChain(door, agent, words("-N"))
        : ensureRule(door, agent, words("-C", spec), words(at === "insert" ? "-I" : "-A", spec));
    if (error !== null) throw new NodeRefusal(`${agent}: ${error.message}`);
  }
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
