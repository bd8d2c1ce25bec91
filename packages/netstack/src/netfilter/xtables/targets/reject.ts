// -j REJECT (net/ipv4/netfilter/ipt_REJECT.c): drop, and tell the sender.

import { NF_DROP } from "../../hooks.ts";
import type { TargetExtension } from "../extension.ts";
import { HOOK_BIT } from "../extension.ts";
import { parameterError } from "../xt-error.ts";

/** Name, alias, ICMP code of destination unreachable (RFC 1812 §5.2.7.1); -1: TCP RST. */
const TYPES: readonly (readonly [string, string, number])[] = [
  ["icmp-net-unreachable", "net-unreach", 0],
  ["icmp-host-unreachable", "host-unreach", 1],
  ["icmp-proto-unreachable", "proto-unreach", 2],
  ["icmp-port-unreachable", "port-unreach", 3],
  ["icmp-net-prohibited", "net-prohib", 9],
  ["icmp-host-prohibited", "host-prohib", 10],
  ["tcp-reset", "tcp-rst", -1],
  ["icmp-admin-prohibited", "admin-prohib", 13],
];
const TCP = 6;

export const rejectTarget: TargetExtension<{ readonly with: string; readonly code: number }> = {
  name: "REJECT",
  place: { tables: ["filter"], hooks: HOOK_BIT.INPUT | HOOK_BIT.FORWARD | HOOK_BIT.OUTPUT },
  options: [{ name: "reject-with" }],
  parse(o) {
    const word = (o.value("reject-with") ?? "icmp-port-unreachable").toLowerCase();
    const row = TYPES.find(([name, alias]) => name.startsWith(word) || alias.startsWith(word));
    if (row === undefined || word === "") throw parameterError(`unknown reject type "${word}"`);
    return { with: row[0], code: row[2] };
  },
  check: (p, head) => p.code >= 0 || (head.proto === TCP && !head.protoInvert),
  save: (p) => ` --reject-with ${p.with}`,
  list: (p) => `reject-with ${p.with}`,
  run(p, c) {
    if (p.code < 0) c.services.sendReset(c.pkt, c.hook);
    else c.services.sendUnreach(c.pkt, p.code, c.hook);
    return NF_DROP;
  },
};
