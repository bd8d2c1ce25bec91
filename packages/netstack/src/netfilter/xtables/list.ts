// iptables -L (iptables/xshared.c: print_header, print_rule_details; the column widths are FMT()'s).

import { formatIpv4 } from "../../addr/ipv4.ts";
import type { Chain } from "./chain.ts";
import { protocolName } from "./protocols.ts";
import type { AddrCondition, NameCondition, Rule } from "./rule.ts";
import type { AbsentChain } from "./save.ts";
import { maskText } from "./syntax.ts";

export interface ListOptions {
  readonly verbose: boolean;
  /** -n: addresses and ports as numbers. */
  readonly numeric: boolean;
  /** -x: counters in full. */
  readonly exact: boolean;
  readonly lineNumbers: boolean;
  /** -n prints protocol numbers too (1.8.9). */
  readonly numericProtocol: boolean;
  /** Only this rule (1-based). */
  readonly only: number | null;
}

const UNITS = ["", "K", "M", "G", "T"] as const;
/** Largest number that is printed without the next unit: five digits plain, four with a unit letter. */
const MAX_PLAIN = 99999;
const MAX_WITH_UNIT = 9999;

/** xtables_print_num: five columns, thousands rounded to the nearest. */
export function abbreviate(value: number): string {
  if (value <= MAX_PLAIN) return String(value);
  let scaled = value;
  for (let i = 1; i < UNITS.length; i++) {
    scaled = Math.floor((scaled + 500) / 1000);
    if (scaled <= MAX_WITH_UNIT || i === UNITS.length - 1) return `${scaled}${UNITS[i]}`;
  }
  return String(value);
}

function counter(value: number, exact: boolean, width: number): string {
  return exact ? `${String(value).padStart(8)} ` : `${abbreviate(value).padStart(width)} `;
}

function chainTitle({ name, chain }: AbsentChain, o: ListOptions): string {
  if (chain !== null && chain.hook === null) return `Chain ${name} (${chain.references} references)\n`;
  const policy = chain?.policy ?? "ACCEPT";
  if (!o.verbose) return `Chain ${name} (policy ${policy})\n`;
  const number = (value: number): string => (o.exact ? String(value) : abbreviate(value));
  return `Chain ${name} (policy ${policy} ${number(chain?.policyPackets ?? 0)} packets, ${number(chain?.policyBytes ?? 0)} bytes)\n`;
}

function columnTitle(o: ListOptions): string {
  let text = o.lineNumbers ? "num  " : "";
  if (o.verbose) text += o.exact ? "    pkts      bytes " : " pkts bytes ";
  text += "target     prot opt ";
  if (o.verbose) text += "in     out     ";
  return `${text}source               destination         \n`;
}

function address(a: AddrCondition | null, numeric: boolean): string {
  const sign = a?.invert === true ? "!" : " ";
  if (a === null || a.mask === 0) return sign + (numeric ? "0.0.0.0/0" : "anywhere").padEnd(19);
  const text = formatIpv4(a.addr) + (a.mask === 0xffffffff ? "" : maskText(a.mask));
  return sign + text.padEnd(19);
}

function iface(c: NameCondition | null): string {
  return `${c === null ? "*" : `${c.invert ? "!" : ""}${c.name}`}`.padEnd(6);
}

function protocol(rule: Rule, o: ListOptions): string {
  const name =
    o.numeric && o.numericProtocol ? String(rule.proto) : rule.proto === 0 ? "all" : protocolName(rule.proto);
  return `${rule.pinv ? "!" : " "}${name.padEnd(4)} `;
}

function fragment(rule: Rule): string {
  return rule.fragment === null ? "--" : rule.fragment ? "-f" : "!f";
}

function targetName(rule: Rule): string {
  const { target } = rule;
  if (target.kind === "none") return "";
  return target.kind === "target" ? (target.ext.listName ?? target.name) : target.name;
}

function details(rule: Rule, o: ListOptions): string {
  let text = rule.target.kind === "goto" ? " [goto] " : " ";
  for (const m of rule.listed) text += ` ${m.ext.list(m.params, o.numeric)}`;
  if (rule.target.kind === "target") {
    const target = rule.target.ext.list(rule.target.params, o.numeric);
    if (target !== "") text += ` ${target}`;
  }
  return text;
}

function ruleRow(chain: Chain, at: number, o: ListOptions): string {
  const rule = chain.rules[at] as Rule;
  let text = o.lineNumbers ? `${String(at + 1).padEnd(4)} ` : "";
  if (o.verbose) text += counter(chain.packets(at), o.exact, 5) + counter(chain.bytes(at), o.exact, 5);
  text += `${targetName(rule).padEnd(9)} ${protocol(rule, o)}${fragment(rule)} `;
  if (o.verbose) text += ` ${iface(rule.in)} ${iface(rule.out)} `;
  text += `${address(rule.src, o.numeric)} ${address(rule.dst, o.numeric)}`;
  return `${text}${details(rule, o)}`;
}

/** Chains as -L prints them, a blank line between two. */
export function listChains(chains: readonly AbsentChain[], o: ListOptions): string {
  if (o.only !== null)
    return chains
      .flatMap(({ chain }) =>
        chain === null || o.only === null || o.only > chain.rules.length ? [] : [`${ruleRow(chain, o.only - 1, o)}\n`],
      )
      .join("");
  return chains
    .map((one) => {
      const rows = one.chain?.rules.map((_, i) => `${ruleRow(one.chain as Chain, i, o)}\n`) ?? [];
      return chainTitle(one, o) + columnTitle(o) + rows.join("");
    })
    .join("\n");
}
