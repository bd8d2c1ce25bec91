// NAT of one namespace: the hooks, the nat chains that they consult for first packets, and what targets call
// (nf_nat_core.c: nf_nat_register_fn, nf_nat_inet_fn; nf_nat_proto.c: nf_nat_ipv4_*).

import { formatIpv4 } from "../../addr/ipv4.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import { ipRouteMeHarder } from "../../ipv4/route.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import { kfreeSkb } from "../../skb/kfree-skb.ts";
import type { Packet } from "../../skb/packet.ts";
import { IP_CT_NEW, IP_CT_RELATED, IP_CT_RELATED_REPLY } from "../../skb/packet.ts";
import { getU16 } from "../../wire/bytes.ts";
import { ipDaddr, ipHdrLen, ipSaddr } from "../../wire/ipv4-fields.ts";
import { nfCtGet } from "../conntrack/conntrack-core.ts";
import type { Conntrack } from "../conntrack/conntrack.ts";
import { ctinfoDir } from "../conntrack/conntrack.ts";
import { nfCtAcct } from "../conntrack/l4proto.ts";
import { hasPorts, IP_CT_DIR_ORIGINAL, Tuple } from "../conntrack/tuple.ts";
import type { HookNum, HookState, NfHookOps, Verdict } from "../hooks.ts";
import {
  NF_ACCEPT,
  NF_DROP,
  NF_DROP_FREED,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NF_IP_PRI,
  NFPROTO_IPV4,
} from "../hooks.ts";
import { NatBySource } from "./by-source.ts";
import { nfNatMasqueradeIpv4, nfNatNetmap, nfNatRedirectIpv4, registerMasqueradeNotifiers } from "./masquerade.ts";
import type { NatSetupEnv } from "./nat-core.ts";
import { nfNatAllocNullBinding, nfNatInitialized, nfNatSetupInfo } from "./nat-core.ts";
import { isIcmp, nfNatIcmpReplyTranslation, nfNatPacket } from "./nat-proto.ts";
import type { NatManip, NatRange } from "./nat-range.ts";
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from "./nat-range.ts";

/** A nat chain: sees first packets of connections; maps them through the targets, or accepts and leaves them. */
export type NatChainFn = (state: HookState, pkt: Packet) => Verdict;

interface NatChain {
  readonly priority: number;
  readonly fn: NatChainFn;
}

/** HOOK2MANIP. */
function hookManip(hook: HookNum): NatManip {
  return hook === NF_INET_POST_ROUTING || hook === NF_INET_LOCAL_IN ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;
}

export class NatNet {
  readonly ns: NetNamespace;
  private readonly bySource = new NatBySource();
  private readonly chains: NatChain[][] = [[], [], [], [], []];
  private readonly scratch = new Tuple();
  private envCache: NatSetupEnv | null = null;
  private hooked = false;
  private masqueradeWatched = false;
  private readonly ops: readonly NfHookOps[];

  constructor(ns: NetNamespace) {
    this.ns = ns;
    const op = (hook: HookNum, priority: number, name: string, fn: NfHookOps["fn"]): NfHookOps => ({
      name,
      pf: NFPROTO_IPV4,
      hook,
      priority,
      fn,
    });
    this.ops = [
      op(NF_INET_PRE_ROUTING, NF_IP_PRI.NAT_DST, "nf_nat_ipv4_pre_routing", (s, p) => this.preRouting(s, p)),
      op(NF_INET_POST_ROUTING, NF_IP_PRI.NAT_SRC, "nf_nat_ipv4_out", (s, p) => this.natFn(s, p)),
      op(NF_INET_LOCAL_OUT, NF_IP_PRI.NAT_DST, "nf_nat_ipv4_local_fn", (s, p) => this.localOut(s, p)),
      op(NF_INET_LOCAL_IN, NF_IP_PRI.NAT_SRC, "nf_nat_ipv4_local_in", (s, p) => this.natFn(s, p)),
    ];
  }

