// Everything that is done to namespaces from outside, told in its order: who repeats a run on another kernel listens here.

import type { Rule } from "../netfilter/xtables/rule.ts";
import type { RulePlace } from "../netfilter/xtables/kernel-services.ts";
import type { ConfigOp } from "../rtnl/batch.ts";
import type { NetNamespace } from "./net-namespace.ts";

export interface WorldRecorder {
  /** An operation was applied, or refused: a batch ended there. */
  config(ns: NetNamespace, op: ConfigOp, refused: boolean): void;
  /** A namespace is about to be removed. */
  netnsGone(ns: NetNamespace): void;
  /** A `statistic random` rule was asked, and this is what chance (or a pin) said. */
  drawn(ns: NetNamespace, rule: Rule, place: RulePlace, hit: boolean): void;
}
