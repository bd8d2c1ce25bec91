// Out of the tunnel (drivers/net/vxlan/vxlan_core.c: vxlan_rcv).

import { formatIpv4 } from "../addr/ipv4.ts";
import { ethTypeTrans } from "../dev/eth.ts";
import { skbScrub } from "../dev/scrub.ts";
import { ipSumOk } from "../netfilter/conntrack/l4proto.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { DropReason } from "../skb/drop-reason.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../skb/packet.ts";
import { getU16 } from "../wire/bytes.ts";
import { ETH_HLEN, ETH_P_IP, ethSrc } from "../wire/ethernet.ts";
import { csumReplace2 } from "../wire/checksum.ts";
import { IP_CHECK_OFF, ipDaddr, ipHdrLen, ipProto, ipSaddr, ipTos } from "../wire/ipv4-fields.ts";
import { UDP_HLEN, udpCheck, udpDport, udpSport } from "../wire/udp-fields.ts";
import { VXLAN_HF_VNI, VXLAN_HLEN, vxlanFlags, vxlanVni } from "../wire/vxlan-fields.ts";
import { ECN_CE, ecnDecapsulate } from "./ecn.ts";
import { skbClearHashIfNotL4 } from "./flow-hash.ts";
import type { Vxlan } from "./vxlan.ts";
import { vxlanSnoop } from "./vxlan-fdb.ts";
import { vxlanFindVni } from "./vxlan-xmit.ts";

function drop(ns: NetNamespace, pkt: Packet, reason: DropReason, detail: string): void {
  kfreeSkb(ns, pkt, reason, "vxlan_rcv", detail);
}

/** The handler of the tunnel's UDP port in `net`: head and nh are at the outer IPv4 header. */
export function vxlanRcv(net: NetNamespace, port: number, pkt: Packet): void {
  const outer = pkt.nh;
  const vh = outer + ipHdrLen(pkt.buf, outer) + UDP_HLEN;
  if (pkt.tail - vh < VXLAN_HLEN) {
    drop(net, pkt, "HDR_TRUNC", "shorter than a VXLAN header");
    return;
  }
  // RFC 7348 §5: the I flag MUST be set for a valid VNI.
  const flags = vxlanFlags(pkt.buf, vh);
  if ((flags & VXLAN_HF_VNI) === 0) {
    drop(net, pkt, "VXLAN_INVALID_HDR", "the VNI flag is not set");
    return;
  }
  const vni = vxlanVni(pkt.buf, vh);
  const vx = vxlanFindVni(net.devices, vni, port);
  if (vx === undefined) {
    drop(net, pkt, "VXLAN_VNI_NOT_FOUND", `no device has VNI ${vni}`);
    return;
  }
  if (flags !== VXLAN_HF_VNI || pkt.buf[vh + 7] !== 0) {
    drop(net, pkt, "VXLAN_INVALID_HDR", "reserved bits are set");
    return;
  }
  decapsulate(vx, pkt, outer, vh + VXLAN_HLEN);
}

function decapsulate(vx: Vxlan, pkt: Packet, outer: number, frame: number): void {
  const { dev, net } = vx;
  if (pkt.tail - frame < ETH_HLEN) {
    drop(net, pkt, "NOMEM", "no inner frame");
    return;
  }
  const saddr = ipSaddr(pkt.buf, outer);
  const tos = ipTos(pkt.buf, outer);
  traceDecap(vx, pkt, outer, frame);
  pkt.head = frame;
  skbScrub(pkt, net !== dev.ns);
  skbClearHashIfNotL4(pkt);
  const summed = pkt.ipSummed !== CHECKSUM_PARTIAL && udpCheck(pkt.buf, frame - VXLAN_HLEN - UDP_HLEN) !== 0;
  // A checksum that was still to be made belongs to the inner packet, or went away with the outer one.
  if (pkt.ipSummed !== CHECKSUM_PARTIAL || pkt.innerNh < 0) pkt.ipSummed = CHECKSUM_NONE;
  pkt.innerNh = -1;
  pkt.csumValid = true;
  pkt.vlanTci = -1;
  const src = ethSrc(pkt.buf, frame);
  ethTypeTrans(pkt, dev);
  if (summed) completeSum(pkt);
  const reason = refuse(vx, pkt, src, saddr, tos);
  if (reason !== null) {
    drop(dev.ns, pkt, reason, "");
    return;
  }
  dev.rxPackets++;
  dev.rxBytes += pkt.len;
  // gro_cells_receive.
  pkt.groCell = true;
  dev.ns.world.netifRx(pkt);
}

/** skb_checksum_try_convert: the outer checksum was right, so it tells the sum of everything inside. */
function completeSum(pkt: Packet): void {
  pkt.ipSummed = CHECKSUM_COMPLETE;
  const { buf, nh } = pkt;
  pkt.csumGood = pkt.protocol === ETH_P_IP && pkt.len >= 20 && ipSumOk(pkt, nh + ipHdrLen(buf, nh), ipProto(buf, nh));
}

/** vxlan_set_mac and what follows: loops, learning, ECN, a device that is down. Null: take it. */
function refuse(
  vx: Vxlan,
  pkt: Packet,
  src: number,
  saddr: Parameters<typeof vxlanSnoop>[1],
  tos: number,
): DropReason | null {
  if (src === vx.dev.addr) return "LOCAL_MAC";
  if (vx.cfg.learning) {
    const reason = vxlanSnoop(vx, saddr, ethSrc(pkt.buf, pkt.mac));
    if (reason !== null) return reason;
  }
  if (!decapEcn(pkt, tos)) return "IP_TUNNEL_ECN";
  return vx.dev.up ? null : "DEV_READY";
}

/** vxlan_ecn_decapsulate for IPv4 inside. False: drop. */
function decapEcn(pkt: Packet, outerTos: number): boolean {
  if (pkt.protocol !== ETH_P_IP || pkt.len < 20) return true;
  const b = pkt.buf;
  const inner = ipTos(b, pkt.nh);
  const ecn = ecnDecapsulate(outerTos, inner);
  if (ecn < 0) return false;
  if (ecn !== (inner & ECN_CE)) {
    const before = getU16(b, pkt.nh);
    b[pkt.nh + 1] = (inner & ~ECN_CE) | ecn;
    csumReplace2(b, pkt.nh + IP_CHECK_OFF, before, getU16(b, pkt.nh));
  }
  return true;
}

function traceDecap(vx: Vxlan, pkt: Packet, outer: number, frame: number): void {
  const { world } = vx.net;
  if (world.tracer === null) return;
  const b = pkt.buf;
  const uh = frame - VXLAN_HLEN - UDP_HLEN;
  const { vni } = vx.cfg;
  const port = udpDport(b, uh);
  const text = `${formatIpv4(ipSaddr(b, outer))}.${udpSport(b, uh)} > ${formatIpv4(ipDaddr(b, outer))}.${port} vni ${vni}`;
  world.trace(vx.net, pkt, "vxlan_rcv", { kind: "decap", dev: vx.dev.name, outer: text, vni, port });
}
