// Policy rules as `ip rule` prints them (iproute2 ip/iprule.c: print_rule).

import { formatIpv4 } from "../addr/ipv4.ts";
import type { FibRule } from "../ipv4/fib/fib-rules.ts";
import { tableName, tosText } from "./print-route.ts";

const IP_PROTOCOLS: Readonly<Record<number, string>> = {
  1: "icmp",
  2: "igmp",
  4: "ipencap",
  6: "tcp",
  17: "udp",
  41: "ipv6",
  47: "gre",
  50: "esp",
  51: "ah",
  132: "sctp",
  136: "udplite",
};

/** The line without a newline; `lookup` rules end in no blank, as the tool prints them. */
export function printRule(rule: FibRule): string {
  const words: string[] = [];
  if (rule.not) words.push("not");
  words.push(`from ${prefixText(rule.from, rule.fromLen)}`);
  if (rule.toLen !== 0) words.push(`to ${prefixText(rule.to, rule.toLen)}`);
  if (rule.tos !== 0) words.push(`tos ${tosText(rule.tos)}`);
  words.push(...markWords(rule));
  if (rule.iif !== "") words.push(`iif ${rule.iif}`);
  if (rule.oif !== "") words.push(`oif ${rule.oif}`);
  if (rule.ipproto !== 0) words.push(`ipproto ${ipProtoName(rule.ipproto)}`);
  if (rule.sport !== null) words.push(`sport ${rangeText(rule.sport)}`);
  if (rule.dport !== null) words.push(`dport ${rangeText(rule.dport)}`);
  words.push(actionText(rule));
  if (rule.suppressPrefixlength >= 0) words.push(`suppress_prefixlength ${rule.suppressPrefixlength}`);
  return `${rule.priority}:\t${words.join(" ")}`;
}

function prefixText(addr: number, len: number): string {
  if (len === 0) return "all";
  return len === 32 ? formatIpv4(addr) : `${formatIpv4(addr)}/${len}`;
}

function markWords(rule: FibRule): string[] {
  if (rule.mask === 0) return [];
  const mask = rule.mask === 0xffffffff ? "" : `/0x${rule.mask.toString(16)}`;
  return [`fwmark 0x${rule.mark.toString(16)}${mask}`];
}

function ipProtoName(proto: number): string {
  return IP_PROTOCOLS[proto] ?? `ipproto-${proto}`;
}

function rangeText([first, last]: readonly [number, number]): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function actionText(rule: FibRule): string {
  if (rule.action === "lookup") return `lookup ${tableName(rule.table)}`;
  return rule.action === "goto" ? `goto ${rule.target}` : rule.action;
}

/** A row of `ip -j rule`. */
export type RuleRow = Readonly<Record<string, string | number | null>>;

export function ruleRow(rule: FibRule): RuleRow {
  const row: Record<string, string | number | null> = { priority: rule.priority };
  if (rule.not) row["not"] = null;
  row["src"] = rule.fromLen === 0 ? "all" : formatIpv4(rule.from);
  if (rule.fromLen !== 0 && rule.fromLen !== 32) row["srclen"] = rule.fromLen;
  if (rule.toLen !== 0) row["dst"] = formatIpv4(rule.to);
  if (rule.toLen !== 0 && rule.toLen !== 32) row["dstlen"] = rule.toLen;
  if (rule.tos !== 0) row["tos"] = tosText(rule.tos);
  if (rule.mask !== 0) row["fwmark"] = `0x${rule.mark.toString(16)}`;
  if (rule.mask !== 0 && rule.mask !== 0xffffffff) row["fwmask"] = `0x${rule.mask.toString(16)}`;
  if (rule.iif !== "") row["iif"] = rule.iif;
  if (rule.oif !== "") row["oif"] = rule.oif;
  if (rule.ipproto !== 0) row["ipproto"] = ipProtoName(rule.ipproto);
  portKeys(row, "sport", rule.sport);
  portKeys(row, "dport", rule.dport);
  if (rule.action === "lookup") row["table"] = tableName(rule.table);
  else if (rule.action === "goto") row["goto"] = rule.target;
  else row["action"] = rule.action;
  if (rule.suppressPrefixlength >= 0) row["suppress_prefixlen"] = rule.suppressPrefixlength;
  return row;
}

function portKeys(
  row: Record<string, string | number | null>,
  key: string,
  range: readonly [number, number] | null,
): void {
  if (range === null) return;
  const [first, last] = range;
  if (first === last) {
    row[key] = first;
    return;
  }
  row[`${key}_start`] = first;
  row[`${key}_end`] = last;
}
