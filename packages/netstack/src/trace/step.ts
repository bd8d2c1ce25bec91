// The story of a packet as values. A step says what one kernel function decided about one packet at one place;
// commands, lab, explanations, pcapng and assertions read the same steps. Built only while somebody listens.

import type { RuleOrigin } from "../rtnl/batch.ts";
import type { DropReason } from "../skb/drop-reason.ts";

/** What every step carries. */
export interface StepBase {
  /** Virtual ms. */
  readonly at: number;
  /** Journey id of the packet (Packet.id) and of the packet it came from (0 if none). */
  readonly pkt: number;
  readonly parent: number;
  /** Namespace name. */
  readonly ns: string;
  /** The kernel function, e.g. `br_handle_frame`. */
  readonly fn: string;
}

/** How the story of a packet may end. */
export type EndKind = "deliver" | "drop" | "consume";

export type StepBody =
  /** A frame seen by taps of a device, in either direction (bytes from the link header). */
  | { readonly kind: "rx" | "xmit"; readonly dev: string; readonly frame: Uint8Array }
  /** A packet made here begins its way out: its bytes from the IPv4 header. Once more for the outer packet of a tunnel. */
  | { readonly kind: "send"; readonly packet: Uint8Array }
  /** A hook was entered: IN/OUT as rules see them. */
  | {
      readonly kind: "hook";
      readonly pf: "ip" | "bridge" | "arp";
      readonly hook: string;
      readonly in: string;
      readonly out: string;
    }
  /** A rule matched (verdict: a word of netfilter, a chain name for jump/goto), or the end of a base chain was reached (rule 0: the policy). */
  | {
      readonly kind: "rule";
      readonly backend: "nft" | "legacy";
      readonly table: string;
      readonly chain: string;
      /** 1-based number as `iptables -L --line-numbers`; 0 for the policy. */
      readonly rule: number;
      /** Canonical text without `-A CHAIN`; empty for the policy. */
      readonly text: string;
      readonly verdict: string;
    }
  /**
   * Conntrack looked at the packet: state word (NEW ESTABLISHED RELATED INVALID UNTRACKED), direction, entry text as `conntrack -L`, and
   * the ends of its original direction as `addr[:port]` ("" without an entry).
   */
  | {
      readonly kind: "ct";
      readonly state: string;
      readonly reply: boolean;
      readonly entry: string;
      readonly from: string;
      readonly to: string;
      readonly createdAt: number;
    }
  | { readonly kind: "confirm"; readonly entry: string }
  /** An address or port was rewritten: `what` is "src" or "dst", texts are `addr:port`. */
  | { readonly kind: "nat"; readonly what: "src" | "dst"; readonly before: string; readonly after: string }
  | { readonly kind: "mark"; readonly before: number; readonly after: number }
  /** A route was looked up; `route` as `ip route` prints it, or the errno word. */
  | {
      readonly kind: "route";
      readonly dst: string;
      readonly result: "unicast" | "local" | "broadcast" | "multicast" | "error";
      readonly route: string;
      readonly table: string;
      /** Who wrote the row; null: the kernel itself, or there is none. */
      readonly origin: RuleOrigin | null;
    }
  /** A neighbour was used, asked for, or failed. */
  | {
      readonly kind: "neigh";
      readonly dev: string;
      readonly nexthop: string;
      readonly lladdr: string;
      readonly state: string;
      readonly origin: RuleOrigin | null;
    }
  /** A bridge or vxlan FDB decision; `port` is a port name, a VTEP address, `flood`, or `local`. */
  | {
      readonly kind: "fdb";
      readonly dev: string;
      readonly mac: string;
      readonly port: string;
      readonly origin: RuleOrigin | null;
    }
  /** The outer packet as tcpdump names it, its VXLAN network and UDP destination port. */
  | {
      readonly kind: "encap" | "decap";
      readonly dev: string;
      readonly outer: string;
      readonly vni: number;
      readonly port: number;
    }
  /** TTL, fragments, reassembly and other decisions without a table row. */
  | { readonly kind: "note"; readonly text: string }
  /** An ICMP error or RST was made because of this packet (id of the new packet); type and code of an ICMP message. */
  | {
      readonly kind: "answer";
      readonly what: string;
      readonly made: number;
      readonly type?: number;
      readonly code?: number;
    }
  /** Waiting: on a neighbour, for more fragments, in a backlog. The story goes on, or a later drop ends it. */
  | { readonly kind: "queue"; readonly where: string }
  /** Ends. deliver: a socket took it. consume: a protocol handled it (ARP, ICMP, VXLAN VNI mismatch …). */
  | { readonly kind: "deliver"; readonly socket: string }
  | { readonly kind: "consume"; readonly by: string }
  | { readonly kind: "drop"; readonly reason: DropReason; readonly detail: string };

export type Step = StepBase & StepBody;

/** Receives steps in the order they happen. */
export interface Tracer {
  step(step: Step): void;
}
