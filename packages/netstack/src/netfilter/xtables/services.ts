// What extensions need of the rest of the stack, as an interface: the syntax of rules stays free of the data path, so that the pure
// entry text.ts loads alone. The namespace's implementation is made in xtables-net.ts.

import type { Conntrack } from "../conntrack/conntrack.ts";
import type { NatRange } from "./nat-range.ts";
import type { XtContext } from "./context.ts";
import type { NetDevice } from "../../dev/net-device.ts";

/** Class of an address as the local table tells (inet_addr_type): rtnetlink's RTN_* words. */
export type AddrType = "UNSPEC" | "UNICAST" | "LOCAL" | "BROADCAST" | "ANYCAST" | "MULTICAST" | "BLACKHOLE" | "UNREACHABLE" | "PROHIBIT";

export interface XtServices {
  addrType(c: XtContext, addr: number, dev: NetDevice | null): AddrType;
  /** Uniform u32 for `statistic random`. */
  random(): number;
  /** A pinned answer for the random rule under evaluation, undefined when none. */
  pick(c: XtContext): boolean | undefined;
  /** nf_send_unreach: ICMP destination unreachable with this code. */
  sendUnreach(c: XtContext, code: number): void;
  /** nf_send_reset. */
  sendReset(c: XtContext): void;
  /** nf_nat_setup_info with a range; returns the verdict. */
  natSetup(c: XtContext, what: "src" | "dst", range: NatRange): number;
  /** nf_nat_masquerade_ipv4. */
  masquerade(c: XtContext, range: NatRange): number;
  /** nf_nat_redirect_ipv4. */
  redirect(c: XtContext, range: NatRange): number;
  /** Give a connection another mark; listeners hear of it. */
  setConnmark(ct: Conntrack, mark: number): void;
  /** The packet bypasses conntrack. */
  notrack(c: XtContext): void;
  /** dst_mtu of the packet's route and of the way back (TCPMSS clamp). */
  clampMtu(c: XtContext): number;
}
