// -j CT, -j NOTRACK (net/netfilter/xt_CT.c): no tracking, or a zone. Helpers, events and timeouts are not modelled.

import type { Packet } from "../../../skb/packet.ts";
import { IP_CT_NEW, IP_CT_RELATED, IP_CT_UNTRACKED } from "../../../skb/packet.ts";
import type { TargetExtension } from "../extension.ts";
import { parseUint } from "../syntax.ts";
import { XT_CONTINUE } from "../verdict.ts";
import { parameterError, unmodelled } from "../xt-error.ts";

const OTHER_OPTIONS = ["helper", "timeout", "ctevents", "expevents", "zone-orig", "zone-reply"];

/** The rule's state slot behind those of its matches. */
const TEMPLATE_SLOT = 64;

interface CtParams {
  readonly notrack: boolean;
  readonly zone: number;
}

/** `skb->_nfct != 0`: a connection, or what an untracked packet and the errors about one carry instead. */
function isTracked(pkt: Packet): boolean {
  return pkt.ct !== null || pkt.ctinfo === IP_CT_UNTRACKED || pkt.ctinfo === IP_CT_RELATED;
}

export const ctTarget: TargetExtension<CtParams> = {
  name: "CT",
  conntrack: (p) => !p.notrack,
  place: { tables: ["raw"] },
  options: [{ name: "notrack", args: 0 }, { name: "zone" }, ...OTHER_OPTIONS.map((name) => ({ name }))],
  parse(o) {
    for (const name of OTHER_OPTIONS) if (o.has(name)) throw unmodelled(`option "--${name}" of target CT`);
    const zone = parseUint(o.value("zone") ?? "0", 65535);
    if (zone === undefined) throw parameterError(`Cannot parse ${o.value("zone")} as a zone ID\n`);
    return { notrack: o.has("notrack"), zone };
  },
  save: (p) => (p.notrack ? " --notrack" : "") + (p.zone === 0 ? "" : ` --zone ${p.zone}`),
  list: (p) => `CT${p.notrack ? " notrack" : ""}${p.zone === 0 ? "" : ` zone ${p.zone}`}`,
  run(p, c) {
    // A packet that is already tracked (loopback) keeps its connection; one that shall not be tracked stays so.
    if (isTracked(c.pkt)) return XT_CONTINUE;
    if (p.notrack) c.services.notrack(c.pkt);
    else {
      c.pkt.ct = c.ruleState(TEMPLATE_SLOT, () => c.services.template(p.zone));
      c.pkt.ctinfo = IP_CT_NEW;
    }
    return XT_CONTINUE;
  },
};

export const notrackTarget: TargetExtension<null> = {
  name: "NOTRACK",
  listName: "CT",
  place: { tables: ["raw"] },
  options: [],
  parse: () => null,
  save: () => "",
  list: () => "NOTRACK",
  run(_, c) {
    if (!isTracked(c.pkt)) c.services.notrack(c.pkt);
    return XT_CONTINUE;
  },
};
