// IPv4 PREROUTING inside the bridge's PREROUTING (net/bridge/br_netfilter_hooks.c: br_nf_pre_routing and its continuations).
//
//   frame on a port ─ br_nf_pre_routing ─ [ip PREROUTING, IN = bridge] ─ br_nf_pre_routing_finish
//      destination unchanged ───────────────────────────────→ br_handle_frame_finish (ordinary bridging)
//      changed, route leaves by this bridge: new MAC ───────→ br_handle_frame_finish (or through the neighbour first)
//      changed, route goes elsewhere: MAC := the bridge's ──→ br_handle_frame_finish → up to IP

import { brHandleFrameFinish } from "../../bridge/br-input.ts";
import { bridgeOf } from "../../bridge/bridge.ts";
import type { Bridge } from "../../bridge/bridge.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import { flowKey, ipRouteInput, ipRouteOutput, Route, RTN_UNICAST } from "../../ipv4/route.ts";
import { NUD_CONNECTED } from "../../neigh/neigh.ts";
import { neighOutput } from "../../neigh/neigh-output.ts";
import { kfreeSkb } from "../../skb/kfree-skb.ts";
import type { Packet } from "../../skb/packet.ts";
import { PACKET_HOST, PACKET_OTHERHOST } from "../../skb/packet.ts";
import { setU48 } from "../../wire/bytes.ts";
import { ETH_HLEN, ethSrc } from "../../wire/ethernet.ts";
import { ipDaddr, ipSaddr, ipTos } from "../../wire/ipv4-fields.ts";
import type { HookState, Verdict } from "../hooks.ts";
import {
  NF_ACCEPT,
  NF_DROP_FREED,
  NF_INET_PRE_ROUTING,
  NF_STOLEN,
  NFPROTO_BRIDGE,
  NFPROTO_IPV4,
  nfHook,
  nfHookThresh,
  NF_BR_PRI,
} from "../hooks.ts";
import { brValidateIpv4 } from "./br-validate-ipv4.ts";
import type { BrnfNet } from "./brnf-net.ts";
import { callsIptables, isBridgedIp } from "./brnf-net.ts";
import { NfBridgeInfo } from "./nf-bridge-info.ts";

/** br_nf_pre_routing. */
export function brNfPreRouting(brnet: BrnfNet, state: HookState, pkt: Packet): Verdict {
  const br = state.in?.bridgePort?.bridge;
  if (br === undefined) throw new Error("bridge PREROUTING without a port");
  if (!isBridgedIp(brnet, pkt) || !callsIptables(brnet, br)) return NF_ACCEPT;
  if (!brValidateIpv4(state.ns, pkt)) {
    kfreeSkb(state.ns, pkt, "IP_INHDR", "br_nf_pre_routing");
    return NF_DROP_FREED;
  }
  const nfBridge = new NfBridgeInfo();
  pkt.nfBridge = nfBridge;
  setupPreRouting(pkt, nfBridge, br);
  nfBridge.ipv4Daddr = ipDaddr(pkt.buf, pkt.nh);
  nfHook(state.ns, NFPROTO_IPV4, NF_INET_PRE_ROUTING, pkt, br.dev, null, brNfPreRoutingFinish);
  return NF_STOLEN;
}

/** setup_pre_routing: for IP hooks the frame is the bridge device's and everyone's. */
function setupPreRouting(pkt: Packet, nfBridge: NfBridgeInfo, br: Bridge): void {
  if (pkt.pktType === PACKET_OTHERHOST) {
    pkt.pktType = PACKET_HOST;
    nfBridge.pktOtherhost = true;
  }
  nfBridge.inPrerouting = true;
  nfBridge.physindev = pkt.dev;
  pkt.dev = br.dev;
  pkt.sk = null;
}

interface Bridged {
  readonly nfBridge: NfBridgeInfo;
  readonly physindev: NetDevice;
  readonly br: Bridge;
}

/** The bridge state of a packet between the hooks. A port that left its bridge meanwhile has no bridge: the packet is dropped. */
function bridged(pkt: Packet): Bridged | null {
  const nfBridge = pkt.nfBridge;
  const physindev = nfBridge?.physindev ?? null;
  const br = physindev?.bridgePort?.bridge;
  if (nfBridge !== null && physindev !== null && br !== undefined) return { nfBridge, physindev, br };
  if (pkt.dev !== null)
    kfreeSkb(pkt.dev.ns, pkt, "NOT_SPECIFIED", "br_nf_pre_routing_finish", "the port has left the bridge");
  return null;
}

