// Into the bridge by a port (net/bridge/br_input.c).
//
//   port → br_handle_frame → [bridge PREROUTING] → learn → known port: br_forward
//                                                       → own address: up through [bridge INPUT]
//                                                       → else br_flood (and up, for groups)

import type { Mac } from "../addr/mac.ts";
import { formatMac, isGroupMac, MAC_BROADCAST } from "../addr/mac.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { nfResetCt } from "../dev/scrub.ts";
import { netifReceiveSkbCore } from "../dev/rx.ts";
import { NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING, NFPROTO_BRIDGE, nfHook } from "../netfilter/hooks.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { PACKET_HOST, PACKET_LOOPBACK } from "../skb/packet.ts";
import { ethDst, ethSrc } from "../wire/ethernet.ts";
import { brFdbFind, brFdbUpdate } from "./br-fdb.ts";
import type { BrPktType } from "./br-forward.ts";
import { BR_PKT_BROADCAST, BR_PKT_MULTICAST, BR_PKT_UNICAST, brFlood, brForward } from "./br-forward.ts";
import type { Bridge } from "./bridge.ts";
import { brDropFakeRtable, bridgeOf } from "./bridge.ts";
import type { BridgePort } from "./bridge-port.ts";
import { BR_STATE_FORWARDING } from "./bridge-port.ts";
import type { FdbEntry } from "./fdb-entry.ts";

/** 01:80:c2:00:00:00, the first of the reserved addresses (IEEE 802.1D-2004 §7.12.6). */
const LINK_LOCAL_BASE = 0x0180c2000000;
const LINK_LOCAL_STP = LINK_LOCAL_BASE;
const LINK_LOCAL_PAUSE = LINK_LOCAL_BASE + 1;

function isLinkLocalMac(mac: Mac): boolean {
  return mac >= LINK_LOCAL_BASE && mac <= LINK_LOCAL_BASE + 15;
}

function invalidSource(src: Mac): boolean {
  return src === 0 || isGroupMac(src);
}

/** br_handle_frame: the rx handler of ports. */
export function brHandleFrame(pkt: Packet): "consumed" | "pass" {
  const p = pkt.dev?.bridgePort ?? null;
  if (p === null || pkt.pktType === PACKET_LOOPBACK) return "pass";
  const ns = p.dev.ns;
  if (invalidSource(ethSrc(pkt.buf, pkt.mac))) {
    kfreeSkb(ns, pkt, "MAC_INVALID_SOURCE", "br_handle_frame");
    return "consumed";
  }
  const dst = ethDst(pkt.buf, pkt.mac);
  // STP frames are forwarded while STP is off, so that loops can still be found by others.
  if (isLinkLocalMac(dst) && dst !== LINK_LOCAL_STP) return brHandleLinkLocal(p, pkt, dst);
  if (p.state !== BR_STATE_FORWARDING) {
    kfreeSkb(ns, pkt, "BRIDGE_INGRESS_STP_STATE", "br_handle_frame", `port ${p.dev.name} is disabled`);
    return "consumed";
  }
  if (dst === p.bridge.dev.addr) pkt.pktType = PACKET_HOST;
  nfHook(ns, NFPROTO_BRIDGE, NF_INET_PRE_ROUTING, pkt, p.dev, null, brHandleFrameFinish);
  return "consumed";
}

/** Reserved group addresses are for this station alone: never forwarded. */
function brHandleLinkLocal(p: BridgePort, pkt: Packet, dst: Mac): "consumed" | "pass" {
  if (dst === LINK_LOCAL_PAUSE) {
    kfreeSkb(p.dev.ns, pkt, "MAC_IEEE_MAC_CONTROL", "br_handle_frame");
    return "consumed";
  }
  if (p.learning && p.state === BR_STATE_FORWARDING) brFdbUpdate(p.bridge, p, ethSrc(pkt.buf, pkt.mac));
  return "pass";
}