  /**
   * nf_nat_register_fn: consult `fn` in `hook`. The first chain brings all four hooks. Chains of equal priority (two back
   * ends) run last registered first. Returns the way out.
   */
  registerChain(hook: HookNum, fn: NatChainFn, priority = 0): () => void {
    this.activate();
    const list = this.chains[hook] ?? [];
    const chain: NatChain = { priority, fn };
    const at = list.findIndex((c) => c.priority >= priority);
    list.splice(at < 0 ? list.length : at, 0, chain);
    return () => this.unregisterChain(hook, chain);
  }

  /** nf_nat_setup_info: called by SNAT and DNAT. Verdict as the kernel's. */
  setup(ct: Conntrack, range: NatRange, manip: NatManip): Verdict {
    return nfNatSetupInfo(this.env, ct, range, manip);
  }

  /** SNAT or DNAT of the packet's connection. */
  setupPacket(pkt: Packet, range: NatRange, manip: NatManip): Verdict {
    const ct = nfCtGet(pkt);
    return ct === null ? NF_ACCEPT : this.setup(ct, range, manip);
  }

  /** nf_nat_masquerade_ipv4; `out` is the output device. */
  masquerade(pkt: Packet, range: NatRange, out: NetDevice): Verdict {
    this.watchMasquerade();
    return nfNatMasqueradeIpv4(this.env, this.ns, pkt, range, out);
  }

  /** nf_nat_redirect_ipv4. */
  redirect(pkt: Packet, range: NatRange, hook: HookNum): Verdict {
    return nfNatRedirectIpv4(this.env, pkt, range, hook);
  }

  /** xt_NETMAP. */
  netmap(pkt: Packet, range: NatRange, hook: HookNum): Verdict {
    return nfNatNetmap(this.env, pkt, range, hook);
  }

  private get env(): NatSetupEnv {
    if (this.envCache !== null) return this.envCache;
    const random = this.ns.world.random.fork(`nat:${this.ns.name}`);
    this.envCache = {
      ct: this.ns.ct,
      bySource: this.bySource,
      randomPort: (ct, first, count) => {
        if (count > 1) this.ns.world.recorder?.natDrew(this.ns, ct, first, first + count - 1);
        return random.u32() >>> 16;
      },
      dnatRangeRandomStart: this.ns.flavour.dnatRangeRandomStart,
      scratch: new Tuple(),
      current: new Tuple(),
      chosen: new Tuple(),
    };
    return this.envCache;
  }

  private activate(): void {
    if (this.hooked) return;
    this.hooked = true;
    // nf_nat_cleanup_conntrack.
    this.ns.ct.onDestroy = (ct) => this.bySource.remove(ct);
    for (const ops of this.ops) this.ns.hooks.register(ops);
  }

  /** The last chain takes the hooks away; mappings of living connections rest until a chain comes back. */
  private unregisterChain(hook: HookNum, chain: NatChain): void {
    const list = this.chains[hook] ?? [];
    const at = list.indexOf(chain);
    if (at >= 0) list.splice(at, 1);
    if (!this.hooked || this.chains.some((l) => l.length > 0)) return;
    this.hooked = false;
    for (const ops of this.ops) this.ns.hooks.unregister(ops);
  }

  private watchMasquerade(): void {
    if (this.masqueradeWatched) return;
    this.masqueradeWatched = true;
    registerMasqueradeNotifiers(this.ns);
  }

  /** nf_nat_ipv4_pre_routing: a new destination needs a new route. */
  private preRouting(state: HookState, pkt: Packet): Verdict {
    const daddr = ipDaddr(pkt.buf, pkt.nh);
    const verdict = this.natFn(state, pkt);
    if (verdict === NF_ACCEPT && daddr !== ipDaddr(pkt.buf, pkt.nh)) pkt.route = null;
    return verdict;
  }

  /** nf_nat_ipv4_local_fn: a new destination is routed again; the output device that rules of this hook see stays. */
  private localOut(state: HookState, pkt: Packet): Verdict {
    const verdict = this.natFn(state, pkt);
    const ct = nfCtGet(pkt);
    if (verdict !== NF_ACCEPT || ct === null) return verdict;
    const dir = ctinfoDir(pkt.ctinfo);
    if (ct.tuple(dir).dst === ct.tuple(dir === 0 ? 1 : 0).src) return NF_ACCEPT;
    const err = ipRouteMeHarder(state.ns, pkt);
    if (err === null) return NF_ACCEPT;
    kfreeSkb(state.ns, pkt, "NETFILTER_DROP", "nf_hook_slow", `no route for the translated destination: ${err}`);
    return NF_DROP_FREED;
  }

