// IPv4 (and ARP) FORWARD inside the bridge's FORWARD (br_netfilter_hooks.c: br_nf_forward).

import { brForwardFinish } from "../../bridge/br-forward.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import { kfreeSkb } from "../../skb/kfree-skb.ts";
import type { Packet } from "../../skb/packet.ts";
import { PACKET_HOST, PACKET_OTHERHOST } from "../../skb/packet.ts";
import type { HookState, Verdict } from "../hooks.ts";
import {
  NF_ACCEPT,
  NF_BR_PRI,
  NF_DROP_FREED,
  NF_INET_FORWARD,
  NF_STOLEN,
  NFPROTO_ARP,
  NFPROTO_BRIDGE,
  NFPROTO_IPV4,
  nfHook,
  nfHookThresh,
} from "../hooks.ts";
import { brValidateIpv4 } from "./br-validate-ipv4.ts";
import type { BrnfNet } from "./brnf-net.ts";
import { isBridgedArp, isBridgedIp } from "./brnf-net.ts";

/** br_nf_forward. */
export function brNfForward(brnet: BrnfNet, state: HookState, pkt: Packet): Verdict {
  if (isBridgedIp(brnet, pkt)) return brNfForwardIp(state, pkt);
  if (isBridgedArp(brnet, pkt)) return brNfForwardArp(brnet, state, pkt);
  return NF_ACCEPT;
}

/** br_nf_forward_ip: rules see IN and OUT as the bridge device, physdev the ports. Copies of a flood have their own bridge state already. */
function brNfForwardIp(state: HookState, pkt: Packet): Verdict {
  const nfBridge = pkt.nfBridge;
  if (nfBridge === null) return NF_ACCEPT;
  const parent = state.out?.master ?? null;
  if (parent === null) {
    kfreeSkb(state.ns, pkt, "DEV_READY", "br_nf_forward");
    return NF_DROP_FREED;
  }
  if (pkt.pktType === PACKET_OTHERHOST) {
    pkt.pktType = PACKET_HOST;
    nfBridge.pktOtherhost = true;
  }
  if (!brValidateIpv4(state.ns, pkt)) {
    kfreeSkb(state.ns, pkt, "IP_INHDR", "br_nf_forward");
    return NF_DROP_FREED;
  }
  pkt.fragMaxSize = nfBridge.fragMaxSize;
  nfBridge.physoutdev = pkt.dev;
  nfHook(state.ns, NFPROTO_IPV4, NF_INET_FORWARD, pkt, state.in?.master ?? null, parent, brNfForwardFinish);
  return NF_STOLEN;
}

/** br_nf_forward_finish. */
function brNfForwardFinish(pkt: Packet): void {
  const nfBridge = pkt.nfBridge;
  if (nfBridge === null) throw new Error("a bridged packet lost its bridge state in FORWARD");
  nfBridge.fragMaxSize = pkt.fragMaxSize;
  if (nfBridge.pktOtherhost) {
    pkt.pktType = PACKET_OTHERHOST;
    nfBridge.pktOtherhost = false;
  }
  rest(pkt, nfBridge.physindev);
}

/** The bridge's FORWARD hooks behind this one. */
function rest(pkt: Packet, indev: NetDevice | null): void {
  const out = pkt.dev;
  if (out === null) throw new Error("bridge FORWARD without a port");
  const ns = out.ns;
  if (ns.hooks.list(NFPROTO_BRIDGE, NF_INET_FORWARD).length === 1) brForwardFinish(pkt);
  else
    nfHookThresh(
      { ns, pf: NFPROTO_BRIDGE, hook: NF_INET_FORWARD, in: indev, out, okfn: brForwardFinish },
      pkt,
      NF_BR_PRI.BRNF,
    );
}

/** br_nf_forward_arp: rules of arptables see the ports. Without such rules nothing happens. */
function brNfForwardArp(brnet: BrnfNet, state: HookState, pkt: Packet): Verdict {
  if (brnet.callArptables === 0 || state.ns.hooks.list(NFPROTO_ARP, NF_INET_FORWARD).length === 0) return NF_ACCEPT;
  if (pkt.tail - pkt.nh < 8) {
    kfreeSkb(state.ns, pkt, "PKT_TOO_SMALL", "br_nf_forward");
    return NF_DROP_FREED;
  }
  // ar_pln: only ARP for IPv4.
  if (pkt.buf[pkt.nh + 5] !== 4) return NF_ACCEPT;
  const indev = state.in;
  nfHook(state.ns, NFPROTO_ARP, NF_INET_FORWARD, pkt, indev, state.out, (p) => rest(p, indev));
  return NF_STOLEN;
}