/** br_handle_frame_finish: behind the PREROUTING hooks; pkt.dev is still the ingress port's device. */
export function brHandleFrameFinish(pkt: Packet): void {
  const p = pkt.dev?.bridgePort ?? null;
  if (p === null) throw new Error("a frame in br_handle_frame_finish without a port");
  const br = p.bridge;
  if (p.state !== BR_STATE_FORWARDING) {
    kfreeSkb(br.dev.ns, pkt, "BRIDGE_INGRESS_STP_STATE", "br_handle_frame_finish", `port ${p.dev.name} is disabled`);
    return;
  }
  // Learned behind the hooks, so that filtered frames do not poison the table.
  if (p.learning) brFdbUpdate(br, p, ethSrc(pkt.buf, pkt.mac));
  brDecide(br, pkt, ethDst(pkt.buf, pkt.mac));
}

function pktTypeOf(dst: Mac): BrPktType {
  if (!isGroupMac(dst)) return BR_PKT_UNICAST;
  return dst === MAC_BROADCAST ? BR_PKT_BROADCAST : BR_PKT_MULTICAST;
}

/** Where it goes. A promiscuous bridge device takes a copy of everything; group frames always go up (no querier is modelled, so groups are flooded). */
function brDecide(br: Bridge, pkt: Packet, dst: Mac): void {
  const promisc = br.dev.promisc > 0;
  const type = pktTypeOf(dst);
  const localRcv = promisc || type !== BR_PKT_UNICAST;
  const entry = type === BR_PKT_UNICAST ? brFdbFind(br, dst) : undefined;
  if (br.dev.watchers.length > 0 && !localRcv && entry?.isLocal !== true) showWatchers(br.dev, pkt);
  if (br.dev.ns.world.tracer !== null) traceDecision(br, pkt, dst, entry, "br_handle_frame_finish");
  if (entry === undefined) {
    brFlood(br, pkt, type, localRcv, false);
  } else if (entry.isLocal) {
    brPassFrameUp(br, pkt, false);
    return;
  } else {
    entry.used = br.dev.ns.world.now;
    brForward(br, entry.port, pkt, localRcv, false);
  }
  if (localRcv) brPassFrameUp(br, pkt, promisc);
}

/** What a promiscuous bridge device would get: shown to observers, who leave the device as it is. */
function showWatchers(dev: NetDevice, pkt: Packet): void {
  for (const watcher of dev.watchers) watcher({ dev, out: false, pkt });
}

/** The story of a decision, for br_handle_frame_finish and br_dev_xmit. */
export function traceDecision(br: Bridge, pkt: Packet, dst: Mac, entry: FdbEntry | undefined, fn: string): void {
  const port =
    entry === undefined ? "flood" : entry.isLocal && fn !== "br_dev_xmit" ? "local" : (entry.port?.dev.name ?? "local");
  br.dev.ns.world.trace(br.dev.ns, pkt, fn, {
    kind: "fdb",
    dev: br.dev.name,
    mac: formatMac(dst),
    port,
    origin: entry?.origin ?? null,
  });
}

/** br_pass_frame_up: the frame becomes one that the bridge device received. */
function brPassFrameUp(br: Bridge, pkt: Packet, promisc: boolean): void {
  const indev = pkt.dev;
  br.dev.rxPackets++;
  br.dev.rxBytes += pkt.len;
  pkt.dev = br.dev;
  // br_nf_local_in: what only a promiscuous device sees is not part of the connection that was bridged.
  if (promisc) nfResetCt(pkt);
  nfHook(br.dev.ns, NFPROTO_BRIDGE, NF_INET_LOCAL_IN, pkt, indev, null, brNetifReceiveSkb);
}

/** br_netif_receive_skb: direct, not through the backlog. */
function brNetifReceiveSkb(pkt: Packet): void {
  const dev = pkt.dev;
  if (dev === null) throw new Error("a frame goes up without a device");
  const br = bridgeOf(dev);
  if (br !== undefined) brDropFakeRtable(br, pkt);
  netifReceiveSkbCore(pkt, dev);
}
