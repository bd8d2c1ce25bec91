// Everything that is done to namespaces from outside, told in its order: who repeats a run on another kernel listens here.

import type { Conntrack } from "../netfilter/conntrack/conntrack.ts";
import type { Rule } from "../netfilter/xtables/rule.ts";
import type { RulePlace } from "../netfilter/xtables/kernel-services.ts";
import type { ConfigOp } from "../rtnl/batch.ts";
import { onlyReads } from "../rtnl/only-reads.ts";
import type { NetNamespace } from "./net-namespace.ts";

export interface WorldRecorder {
  /** An operation that changes something was applied, or refused: a batch ended there. */
  config(ns: NetNamespace, op: ConfigOp, refused: boolean): void;
  /** A namespace is about to be removed. */
  netnsGone(ns: NetNamespace): void;
  /** NAT chooses a port (or ICMP id) of a new connection by chance, between `first` and `last`. */
  natDrew(ns: NetNamespace, ct: Conntrack, first: number, last: number): void;
  /** A `statistic random` rule was asked, and this is what chance (or a pin) said. */
  drawn(ns: NetNamespace, rule: Rule, place: RulePlace, hit: boolean): void;
}

/** To be told by whoever has changed a namespace from outside. What only asks is told to nobody. */
export function recordConfig(ns: NetNamespace, op: ConfigOp, refused: boolean): void {
  const { recorder } = ns.world;
  if (recorder !== null && !onlyReads(op)) recorder.config(ns, op, refused);
}
