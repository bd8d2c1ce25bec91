// -j CT --notrack, -j NOTRACK (net/netfilter/xt_CT.c). Zones, helpers, events and timeouts are not modelled.

import type { TargetExtension } from "../extension.ts";
import { XT_CONTINUE } from "../verdict.ts";
import { unmodelled } from "../xt-error.ts";

const OTHER_OPTIONS = ["helper", "timeout", "ctevents", "expevents", "zone", "zone-orig", "zone-reply"];

export const ctTarget: TargetExtension<{ readonly notrack: boolean }> = {
  name: "CT",
  conntrack: true,
  place: { tables: ["raw"] },
  options: [{ name: "notrack", args: 0 }, ...OTHER_OPTIONS.map((name) => ({ name }))],
  parse(o) {
    for (const name of OTHER_OPTIONS) if (o.has(name)) throw unmodelled(`option "--${name}" of target CT`);
    return { notrack: o.has("notrack") };
  },
  save: (p) => (p.notrack ? " --notrack" : ""),
  list: (p) => (p.notrack ? "CT notrack" : "CT"),
  run(p, c) {
    // A packet that is already tracked (loopback) keeps its connection.
    if (p.notrack && c.pkt.ct === null) c.services.notrack(c);
    return XT_CONTINUE;
  },
};

export const notrackTarget: TargetExtension<null> = {
  name: "NOTRACK",
  place: { tables: ["raw"] },
  options: [],
  parse: () => null,
  save: () => "",
  list: () => "NOTRACK",
  run(_, c) {
    if (c.pkt.ct === null) c.services.notrack(c);
    return XT_CONTINUE;
  },
};
