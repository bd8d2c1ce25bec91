// iptables-save and iptables -S (iptables/xtables-save.c, nft.c: nft_rule_save, nft_chain_save).

import { HOOK_NAMES } from "../hooks.ts";
import type { Chain } from "./chain.ts";
import type { TableSpec } from "./xt-tables.ts";
import type { XtTable } from "./xt-table.ts";

/** A built-in chain that nobody has made yet, as listings show it. */
export interface AbsentChain {
  readonly name: string;
  readonly chain: Chain | null;
}

/** Built-in chains of the table in hook order, made or not, then user chains by name. */
export function listedChains(spec: TableSpec, table: XtTable | undefined): AbsentChain[] {
  const builtin = spec.hooks.map((hook) => ({
    name: HOOK_NAMES[hook],
    chain: table?.chains.get(HOOK_NAMES[hook]) ?? null,
  }));
  const user = table?.ordered().filter((c) => c.hook === null) ?? [];
  return [...builtin, ...user.map((chain) => ({ name: chain.name, chain }))];
}

/** `*table` … `COMMIT`, without the comment lines around. */
export function saveTable(spec: TableSpec, table: XtTable, counters: boolean): string {
  const chains = listedChains(spec, table);
  let text = `*${spec.name}\n`;
  for (const { name, chain } of chains) {
    const user = chain !== null && chain.hook === null;
    text += `:${name} ${user ? "-" : (chain?.policy ?? "ACCEPT")} [${chain?.policyPackets ?? 0}:${chain?.policyBytes ?? 0}]\n`;
  }
  for (const { chain } of chains) if (chain !== null) text += saveRules(chain, counters);
  return `${text}COMMIT\n`;
}

function saveRules(chain: Chain, counters: boolean): string {
  let text = "";
  chain.rules.forEach((rule, i) => {
    const count = counters ? `[${chain.packets(i)}:${chain.bytes(i)}] ` : "";
    text += `${count}-A ${chain.name}${rule.conditions}${rule.action}\n`;
  });
  return text;
}

/** -S: policies and names, then rules; -v puts counters before -j. */
export function listRules(chains: readonly AbsentChain[], verbose: boolean, only: number | null): string {
  let head = "";
  let body = "";
  for (const { name, chain } of chains) {
    if (only === null) head += chainLine(name, chain, verbose);
    if (chain !== null) body += ruleLines(chain, verbose, only);
  }
  return head + body;
}

function chainLine(name: string, chain: Chain | null, verbose: boolean): string {
  if (chain !== null && chain.hook === null) return `-N ${name}\n`;
  const counters = verbose ? ` -c ${chain?.policyPackets ?? 0} ${chain?.policyBytes ?? 0}` : "";
  return `-P ${name} ${chain?.policy ?? "ACCEPT"}${counters}\n`;
}

function ruleLines(chain: Chain, verbose: boolean, only: number | null): string {
  let text = "";
  chain.rules.forEach((rule, i) => {
    if (only !== null && only !== i + 1) return;
    const counters = verbose ? ` -c ${chain.packets(i)} ${chain.bytes(i)}` : "";
    text += `-A ${chain.name}${rule.conditions}${counters}${rule.action}\n`;
  });
  return text;
}