/** br_nf_pre_routing_finish: behind PREROUTING. pkt.dev is the bridge. */
function brNfPreRoutingFinish(pkt: Packet): void {
  const b = bridged(pkt);
  if (b === null) return;
  const { nfBridge, physindev, br } = b;
  nfBridge.fragMaxSize = pkt.fragMaxSize;
  if (nfBridge.pktOtherhost) {
    pkt.pktType = PACKET_OTHERHOST;
    nfBridge.pktOtherhost = false;
  }
  nfBridge.inPrerouting = false;
  if (ipDaddr(pkt.buf, pkt.nh) === nfBridge.ipv4Daddr) {
    pkt.route = fakeRtable(br);
    rebridge(pkt, physindev, brHandleFrameFinish);
    return;
  }
  dnatFinish(pkt, physindev, br);
}

/** The destination was changed (DNAT, or the way back of SNAT): where does it lead now? */
function dnatFinish(pkt: Packet, physindev: NetDevice, br: Bridge): void {
  const b = pkt.buf;
  const nh = pkt.nh;
  const reason = ipRouteInput(pkt, ipDaddr(b, nh), ipSaddr(b, nh), ipTos(b, nh), br.dev);
  if (reason !== null) {
    kfreeSkb(br.dev.ns, pkt, reason, "br_nf_pre_routing_finish");
    return;
  }
  if (pkt.route?.error === "EHOSTUNREACH") bridgedWithoutForwarding(pkt, br);
  if (pkt.route?.dev === br.dev) {
    rebridge(pkt, physindev, brNfPreRoutingFinishBridge);
    return;
  }
  setU48(pkt.buf, pkt.mac, br.dev.addr);
  pkt.pktType = PACKET_HOST;
  rebridge(pkt, physindev, brHandleFrameFinish);
}

/** Older kernels: bridged and DNATed traffic needs no ip_forward as long as it stays on the bridge. */
function bridgedWithoutForwarding(pkt: Packet, br: Bridge): void {
  const ns = br.dev.ns;
  if (ns.flavour.bridgedDnatNeedsForwarding || br.dev.inDev.forwards) return;
  const route = ipRouteOutput(ns, flowKey(ipDaddr(pkt.buf, pkt.nh), { tos: ipTos(pkt.buf, pkt.nh) }));
  if (typeof route !== "string" && route.dev === br.dev) pkt.route = route;
}

/** Continue with the bridge's PREROUTING hooks behind this one. */
function rebridge(pkt: Packet, physindev: NetDevice, okfn: (pkt: Packet) => void): void {
  const ns = physindev.ns;
  pkt.dev = physindev;
  if (ns.hooks.list(NFPROTO_BRIDGE, NF_INET_PRE_ROUTING).length === 1) okfn(pkt);
  else
    nfHookThresh(
      { ns, pf: NFPROTO_BRIDGE, hook: NF_INET_PRE_ROUTING, in: physindev, out: null, okfn },
      pkt,
      NF_BR_PRI.BRNF,
    );
}

/** bridge_parent_rtable. */
function fakeRtable(br: Bridge): Route {
  br.fakeRoute ??= new Route({ type: RTN_UNICAST, dev: br.dev, flags: 0, input: false });
  return br.fakeRoute;
}

/** br_nf_pre_routing_finish_bridge: a new destination on the same bridge. TTL and source MAC stay; the neighbour gives the new destination MAC. */
function brNfPreRoutingFinishBridge(pkt: Packet): void {
  const b = bridged(pkt);
  if (b === null || pkt.route === null) return;
  const { nfBridge, physindev, br } = b;
  const nexthop = pkt.route.nexthop(ipDaddr(pkt.buf, pkt.nh));
  const neigh = br.dev.ns.arp.lookup(br.dev, nexthop);
  if (neigh !== undefined && (neigh.state & NUD_CONNECTED) !== 0 && neigh.hhValid) {
    setU48(pkt.buf, pkt.mac, neigh.lladdr);
    pkt.dev = physindev;
    brHandleFrameFinish(pkt);
    return;
  }
  nfBridge.neighSrc = ethSrc(pkt.buf, pkt.mac);
  nfBridge.bridgedDnat = brNfPreRoutingFinishBridgeSlow;
  pkt.dev = br.dev;
  neighOutput(pkt, br.dev, nexthop);
}

/** br_nf_pre_routing_finish_bridge_slow: back from the neighbour layer, handed over by br_dev_xmit; head is at the link header. */
function brNfPreRoutingFinishBridgeSlow(pkt: Packet): void {
  const nfBridge = pkt.nfBridge;
  const physindev = nfBridge?.physindev ?? null;
  if (nfBridge === null || physindev === null || bridgeOf(physindev.master ?? physindev) === undefined) {
    if (pkt.dev !== null)
      kfreeSkb(
        pkt.dev.ns,
        pkt,
        "NOT_SPECIFIED",
        "br_nf_pre_routing_finish_bridge_slow",
        "the port has left the bridge",
      );
    return;
  }
  pkt.mac = pkt.head;
  pkt.pull(ETH_HLEN);
  nfBridge.bridgedDnat = null;
  setU48(pkt.buf, pkt.mac + 6, nfBridge.neighSrc);
  pkt.dev = physindev;
  nfBridge.physoutdev = null;
  brHandleFrameFinish(pkt);
}
