// The rest of the stack as matches and targets see it.

import type { Ipv4 } from "../../addr/ipv4.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import { flowKey, inetAddrType, ipRouteMeHarder, ipRouteOutput } from "../../ipv4/route.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { Packet } from "../../skb/packet.ts";
import { ipSaddr } from "../../wire/ipv4-fields.ts";
import type { Random } from "@kubehop/sim";
import type { Conntrack } from "../conntrack/conntrack.ts";
import { nfCtSetUntracked, nfCtTmplAlloc } from "../conntrack/conntrack-core.ts";
import { IPCT_MARK } from "../conntrack/events.ts";
import type { HookNum, Verdict } from "../hooks.ts";
import { NF_ACCEPT } from "../hooks.ts";
import type { NatRange } from "../nat/nat-range.ts";
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from "../nat/nat-range.ts";
import type { XtContext } from "./context.ts";
import { nfSendReset, nfSendUnreach } from "./nf-reject.ts";
import type { Rule } from "./rule.ts";
import type { XtServices } from "./services.ts";

/** Where a rule stands. */
export interface RulePlace {
  readonly table: string;
  readonly chain: string;
  /** 1-based. */
  readonly ruleNo: number;
}

/** Decides a `statistic random` rule instead of chance; undefined leaves it to chance. */
export type PickRule = (rule: Rule, place: RulePlace) => boolean | undefined;

export class KernelServices implements XtServices {
  pickRule: PickRule | null = null;
  private readonly ns: NetNamespace;
  private stream: Random | null = null;

  constructor(ns: NetNamespace) {
    this.ns = ns;
  }

  addrType(addr: number, dev: NetDevice | null): number {
    return inetAddrType(this.ns, addr as Ipv4, dev);
  }

  chance(c: XtContext, threshold: number, invert: boolean): boolean {
    const { recorder } = this.ns.world;
    if (this.pickRule === null && recorder === null) return this.toss(threshold, invert);
    const place: RulePlace = { table: c.table, chain: c.chain.name, ruleNo: c.index + 1 };
    const hit = this.pickRule?.(c.rule, place) ?? this.toss(threshold, invert);
    recorder?.drawn(this.ns, c.rule, place, hit);
    return hit;
  }

  private toss(threshold: number, invert: boolean): boolean {
    return (this.random() & 0x7fffffff) < threshold !== invert;
  }

  private random(): number {
    return (this.stream ??= this.ns.world.random.fork(`xt_statistic:${this.ns.name}`)).u32();
  }

  sendUnreach(pkt: Packet, code: number, hook: HookNum): void {
    nfSendUnreach(this.ns, pkt, code, hook);
  }

  sendReset(pkt: Packet, hook: HookNum): void {
    nfSendReset(this.ns, pkt, hook);
  }

  natSetup(pkt: Packet, what: "src" | "dst", range: NatRange): Verdict {
    return this.ns.nat.setupPacket(pkt, range, what === "src" ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST);
  }

  masquerade(pkt: Packet, range: NatRange, out: NetDevice | null): Verdict {
    return out === null ? NF_ACCEPT : this.ns.nat.masquerade(pkt, range, out);
  }

  redirect(c: XtContext, range: NatRange): Verdict {
    return this.ns.nat.redirect(c.pkt, range, c.hook);
  }

  netmap(c: XtContext, range: NatRange): Verdict {
    return this.ns.nat.netmap(c.pkt, range, c.hook);
  }

  setConnmark(ct: Conntrack, mark: number): void {
    ct.mark = mark;
    this.ns.ct.cacheEvent(ct, IPCT_MARK);
  }

  notrack(pkt: Packet): void {
    nfCtSetUntracked(pkt);
  }

  template(zone: number): Conntrack {
    return nfCtTmplAlloc(this.ns, zone);
  }

  pathMtu(pkt: Packet): number {
    const there = pkt.route?.mtu ?? Infinity;
    const back = ipRouteOutput(this.ns, flowKey(ipSaddr(pkt.buf, pkt.nh)));
    return Math.min(there, typeof back === "string" ? Infinity : back.mtu);
  }

  /** ip_route_me_harder after mangle OUTPUT changed what the route depends on; false: there is none. */
  reroute(pkt: Packet): boolean {
    return ipRouteMeHarder(this.ns, pkt) === null;
  }
}
