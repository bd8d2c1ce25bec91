// -j TRACE (net/netfilter/xt_TRACE.c): what is evaluated after this rule is reported.

import type { TargetExtension } from "../extension.ts";
import { XT_CONTINUE } from "../verdict.ts";

export const traceTarget: TargetExtension<null> = {
  name: "TRACE",
  place: { legacyTables: ["raw"] },
  options: [],
  parse: () => null,
  save: () => "",
  list: () => "",
  run(_, c) {
    c.pkt.nfTrace = true;
    return XT_CONTINUE;
  },
};
