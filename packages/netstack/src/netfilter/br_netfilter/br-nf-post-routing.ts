// IPv4 POSTROUTING behind the bridge's POSTROUTING, and fragments restored (br_netfilter_hooks.c: br_nf_post_routing, br_nf_dev_queue_xmit).

import { brDevQueuePushXmit } from "../../bridge/br-forward.ts";
import { ipDoFragment } from "../../ipv4/ip-do-fragment.ts";
import { kfreeSkb } from "../../skb/kfree-skb.ts";
import type { Packet } from "../../skb/packet.ts";
import { PACKET_HOST, PACKET_OTHERHOST } from "../../skb/packet.ts";
import { ETH_P_IP } from "../../wire/ethernet.ts";
import { IP_DF, ipFragOff } from "../../wire/ipv4-fields.ts";
import type { HookState, Verdict } from "../hooks.ts";
import { NF_ACCEPT, NF_DROP_FREED, NF_INET_POST_ROUTING, NF_STOLEN, NFPROTO_IPV4, nfHook } from "../hooks.ts";
import { brValidateIpv4 } from "./br-validate-ipv4.ts";
import type { BrnfNet } from "./brnf-net.ts";
import { isBridgedIp } from "./brnf-net.ts";

/** br_nf_post_routing. A packet that came by a bridge but was routed has no physoutdev: IP ran its own POSTROUTING. Rules see OUT as the bridge, IN empty. */
export function brNfPostRouting(brnet: BrnfNet, state: HookState, pkt: Packet): Verdict {
  const nfBridge = pkt.nfBridge;
  if (nfBridge === null || nfBridge.physoutdev === null || !isBridgedIp(brnet, pkt)) return NF_ACCEPT;
  const realoutdev = pkt.dev?.master ?? null;
  if (realoutdev === null) {
    kfreeSkb(state.ns, pkt, "DEV_READY", "br_nf_post_routing");
    return NF_DROP_FREED;
  }
  if (pkt.pktType === PACKET_OTHERHOST) {
    pkt.pktType = PACKET_HOST;
    nfBridge.pktOtherhost = true;
  }
  nfHook(state.ns, NFPROTO_IPV4, NF_INET_POST_ROUTING, pkt, null, realoutdev, brNfDevQueueXmit);
  return NF_STOLEN;
}

/** br_nf_dev_queue_xmit: a packet that came in fragments leaves in fragments no larger than they were. */
function brNfDevQueueXmit(pkt: Packet): void {
  const nfBridge = pkt.nfBridge;
  const dev = pkt.dev;
  if (nfBridge === null || dev === null) throw new Error("a bridged packet lost its bridge state in POSTROUTING");
  if (nfBridge.pktOtherhost) {
    pkt.pktType = PACKET_OTHERHOST;
    nfBridge.pktOtherhost = false;
  }
  const seen = nfBridge.fragMaxSize;
  const mtu = seen !== 0 && seen < dev.mtu ? seen : dev.mtu;
  if (pkt.len <= mtu || pkt.protocol !== ETH_P_IP) {
    pkt.nfBridge = null;
    brDevQueuePushXmit(pkt);
    return;
  }
  if (!brValidateIpv4(dev.ns, pkt)) {
    kfreeSkb(dev.ns, pkt, "NOT_SPECIFIED", "br_nf_dev_queue_xmit");
    return;
  }
  pkt.fragMaxSize = seen;
  brNfIpFragment(pkt, seen);
}

/** br_nf_ip_fragment. The bound is the MTU of the bridge (the lent route's device), or the largest fragment seen. */
function brNfIpFragment(pkt: Packet, seen: number): void {
  const dev = pkt.dev;
  if (dev === null) throw new Error("fragmentation without a device");
  const ns = dev.ns;
  const mtu = dev.master?.mtu ?? dev.mtu;
  const df = (ipFragOff(pkt.buf, pkt.nh) & IP_DF) !== 0 && !pkt.ignoreDf;
  if (df || seen > mtu) {
    ns.ipv4.mib.IpFragFails++;
    kfreeSkb(
      ns,
      pkt,
      "NOT_SPECIFIED",
      "br_nf_ip_fragment",
      df ? "DF is set" : `fragments of ${seen} bytes, MTU is ${mtu}`,
    );
    return;
  }
  ipDoFragment(ns, pkt, mtu, brNfPushFragXmit);
}

/** br_nf_push_frag_xmit: every fragment carries the frame's link header in front. */
function brNfPushFragXmit(frag: Packet): void {
  frag.nfBridge = null;
  brDevQueuePushXmit(frag);
}
