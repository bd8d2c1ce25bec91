// Into the tunnel (drivers/net/vxlan/vxlan_core.c: vxlan_xmit, vxlan_xmit_one).

import type { Ipv4 } from "../addr/ipv4.ts";
import { formatIpv4 } from "../addr/ipv4.ts";
import { formatMac, MAC_ZERO } from "../addr/mac.ts";
import { skbScrub } from "../dev/scrub.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { ipRtUpdatePmtu } from "../ipv4/redirect.ts";
import { flowKey, ipRouteOutput, RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST } from "../ipv4/route.ts";
import type { Route } from "../ipv4/route.ts";
import type { DropReason } from "../skb/drop-reason.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import { CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../skb/packet.ts";
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, ethDst, ethProto, ethSrc } from "../wire/ethernet.ts";
import { IP_DF, IPPROTO_UDP, ipDaddr, ipFragOff, ipTos } from "../wire/ipv4-fields.ts";
import { VXLAN_HLEN, vxlanWrite } from "../wire/vxlan-fields.ts";
import { ecnEncapsulate } from "./ecn.ts";
import { skbGetHash, udpFlowSrcPort } from "./flow-hash.ts";
import { udpTunnelXmitSkb } from "./ip-tunnel.ts";
import type { Vxlan, VxlanFdb, VxlanRdst } from "./vxlan.ts";
import { VXLAN_HEADROOM, vxlanOf } from "./vxlan.ts";
import { vxlanFdbFind, vxlanSnoop } from "./vxlan-fdb.ts";

/** vxlan_xmit: find the remotes of the destination MAC; a copy for each further one, the first last. */
export function vxlanXmit(dev: NetDevice, pkt: Packet): void {
  const vx = vxlanOf(dev);
  if (vx === undefined) throw new Error(`${dev.name} is not a vxlan`);
  const dst = ethDst(pkt.buf, pkt.mac);
  const f = vxlanFdbFind(vx, dst) ?? vxlanFdbFind(vx, MAC_ZERO);
  if (dev.ns.world.tracer !== null) traceFdb(dev, pkt, formatMac(dst), f);
  const first = f?.remotes[0];
  if (f === undefined || first === undefined) {
    dev.txDropped++;
    kfreeSkb(dev.ns, pkt, "NO_TX_TARGET", "vxlan_xmit", `no entry for ${formatMac(dst)}`);
    return;
  }
  f.used = vx.net.world.now;
  for (let i = 1; i < f.remotes.length; i++) {
    vxlanXmitOne(vx, dev.ns.world.adopt(pkt.copy(), pkt), f.remotes[i] as VxlanRdst);
  }
  vxlanXmitOne(vx, pkt, first);
}

function traceFdb(dev: NetDevice, pkt: Packet, mac: string, f: VxlanFdb | undefined): void {
  const port = f === undefined ? "none" : f.remotes.map((d) => formatIpv4(d.ip)).join(" ");
  dev.ns.world.trace(dev.ns, pkt, "vxlan_xmit", {
    kind: "fdb",
    dev: dev.name,
    mac,
    port,
    origin: f?.origin ?? null,
  });
}

function txError(vx: Vxlan, pkt: Packet, reason: DropReason, detail: string): void {
  vx.dev.txErrors++;
  kfreeSkb(vx.dev.ns, pkt, reason, "vxlan_xmit_one", detail);
}

/** vxlan_xmit_one: one encapsulated packet to one remote. */
function vxlanXmitOne(vx: Vxlan, pkt: Packet, rdst: VxlanRdst): void {
  const { cfg, net, dev } = vx;
  if (rdst.ip === 0) {
    dev.txDropped++;
    kfreeSkb(dev.ns, pkt, "NOT_SPECIFIED", "vxlan_xmit_one", "the remote has no address");
    return;
  }
  const dport = rdst.port !== 0 ? rdst.port : cfg.dstPort;
  const vni = rdst.vni !== 0 ? rdst.vni : cfg.vni;
  const sport = udpFlowSrcPort(skbGetHash(pkt), net.ipv4.sysctls.local_port_first, net.ipv4.sysctls.local_port_last);
  const key = flowKey(rdst.ip, {
    saddr: cfg.local,
    oif: rdst.ifindex,
    mark: pkt.mark,
    proto: IPPROTO_UDP,
    sport,
    dport,
  });
  const route = ipRouteOutput(net, key);
  if (typeof route === "string") {
    txError(vx, pkt, "IP_OUTNOROUTES", `${formatIpv4(rdst.ip)}: ${route}`);
    return;
  }
  if (route.dev === dev) {
    txError(vx, pkt, "IP_OUTNOROUTES", `the route to ${formatIpv4(rdst.ip)} leads into ${dev.name} itself`);
    return;
  }
  if (isOwnAddress(route)) encapBypass(vx, pkt, dport, vni, key.saddr);
  else encapsulate(vx, pkt, route, { saddr: key.saddr, daddr: rdst.ip, sport, dport, vni });
}

