// An operation of a batch in a few words, for the list of what happened.

import type { ConfigOp } from "@kubehop/netstack";

/** `deleted`: conntrack entries that went with it. */
export function opText(op: ConfigOp, deleted: number): string {
  switch (op.op) {
    case "iptables":
      return `iptables ${op.args.join(" ")}`;
    case "iptables-restore":
      return `iptables-restore, ${op.text.split("\n").filter((line) => line.startsWith("-")).length} rules`;
    case "conntrack":
      return `conntrack ${op.args.join(" ")} (${deleted} ${deleted === 1 ? "entry" : "entries"})`;
    case "sysctl":
      return `sysctl ${op.key}=${op.value}`;
    default:
      return "dev" in op ? `${op.op} ${op.dev}` : op.op;
  }
}
