/**
 * Which part of a rendering has to be sent to a node: chains whose rules changed, chains that are new, and chains
 * that no service uses any more. kube-proxy itself rewrites its top-level chains with every sync and, from 1.26 on,
 * leaves out unchanged service chains; here an unchanged chain is never sent, so a second sync sends nothing.
 */
import type { RenderedTables } from "../render/render-iptables.ts";
import { restoreText } from "../render/rule-table.ts";
import type { RenderedTable, RestoreText } from "../render/rule-table.ts";
import type { RuleOrigin } from "../model/origin.ts";

/** Rule text per chain as last applied, per table; plain values, so a plan can be made without a node. */
export interface AppliedTables {
  readonly filter: ReadonlyMap<string, string>;
  readonly nat: ReadonlyMap<string, string>;
}

export const NOTHING_APPLIED: AppliedTables = { filter: new Map(), nat: new Map() };

export interface RestorePlan {
  /** One restore input for both tables, filter first; undefined when nothing changed. */
  readonly restore: RestoreText | undefined;
  /** What will be applied once the restore input is. */
  readonly applied: AppliedTables;
}

/** Per-service chains: the only ones that are ever deleted. Anybody else's chains are left alone. */
const SERVICE_CHAIN = /^KUBE-(SVC|SVL|SEP|FW|EXT|XLB)-/;

/**
 * @param existingNatChains chains found in table nat, to clear away what an earlier kube-proxy left behind
 */
export function planRestore(
  before: AppliedTables,
  rendered: RenderedTables,
  existingNatChains: Iterable<string> = [],
): RestorePlan {
  const applied = { filter: chainTexts(rendered.filter), nat: chainTexts(rendered.nat) };
  const known = new Set([...before.nat.keys(), ...existingNatChains]);
  const stale = [...known].filter((chain) => SERVICE_CHAIN.test(chain) && !applied.nat.has(chain)).toSorted();
  const parts = [
    changedPart(before.filter, applied.filter, rendered.filter, []),
    changedPart(before.nat, applied.nat, rendered.nat, stale),
  ].filter((part) => part !== undefined);
  return { restore: parts.length === 0 ? undefined : joined(parts), applied };
}

/** Rule text of each declared chain. */
function chainTexts(table: RenderedTable): ReadonlyMap<string, string> {
  const lines = new Map<string, string[]>(table.chains.map((chain) => [chain, []]));
  for (const rule of table.rules) lines.get(rule.chain)?.push(rule.text);
  return new Map([...lines].map(([chain, rules]) => [chain, rules.join("\n")]));
}

function changedPart(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  table: RenderedTable,
  stale: readonly string[],
): RestoreText | undefined {
  const changed = new Set(table.chains.filter((chain) => before.get(chain) !== after.get(chain)));
  if (changed.size === 0 && stale.length === 0) return undefined;
  const rules = table.rules.filter((rule) => changed.has(rule.chain));
  return restoreText({ table: table.table, chains: [...changed], rules }, stale);
}

function joined(parts: readonly RestoreText[]): RestoreText {
  const origins: (RuleOrigin | undefined)[] = parts.flatMap((part) => part.origins);
  return { text: parts.map((part) => part.text).join(""), origins };
}
