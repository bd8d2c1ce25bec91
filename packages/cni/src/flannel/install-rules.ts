// How flanneld puts its rules on a node, so that a restart changes nothing (network/iptables.go, later pkg/trafficmngr/iptables).
// A set is what belongs together: masquerade rules, forward rules. Their order matters, so a set is never mended, but made anew.

import { ensureChain, ensureRule } from "@kubehop/netstack";
import type { BatchError, ConfigOp, Door } from "@kubehop/netstack";
import { tokenize } from "@kubehop/netstack/rules";
import { atLeast } from "@kubehop/sim";
import { chainsOf, flannelRules } from "./rules.ts";
import type { FlannelRule, RuleInput } from "./rules.ts";

const AGENT = "flanneld";
/** Each table holds one set. */
const SETS = ["nat", "filter"] as const;

/** Bring the rules to what the release wants. The first refusal, in iptables' words, or null. */
export function installRules(door: Door, input: RuleInput): BatchError | null {
  const rules = flannelRules(input);
  for (const { table, chain } of chainsOf(input)) {
    const error = ensureChain(door, AGENT, ["-t", table, "-N", chain]);
    if (error !== null) return error;
  }
  for (const table of SETS) {
    const error = installSet(
      door,
      input.version,
      rules.filter((rule) => rule.table === table),
    );
    if (error !== null) return error;
  }
  return null;
}

function installSet(door: Door, version: string, set: readonly FlannelRule[]): BatchError | null {
  if (set.length === 0) return null;
  if (atLeast(version, "0.20.0")) return restoreSet(door, set);
  if (!atLeast(version, "0.9.0")) return appendUnique(door, set);
  if (set.every((rule) => exists(door, rule))) return null;
  for (const rule of set) run(door, call(rule, "-D"));
  return appendUnique(door, set);
}

/** ipTablesBootstrap: one transaction that deletes what is there and makes all of it, without a stranger's rule in between. */
function restoreSet(door: Door, set: readonly FlannelRule[]): BatchError | null {
  const lines = set.flatMap((rule) => {
    const made = `${rule.at === "append" ? "-A" : "-I"} ${rule.chain} ${rule.spec}`;
    return exists(door, rule) ? [`-D ${rule.chain} ${rule.spec}`, made] : [made];
  });
  const text = [`*${set[0]?.table ?? "nat"}`, ...lines, "COMMIT", ""].join("\n");
  return run(door, { op: "iptables-restore", text, noflush: true });
}

function appendUnique(door: Door, set: readonly FlannelRule[]): BatchError | null {
  for (const rule of set) {
    const error = ensureRule(door, AGENT, words(rule, "-C"), words(rule, "-A"));
    if (error !== null) return error;
  }
  return null;
}

function exists(door: Door, rule: FlannelRule): boolean {
  return run(door, call(rule, "-C")) === null;
}

function call(rule: FlannelRule, verb: string): ConfigOp {
  return { op: "iptables", args: words(rule, verb) };
}

function words({ table, chain, spec }: FlannelRule, verb: string): string[] {
  return ["-t", table, verb, chain, ...tokenize(spec)];
}

function run(door: Door, op: ConfigOp): BatchError | null {
  return door.apply({ agent: AGENT, ops: [op] });
}