  /** nf_nat_ipv4_fn. */
  private natFn(state: HookState, pkt: Packet): Verdict {
    const ct = nfCtGet(pkt);
    if (ct === null) return NF_ACCEPT;
    if (state.ns.world.tracer === null) return this.translate(state, pkt, ct);
    const before = endpoints(pkt);
    const verdict = this.translate(state, pkt, ct);
    if (verdict === NF_ACCEPT) traceNat(state, pkt, before);
    return verdict;
  }

  private translate(state: HookState, pkt: Packet, ct: Conntrack): Verdict {
    const related = pkt.ctinfo === IP_CT_RELATED || pkt.ctinfo === IP_CT_RELATED_REPLY;
    if (related && isIcmp(pkt))
      return nfNatIcmpReplyTranslation(pkt, ct, state.hook, hookManip(state.hook), this.scratch) ? NF_ACCEPT : NF_DROP;
    return this.inetFn(state, pkt, ct, related);
  }

  /** nf_nat_inet_fn: decide the mapping of a first packet, then apply it. */
  private inetFn(state: HookState, pkt: Packet, ct: Conntrack, related: boolean): Verdict {
    const manip = hookManip(state.hook);
    if ((pkt.ctinfo === IP_CT_NEW || related) && !nfNatInitialized(ct, manip)) {
      const verdict = this.consultChains(state, pkt, ct, manip);
      if (verdict !== NF_ACCEPT) return verdict;
    } else if (this.oifChanged(state, pkt, ct)) {
      nfCtAcct(ct, ctinfoDir(pkt.ctinfo), pkt);
      this.ns.ct.kill(ct);
      return NF_DROP;
    }
    return nfNatPacket(pkt, ct, manip, this.scratch) ? NF_ACCEPT : NF_DROP;
  }

  private consultChains(state: HookState, pkt: Packet, ct: Conntrack, manip: NatManip): Verdict {
    for (const chain of this.chains[state.hook] ?? []) {
      const verdict = chain.fn(state, pkt);
      if (verdict !== NF_ACCEPT) return verdict;
      if (nfNatInitialized(ct, manip)) return NF_ACCEPT;
    }
    return nfNatAllocNullBinding(this.env, ct, manip);
  }

  /** nf_nat_oif_changed: a masqueraded connection would leave by another device, where its address is wrong. */
  private oifChanged(state: HookState, pkt: Packet, ct: Conntrack): boolean {
    if (ct.masqIndex === 0 || state.hook !== NF_INET_POST_ROUTING || ctinfoDir(pkt.ctinfo) !== IP_CT_DIR_ORIGINAL)
      return false;
    return state.out !== null && ct.masqIndex !== state.out.ifindex;
  }
}

/** Both endpoints as texts, for traces only. */
function endpoints(pkt: Packet): readonly [string, string] {
  const th = pkt.nh + ipHdrLen(pkt.buf, pkt.nh);
  const ports = hasPorts(pkt.buf[pkt.nh + 9] as number) && th + 4 <= pkt.tail;
  const text = (addr: number, at: number): string =>
    ports ? `${formatIpv4(addr)}:${getU16(pkt.buf, at)}` : formatIpv4(addr);
  return [text(ipSaddr(pkt.buf, pkt.nh), th), text(ipDaddr(pkt.buf, pkt.nh), th + 2)];
}

function traceNat(state: HookState, pkt: Packet, before: readonly [string, string]): void {
  const after = endpoints(pkt);
  const { ns } = state;
  if (before[0] !== after[0])
    ns.world.trace(ns, pkt, "nf_nat_manip_pkt", { kind: "nat", what: "src", before: before[0], after: after[0] });
  if (before[1] !== after[1])
    ns.world.trace(ns, pkt, "nf_nat_manip_pkt", { kind: "nat", what: "dst", before: before[1], after: after[1] });
}
