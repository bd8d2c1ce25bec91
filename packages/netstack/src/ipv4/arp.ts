// ARP for IPv4 over Ethernet: sending, and what the neighbour table asks of it (net/ipv4/arp.c).

import type { Ipv4 } from "../addr/ipv4.ts";
import type { Mac } from "../addr/mac.ts";
import { MAC_BROADCAST, MAC_ZERO } from "../addr/mac.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { IFF_NOARP } from "../dev/net-device.ts";
import { devHardHeader, devQueueXmit } from "../dev/xmit.ts";
import { NFPROTO_ARP, nfHook } from "../netfilter/hooks.ts";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import type { Neigh } from "../neigh/neigh.ts";
import type { NeighOps } from "../neigh/neigh-table.ts";
import { ARP_LEN, ARPOP_REQUEST, arpWrite } from "../wire/arp-fields.ts";
import { ipRecompileOptions } from "./ip-options-input.ts";
import { ICMP_DEST_UNREACH, ICMP_HOST_UNREACH } from "../wire/icmp-fields.ts";
import { ETH_P_ARP, ETH_P_IP } from "../wire/ethernet.ts";
import { ipSaddr } from "../wire/ipv4-fields.ts";
import { inetAddrType, inetSelectAddr } from "./fib/addr-type.ts";
import { RT_SCOPE_LINK, RTN_LOCAL } from "./rt-types.ts";

/** NF_ARP_OUT, include/uapi/linux/netfilter_arp.h. */
const NF_ARP_OUT = 1;

/** One ARP packet to send. `dst` is the frame's destination, `tha` what the packet says. */
export interface ArpMessage {
  readonly op: number;
  readonly sha: Mac;
  readonly sip: Ipv4;
  readonly tha: Mac;
  readonly tip: Ipv4;
  readonly dst: Mac;
}

/** arp_send_dst: build and transmit; silent on devices without ARP. `cause` is the packet that made us ask or answer. */
export function arpSend(dev: NetDevice, m: ArpMessage, cause: Packet | null): void {
  if ((dev.flags & IFF_NOARP) !== 0) return;
  const { ns } = dev;
  const pkt = ns.world.allocSkb(ARP_LEN, cause);
  arpWrite(pkt.buf, pkt.head, m.op, m.sha, m.sip, m.tha, m.tip);
  pkt.nh = pkt.head;
  pkt.protocol = ETH_P_ARP;
  pkt.dev = dev;
  devHardHeader(pkt, dev, ETH_P_ARP, m.dst);
  nfHook(ns, NFPROTO_ARP, NF_ARP_OUT, pkt, null, dev, devQueueXmit);
}

/** arp_solicit: broadcast while nothing is known, unicast to the known address in PROBE. */
function arpSolicit(neigh: Neigh, pkt: Packet | null): void {
  const { dev } = neigh;
  const sip = solicitSource(neigh, pkt);
  const unicast = neigh.probes < dev.inDev.arpParms.ucast_solicit;
  arpSend(
    dev,
    {
      op: ARPOP_REQUEST,
      sha: dev.addr,
      sip,
      tha: MAC_ZERO,
      tip: neigh.addr,
      dst: unicast ? neigh.lladdr : MAC_BROADCAST,
    },
    pkt,
  );
}

/** Which own address asks: arp_announce 0 the packet's, 1 the packet's if the target is in its subnet, 2 the best for the target. */
function solicitSource(neigh: Neigh, pkt: Packet | null): Ipv4 {
  const { dev } = neigh;
  const { ns, inDev } = dev;
  const announce = inDev.arpAnnounce;
  if (pkt !== null && pkt.protocol === ETH_P_IP && announce < 2) {
    const saddr = ipSaddr(pkt.buf, pkt.nh);
    if (inetAddrType(ns, saddr) === RTN_LOCAL && (announce !== 1 || inDev.onlink(neigh.addr, saddr))) return saddr;
  }
  return inetSelectAddr(ns, dev, neigh.addr, RT_SCOPE_LINK);
}

/** arp_error_report → ipv4_link_failure: the sender learns that the host is not there. */
function arpErrorReport(neigh: Neigh, pkt: Packet): void {
  const { ns } = neigh.dev;
  if (pkt.protocol === ETH_P_IP && ipRecompileOptions(ns, pkt))
    ns.ipv4.icmpSend(pkt, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
  kfreeSkb(ns, pkt, "NEIGH_FAILED", "arp_error_report", `no answer on ${neigh.dev.name}`);
}

export const ARP_NEIGH_OPS: NeighOps = { solicit: arpSolicit, errorReport: arpErrorReport };
