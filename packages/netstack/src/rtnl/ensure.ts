// Keeping iptables rules in place the way daemons do: one call at a time, where the answer to a check decides on the next call.

import type { BatchError } from "./batch.ts";
import type { Door } from "./door.ts";

/** `create` are the words of `iptables -N`. A chain that is there already is fine; any other refusal is returned. */
export function ensureChain(door: Pick<Door, "apply">, agent: string, create: readonly string[]): BatchError | null {
  const error = door.apply({ agent, ops: [{ op: "iptables", args: create }] });
  return error?.errno === "EEXIST" ? null : error;
}

/** `check` are the words of `iptables -C`, `add` those of -A or -I, which is called when the check fails, whatever the reason. */
export function ensureRule(
  door: Pick<Door, "apply">,
  agent: string,
  check: readonly string[],
  add: readonly string[],
): BatchError | null {
  if (door.apply({ agent, ops: [{ op: "iptables", args: check }] }) === null) return null;
  return door.apply({ agent, ops: [{ op: "iptables", args: add }] });
}
