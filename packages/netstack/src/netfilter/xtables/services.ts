// What extensions need of the rest of the stack, as an interface: the syntax of rules stays free of the data path, so that the pure
// entry text.ts loads alone. The namespace's implementation is kernel-services.ts.

import type { NetDevice } from "../../dev/net-device.ts";
import type { Packet } from "../../skb/packet.ts";
import type { Conntrack } from "../conntrack/conntrack.ts";
import type { HookNum, Verdict } from "../hooks.ts";
import type { NatRange } from "../nat/nat-range.ts";
import type { XtContext } from "./context.ts";

export interface XtServices {
  /** RTN_* of an address as the local table tells (inet_dev_addr_type). */
  addrType(addr: number, dev: NetDevice | null): number;
  /** Whether the `statistic random` rule under evaluation is taken: its pin says so, or a uniform 31-bit number below `threshold`. */
  chance(c: XtContext, threshold: number, invert: boolean): boolean;
  /** nf_send_unreach: ICMP destination unreachable with this code. */
  sendUnreach(pkt: Packet, code: number, hook: HookNum): void;
  /** nf_send_reset. */
  sendReset(pkt: Packet, hook: HookNum): void;
  /** nf_nat_setup_info for the packet's connection. */
  natSetup(pkt: Packet, what: "src" | "dst", range: NatRange): Verdict;
  masquerade(pkt: Packet, range: NatRange, out: NetDevice | null): Verdict;
  redirect(c: XtContext, range: NatRange): Verdict;
  /** The range is the whole network that addresses move to. */
  netmap(c: XtContext, range: NatRange): Verdict;
  /** Give a connection another mark; listeners hear of it. */
  setConnmark(ct: Conntrack, mark: number): void;
  /** The packet bypasses conntrack. */
  notrack(pkt: Packet): void;
  /** A template that gives its zone to the connections of packets that carry it. */
  template(zone: number): Conntrack;
  /** Smaller of the MTU of the packet's route and of the way back to its sender. */
  pathMtu(pkt: Packet): number;
}
