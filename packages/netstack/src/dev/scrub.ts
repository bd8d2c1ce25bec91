// What a packet loses on its way (net/core/skbuff.c: skb_scrub_packet).

import type { Packet } from "../skb/packet.ts";
import { PACKET_HOST } from "../skb/packet.ts";

/** nf_reset_ct: forget the connection. */
export function nfResetCt(pkt: Packet): void {
  pkt.ct = null;
  pkt.ctinfo = 0;
}

/** Leaving a device for another world: route, conntrack, trace flag and bridge state go; between namespaces (`xnet`) the mark goes too. */
export function skbScrub(pkt: Packet, xnet: boolean): void {
  pkt.pktType = PACKET_HOST;
  pkt.iif = 0;
  pkt.ignoreDf = false;
  pkt.route = null;
  pkt.nfBridge = null;
  nfResetCt(pkt);
  pkt.nfTrace = false;
  pkt.loopback = false;
  pkt.ipcb = 0;
  pkt.ipOpt = null;
  pkt.fragMaxSize = 0;
  pkt.sk = null;
  if (xnet) pkt.mark = 0;
}
