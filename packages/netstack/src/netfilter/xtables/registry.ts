// The matches and targets that are modelled, and the names that real iptables knows besides: those are refused as not modelled,
// everything else as iptables refuses an unknown name.

import type { MatchExtension, TargetExtension } from "./extension.ts";
import { addrtypeMatch } from "./matches/addrtype.ts";
import { commentMatch } from "./matches/comment.ts";
import { conntrackMatch, stateMatch } from "./matches/conntrack.ts";
import { dscpMatch, iprangeMatch, lengthMatch, macMatch, pkttypeMatch, ttlMatch } from "./matches/header-fields.ts";
import { icmpMatch } from "./matches/icmp.ts";
import { limitMatch } from "./matches/limit.ts";
import { connmarkMatch, markMatch } from "./matches/mark.ts";
import { multiportMatch } from "./matches/multiport.ts";
import { physdevMatch } from "./matches/physdev.ts";
import { recentMatch } from "./matches/recent.ts";
import { setMatch } from "./matches/set.ts";
import { statisticMatch } from "./matches/statistic.ts";
import { tcpMatch } from "./matches/tcp.ts";
import { sctpMatch, udpMatch } from "./matches/udp.ts";
import { ctTarget, notrackTarget } from "./targets/ct.ts";
import { checksumTarget, dscpTarget, ttlTarget } from "./targets/header.ts";
import { logTarget } from "./targets/log.ts";
import { connmarkTarget, markTarget } from "./targets/mark.ts";
import { dnatTarget, masqueradeTarget, netmapTarget, redirectTarget, snatTarget } from "./targets/nat.ts";
import { rejectTarget } from "./targets/reject.ts";
import { setTarget } from "./targets/set.ts";
import { tcpmssTarget } from "./targets/tcpmss.ts";
import { traceTarget } from "./targets/trace.ts";

// Erased to their common shape: the parameters of an extension only ever go back to it.
const MATCHES = [
  tcpMatch,
  udpMatch,
  sctpMatch,
  icmpMatch,
  commentMatch,
  markMatch,
  connmarkMatch,
  conntrackMatch,
  stateMatch,
  addrtypeMatch,
  statisticMatch,
  recentMatch,
  setMatch,
  physdevMatch,
  multiportMatch,
  limitMatch,
  macMatch,
  iprangeMatch,
  lengthMatch,
  ttlMatch,
  dscpMatch,
  pkttypeMatch,
] as unknown as readonly MatchExtension[];

const TARGETS = [
  rejectTarget,
  setTarget,
  dnatTarget,
  snatTarget,
  masqueradeTarget,
  redirectTarget,
  netmapTarget,
  markTarget,
  connmarkTarget,
  logTarget,
  traceTarget,
  notrackTarget,
  ctTarget,
  tcpmssTarget,
  checksumTarget,
  ttlTarget,
  dscpTarget,
] as unknown as readonly TargetExtension[];

/** Known to iptables 1.8.9, not modelled. */
const OTHER_MATCHES: readonly string[] = (
  "ah bpf cgroup cluster connbytes connlabel connlimit cpu dccp devgroup ecn esp geoip hashlimit helper ipvs nfacct osf owner policy quota " +
  "rateest realm rpfilter socket string tcpmss time tos u32 udplite"
).split(" ");
const OTHER_TARGETS: readonly string[] =
  "AUDIT CLASSIFY CONNSECMARK ECN HMARK IDLETIMER LED NFLOG NFQUEUE QUEUE RATEEST SECMARK SYNPROXY TEE TOS TPROXY ULOG".split(
    " ",
  );

export const VERDICTS = ["ACCEPT", "DROP", "RETURN"] as const;

export function findMatch(name: string): MatchExtension | undefined {
  return MATCHES.find((m) => m.name === name);
}

export function findTarget(name: string): TargetExtension | undefined {
  return TARGETS.find((t) => t.name === name);
}

/** The match that `-p PROTO` brings with its first option. */
export function protocolMatch(proto: number): MatchExtension | undefined {
  return MATCHES.find((m) => m.protocol === proto);
}

export function isUnmodelledMatch(name: string): boolean {
  return OTHER_MATCHES.includes(name);
}

export function isUnmodelledTarget(name: string): boolean {
  return OTHER_TARGETS.includes(name);
}

/** Names that no user chain may have. */
export function isTargetName(name: string): boolean {
  return VERDICTS.some((v) => v === name) || findTarget(name) !== undefined || isUnmodelledTarget(name);
}

/** Names that real iptables knows and that are refused by name, for documentation. */
export function unmodelledNames(): { readonly matches: readonly string[]; readonly targets: readonly string[] } {
  return { matches: OTHER_MATCHES, targets: OTHER_TARGETS };
}

/** Names of everything modelled, for documentation and tests. */
export function modelledNames(): { readonly matches: readonly string[]; readonly targets: readonly string[] } {
  return { matches: MATCHES.map((m) => m.name), targets: [...VERDICTS, ...TARGETS.map((t) => t.name)] };
}
