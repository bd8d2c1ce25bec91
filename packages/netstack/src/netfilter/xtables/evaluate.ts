// The walk through the chains of one table for one packet (net/ipv4/netfilter/ip_tables.c: ipt_do_table, and
// net/netfilter/nf_tables_core.c: nft_do_chain, which agree on everything here).

import { kfreeSkb } from "../../skb/kfree-skb.ts";
import type { Verdict } from "../hooks.ts";
import { NF_ACCEPT, NF_DROP, NF_DROP_FREED } from "../hooks.ts";
import type { Chain } from "./chain.ts";
import type { XtContext } from "./context.ts";
import { isIfaceMatch } from "./iface-name.ts";
import type { MatchCheck, Rule } from "./rule.ts";
import { XT_CONTINUE, XT_RETURN } from "./verdict.ts";

export type XtBackendKind = "nft" | "legacy";
const WALKER = { nft: "nft_do_chain", legacy: "ipt_do_table" } as const;

/** ip_packet_match and the matches, cheapest first; true when the rule applies. */
function ruleMatches(rule: Rule, c: XtContext): boolean {
  if ((((c.daddr ^ rule.daddr) & rule.dmask) === 0) === rule.dinv) return false;
  if ((((c.saddr ^ rule.saddr) & rule.smask) === 0) === rule.sinv) return false;
  if (rule.proto !== 0 && (c.proto === rule.proto) === rule.pinv) return false;
  if (rule.in !== null && isIfaceMatch(rule.in.name, c.inName) === rule.in.invert) return false;
  if (rule.out !== null && isIfaceMatch(rule.out.name, c.outName) === rule.out.invert) return false;
  if (rule.fragment !== null && (c.fragOff !== 0) !== rule.fragment) return false;
  const { checks } = rule;
  for (let i = 0; i < checks.length; i++) {
    const check = checks[i] as MatchCheck;
    c.slot = check.slot;
    if (!check.test(check.params, c)) return false;
  }
  return true;
}

/** Position of the next rule of the chain that matches, at or behind `from`; -1 at the end or when the packet is to be dropped. */
function nextMatch(chain: Chain, c: XtContext, from: number): number {
  const { rules, index } = chain;
  c.chain = chain;
  let i = from;
  while (i < rules.length) {
    if (index !== null) i = index.next(c, i);
    if (i < 0) return -1;
    const rule = rules[i] as Rule;
    c.index = i;
    if (ruleMatches(rule, c)) return i;
    if (c.hotdrop) return -1;
    i++;
  }
  return -1;
}

/** What the target of the current rule says: a verdict, XT_CONTINUE, XT_RETURN. Jumps are the walk's own business. */
function runTarget(rule: Rule, c: XtContext): number {
  const t = rule.target;
  if (t.kind === "target") return t.ext.run(t.params, c);
  if (t.kind !== "verdict") return XT_CONTINUE;
  return t.name === "ACCEPT" ? NF_ACCEPT : t.name === "DROP" ? NF_DROP : XT_RETURN;
}

const WORDS: Readonly<Record<number, string>> = {
  [NF_DROP]: "DROP",
  [NF_ACCEPT]: "ACCEPT",
  [NF_DROP_FREED]: "DROP",
  [XT_CONTINUE]: "CONTINUE",
  [XT_RETURN]: "RETURN",
};

/** Report that a rule applied; only while somebody listens. */
function traceRule(c: XtContext, kind: XtBackendKind, chain: Chain, at: number, verdict: string): void {
  const rule = at < 0 ? null : (chain.rules[at] as Rule);
  c.ns.world.trace(c.ns, c.pkt, WALKER[kind], {
    kind: "rule",
    backend: kind,
    table: c.table,
    chain: chain.name,
    rule: at + 1,
    text: rule?.text ?? "",
    verdict,
  });
}

function drop(c: XtContext, kind: XtBackendKind, detail: string): Verdict {
  kfreeSkb(c.ns, c.pkt, "NETFILTER_DROP", WALKER[kind], detail);
  return NF_DROP_FREED;
}

/** Which rule dropped the packet, in words; built only while somebody listens. */
function dropDetail(c: XtContext, chain: Chain, at: number): string {
  if (c.ns.world.tracer === null) return "";
  return at < 0
    ? `${c.table}/${chain.name} policy`
    : `${c.table}/${chain.name} rule ${at + 1}: ${(chain.rules[at] as Rule).text}`;
}

function endOfBaseChain(c: XtContext, kind: XtBackendKind, base: Chain): Verdict {
  if (base.policyCounts) {
    base.policyPackets++;
    base.policyBytes += c.pkt.tail - c.pkt.nh;
  }
  if (c.ns.world.tracer !== null) traceRule(c, kind, base, -1, base.policy);
  return base.policy === "ACCEPT" ? NF_ACCEPT : drop(c, kind, dropDetail(c, base, -1));
}

/**
 * Walk the base chain. The context has been begun for this packet. NF_DROP_FREED: the packet has ended with the rule as detail.
 */
export function xtDoTable(c: XtContext, kind: XtBackendKind, base: Chain): Verdict {
  const tracing = c.ns.world.tracer !== null;
  let depth = 0;
  let chain = base;
  let from = 0;
  for (;;) {
    const at = nextMatch(chain, c, from);
    if (at < 0) {
      if (c.hotdrop) return drop(c, kind, "malformed packet");
      if (depth === 0) return endOfBaseChain(c, kind, base);
      chain = c.callers[--depth] as Chain;
      from = c.returns[depth] as number;
      continue;
    }
    const rule = chain.rules[at] as Rule;
    chain.count(at, c.pkt.tail - c.pkt.nh);
    const callee = chain.jumps[at] ?? null;
    if (callee !== null) {
      if (tracing) traceRule(c, kind, chain, at, callee.name);
      if (rule.target.kind === "jump") {
        c.callers[depth] = chain;
        c.returns[depth++] = at + 1;
      }
      chain = callee;
      from = 0;
      continue;
    }
    const verdict = runTarget(rule, c);
    if (tracing) traceRule(c, kind, chain, at, WORDS[verdict] ?? "STOLEN");
    if (verdict === XT_CONTINUE) from = at + 1;
    else if (verdict === XT_RETURN) {
      if (depth === 0) return endOfBaseChain(c, kind, base);
      chain = c.callers[--depth] as Chain;
      from = c.returns[depth] as number;
    } else return verdict === NF_DROP ? drop(c, kind, dropDetail(c, chain, at)) : (verdict as Verdict);
  }
}
