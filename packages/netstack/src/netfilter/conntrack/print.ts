// Entries as conntrack-tools print them (libnetfilter_conntrack's default output) and as /proc/net/nf_conntrack does.

import { formatIpv4 } from "../../addr/ipv4.ts";
import {
  IPPROTO_GRE,
  IPPROTO_ICMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from "../../wire/ipv4-fields.ts";
import type { Conntrack } from "./conntrack.ts";
import { IPS_ASSURED, IPS_SEEN_REPLY, ZONE_DIR_BOTH, ZONE_DIR_ORIG, ZONE_DIR_REPLY } from "./conntrack.ts";
import { SCTP_CT_NAMES } from "./proto-sctp.ts";
import { TCP_CT_NAMES } from "./tcp-states.ts";
import type { CtDir, TupleHash } from "./tuple.ts";
import { hasPorts } from "./tuple.ts";

const PROTO_NAMES: Readonly<Record<number, string>> = {
  [IPPROTO_TCP]: "tcp",
  [IPPROTO_UDP]: "udp",
  [IPPROTO_UDPLITE]: "udplite",
  [IPPROTO_ICMP]: "icmp",
  [IPPROTO_SCTP]: "sctp",
  [IPPROTO_GRE]: "gre",
  33: "dccp",
};

/** What a line shows beside the tuples. */
export interface EntryFormat {
  /** `ipv4     2 ` in front (-o extended). */
  readonly extended: boolean;
  readonly timeout: boolean;
  readonly state: boolean;
  readonly mark: boolean;
  readonly use: boolean;
  readonly id: boolean;
}

export const LIST_FORMAT: EntryFormat = {
  extended: false,
  timeout: true,
  state: true,
  mark: true,
  use: true,
  id: false,
};
/** Events: a mark only when it is set, no use count. */
export const EVENT_FORMAT: EntryFormat = {
  extended: false,
  timeout: true,
  state: true,
  mark: false,
  use: false,
  id: false,
};

/** Protocol name as the tool knows it. */
export function ctProtoName(proto: number): string {
  return PROTO_NAMES[proto] ?? "unknown";
}

/** State word of stateful protocols, undefined for the others. */
export function ctStateName(ct: Conntrack): string | undefined {
  if (ct.tcp !== null) return TCP_CT_NAMES[ct.tcp.state];
  return ct.sctp !== null ? SCTP_CT_NAMES[ct.sctp.state] : undefined;
}

function protoPart(t: TupleHash): string {
  if (hasPorts(t.proto)) return ` sport=${t.sport} dport=${t.dport}`;
  if (t.proto === IPPROTO_ICMP) return ` type=${t.dport >>> 8} code=${t.dport & 255} id=${t.sport}`;
  return t.proto === IPPROTO_GRE ? ` srckey=0x${t.sport.toString(16)} dstkey=0x${t.dport.toString(16)}` : "";
}

/** `src=… dst=… sport=… dport=…` of one end. */
export function formatTuple(t: TupleHash): string {
  return `src=${formatIpv4(t.src)} dst=${formatIpv4(t.dst)}${protoPart(t)}`;
}

function counters(ct: Conntrack, dir: CtDir): string {
  return ct.counters === null ? "" : ` packets=${ct.counters.packets[dir]} bytes=${ct.counters.bytes[dir]}`;
}

/** `word` with the zone when it applies to exactly these directions. */
function zonePart(ct: Conntrack, zoneDir: number, word: string): string {
  return ct.zone !== 0 && ct.zoneDir === zoneDir ? ` ${word}=${ct.zone}` : "";
}

/** One line without a newline; default as `conntrack -L`. The timeout is in whole seconds, rounded down. */
export function formatEntry(ct: Conntrack, format: EntryFormat = LIST_FORMAT): string {
  let s = format.extended ? "ipv4     2 " : "";
  s += `${ctProtoName(ct.proto).padEnd(8)} ${ct.proto}`;
  if (format.timeout) s += ` ${Math.floor(ct.remaining / 1000)}`;
  const state = ctStateName(ct);
  if (state !== undefined && format.state) s += ` ${state}`;
  s += ` ${formatTuple(ct.orig)}${counters(ct, 0)}${zonePart(ct, ZONE_DIR_ORIG, "zone-orig")}`;
  if (!ct.has(IPS_SEEN_REPLY)) s += " [UNREPLIED]";
  s += ` ${formatTuple(ct.reply)}${counters(ct, 1)}${zonePart(ct, ZONE_DIR_REPLY, "zone-reply")}`;
  if (ct.has(IPS_ASSURED)) s += " [ASSURED]";
  if (format.mark || ct.mark !== 0) s += ` mark=${ct.mark}`;
  s += zonePart(ct, ZONE_DIR_BOTH, "zone");
  if (format.use) s += " use=1";
  if (format.id) s += ` id=${ct.id}`;
  return s;
}

/** Netlink port of whoever deletes entries: there are no processes here that could differ. */
const USER_PORTID = 1;

export type EventTag = "NEW" | "UPDATE" | "DESTROY";

/** What an event line needs to know beside the entry. */
export interface EventInfo {
  /** Somebody asked for it, no packet or timer did. */
  readonly byUser: boolean;
  /** UPDATE: the state is among what changed; else the message does not carry it. */
  readonly withState: boolean;
}

/** A line of `conntrack -E`: right-aligned tag, the entry, and who asked for it. An entry that ended by itself has no time left to show. */
export function formatEvent(tag: EventTag, ct: Conntrack, format: EntryFormat, info: EventInfo): string {
  const shown = {
    ...format,
    timeout: tag !== "DESTROY" || ct.remaining > 0,
    state: tag !== "UPDATE" || info.withState,
  };
  const user = info.byUser ? ` [USERSPACE] portid=${USER_PORTID}` : "";
  return `${`[${tag}]`.padStart(9)} ${formatEntry(ct, shown)}${user}`;
}

/** One end of a tuple: `addr:port`, or `addr` where there are no ports. */
export function endText(proto: number, addr: number, port: number): string {
  return hasPorts(proto) ? `${formatIpv4(addr)}:${port}` : formatIpv4(addr);
}