function isOwnAddress(route: Route): boolean {
  return (route.flags & RTCF_LOCAL) !== 0 && (route.flags & (RTCF_BROADCAST | RTCF_MULTICAST)) === 0;
}

interface Outer {
  readonly saddr: Ipv4;
  readonly daddr: Ipv4;
  readonly sport: number;
  readonly dport: number;
  readonly vni: number;
}

function encapsulate(vx: Vxlan, pkt: Packet, route: Route, o: Outer): void {
  const { cfg, net, dev } = vx;
  const b = pkt.buf;
  const inner = pkt.mac + ETH_HLEN;
  const isIp = ethProto(b, pkt.mac) === ETH_P_IP;
  const df = dfOf(vx, pkt);
  const tos = isIp ? ecnEncapsulate(0, ipTos(b, inner)) : 0;
  // skb_tunnel_check_pmtu: the inner route learns what fits; the packet goes on (its outer may be fragmented, DF is clear).
  if (isIp && pkt.route !== null && pkt.tail - inner > route.mtu - VXLAN_HEADROOM) {
    ipRtUpdatePmtu(dev.ns, pkt.route, ipDaddr(b, inner), route.mtu - VXLAN_HEADROOM);
  }
  const bytes = pkt.len;
  if (pkt.ipSummed !== CHECKSUM_PARTIAL) pkt.ipSummed = CHECKSUM_NONE;
  else if (pkt.innerNh < 0) pkt.innerNh = inner;
  pkt.push(VXLAN_HLEN);
  vxlanWrite(pkt.buf, pkt.head, o.vni);
  if (net.world.tracer !== null) {
    const outer = `${formatIpv4(o.saddr)}.${o.sport} > ${formatIpv4(o.daddr)}.${o.dport} vni ${o.vni}`;
    net.world.trace(dev.ns, pkt, "vxlan_xmit_one", {
      kind: "encap",
      dev: dev.name,
      outer,
      vni: o.vni,
      port: o.dport,
    });
  }
  const ttl = cfg.ttl !== 0 ? cfg.ttl : net.ipv4.sysctls.ip_default_ttl;
  const sent = udpTunnelXmitSkb(net, route, pkt, {
    saddr: o.saddr,
    daddr: o.daddr,
    sport: o.sport,
    dport: o.dport,
    tos,
    ttl,
    df,
    csum: cfg.udpCsum,
    xnet: net !== dev.ns,
  });
  if (!sent) dev.txErrors++;
  else {
    dev.txPackets++;
    dev.txBytes += bytes;
  }
}

function dfOf(vx: Vxlan, pkt: Packet): number {
  if (vx.cfg.df === "set") return IP_DF;
  if (vx.cfg.df === "unset") return 0;
  const proto = ethProto(pkt.buf, pkt.mac);
  if (proto === ETH_P_IPV6) return IP_DF;
  return proto === ETH_P_IP ? ipFragOff(pkt.buf, pkt.mac + ETH_HLEN) & IP_DF : 0;
}

/** encap_bypass_if_local: the remote is this host. A device with that VNI takes the frame without any outer packet. */
function encapBypass(vx: Vxlan, pkt: Packet, dport: number, vni: number, saddr: Ipv4): void {
  const dst = vxlanFindVni(vx.net.devices, vni, dport);
  if (dst === undefined) {
    txError(vx, pkt, "VXLAN_VNI_NOT_FOUND", `the remote is this host, which has no VNI ${vni}`);
    return;
  }
  vx.dev.txPackets++;
  vx.dev.txBytes += pkt.len;
  if (!dst.dev.up) {
    dst.dev.rxDropped++;
    kfreeSkb(dst.dev.ns, pkt, "DEV_READY", "vxlan_encap_bypass");
    return;
  }
  if (dst.cfg.learning) vxlanSnoop(dst, saddr, ethSrc(pkt.buf, pkt.mac));
  skbScrub(pkt, vx.dev.ns !== dst.dev.ns);
  pkt.dev = dst.dev;
  dst.dev.rxPackets++;
  dst.dev.rxBytes += pkt.len;
  dst.dev.ns.world.netifRx(pkt);
}

/** vxlan_find_vni: the running device of a port that has this VNI. */
export function vxlanFindVni(devices: Iterable<NetDevice>, vni: number, port: number): Vxlan | undefined {
  for (const dev of devices) {
    const vx = vxlanOf(dev);
    if (vx !== undefined && vx.bound && vx.cfg.vni === vni && vx.cfg.dstPort === port) return vx;
  }
  return undefined;
}
