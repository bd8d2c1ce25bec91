// What a rule sees while it looks at a packet (struct xt_action_param). One object per nesting level of evaluation is reused for
// every packet, so the walk allocates nothing.

import type { Ipv4 } from "../../addr/ipv4.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { Packet } from "../../skb/packet.ts";
import { ipDaddr, ipFragOff, ipHdrLen, ipProto, ipSaddr, IP_OFFSET } from "../../wire/ipv4-fields.ts";
import type { HookNum, HookState } from "../hooks.ts";
import type { Chain } from "./chain.ts";
import type { RecentTables } from "./recent-tables.ts";
import type { Rule } from "./rule.ts";
import type { XtServices } from "./services.ts";

export class XtContext {
  ns!: NetNamespace;
  state!: HookState;
  hook: HookNum = 0;
  in: NetDevice | null = null;
  out: NetDevice | null = null;
  inName = "";
  outName = "";
  pkt!: Packet;
  buf!: Uint8Array;
  /** Offset of the network header. */
  nh = 0;
  /** IP addresses as u32 numbers, protocol number. */
  saddr = 0 as Ipv4;
  daddr = 0 as Ipv4;
  proto = 0;
  /** Fragment offset in units of 8 bytes; 0 for whole packets and first fragments. */
  fragOff = 0;
  /** Offset of the transport header. */
  thoff = 0;
  /** A match found the packet malformed: drop it. */
  hotdrop = false;
  /** Header fields are read by nft's payload expressions (IptablesFlavour.nftPayload). */
  payload = false;
  table = "";
  chain!: Chain;
  /** 0-based position of the rule in `chain`. */
  index = 0;
  /** Ordinal of the match within the rule: stateful matches keep one state each. */
  slot = 0;
  services!: XtServices;
  recent!: RecentTables;
  /** Call stack of chains. */
  readonly callers: Chain[] = [];
  readonly returns: number[] = [];

  get rule(): Rule {
    return this.chain.rules[this.index] as Rule;
  }

  begin(state: HookState, pkt: Packet, table: string): void {
    this.ns = state.ns;
    this.state = state;
    this.hook = state.hook;
    this.in = state.in;
    this.out = state.out;
    this.inName = state.in === null ? "" : state.in.name;
    this.outName = state.out === null ? "" : state.out.name;
    this.pkt = pkt;
    this.table = table;
    this.hotdrop = false;
    this.reload();
  }

  /** Read the header fields anew after a target changed the packet. */
  reload(): void {
    const { pkt } = this;
    const buf = pkt.buf;
    const nh = pkt.nh;
    this.buf = buf;
    this.nh = nh;
    this.saddr = ipSaddr(buf, nh);
    this.daddr = ipDaddr(buf, nh);
    this.proto = ipProto(buf, nh);
    this.fragOff = ipFragOff(buf, nh) & IP_OFFSET;
    this.thoff = nh + ipHdrLen(buf, nh);
  }

  /** True when `n` bytes of the transport header are there. */
  hasTransport(n: number): boolean {
    return this.thoff + n <= this.pkt.tail;
  }

  /** State of the current rule in a slot (matches use `slot`); made on first use. */
  ruleState<T>(slot: number, make: () => T): T {
    return this.chain.ruleState(this.index, slot, make);
  }
}
