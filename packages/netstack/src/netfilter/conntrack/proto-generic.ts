// Protocols without a tracker of their own, and GRE (nf_conntrack_proto_generic.c, nf_conntrack_proto_gre.c).

import type { Packet } from "../../skb/packet.ts";
import type { ConntrackNet } from "./conntrack-net.ts";
import type { Conntrack } from "./conntrack.ts";
import { IPS_ASSURED, IPS_NAT_CLASH, IPS_SEEN_REPLY } from "./conntrack.ts";
import { IPCT_ASSURED } from "./events.ts";
import type { CtVerdict } from "./l4proto.ts";
import { CT_ACCEPT, nfCtRefreshAcct } from "./l4proto.ts";
import type { CtDir } from "./tuple.ts";

/** generic_packet: known by its addresses, nothing to check. */
export function genericPacket(net: ConntrackNet, ct: Conntrack, pkt: Packet, _dataoff: number, dir: CtDir): CtVerdict {
  nfCtRefreshAcct(net, ct, dir, pkt, net.sysctl.genericTimeout);
  return CT_ACCEPT;
}

/** nf_conntrack_gre_packet. */
export function nfConntrackGrePacket(
  net: ConntrackNet,
  ct: Conntrack,
  pkt: Packet,
  _dataoff: number,
  dir: CtDir,
): CtVerdict {
  if (!ct.has(IPS_SEEN_REPLY)) {
    nfCtRefreshAcct(net, ct, dir, pkt, net.sysctl.greTimeout);
    return CT_ACCEPT;
  }
  nfCtRefreshAcct(net, ct, dir, pkt, net.sysctl.greTimeoutStream);
  if (!ct.has(IPS_NAT_CLASH | IPS_ASSURED)) {
    ct.status |= IPS_ASSURED;
    net.cacheEvent(ct, IPCT_ASSURED);
  }
  return CT_ACCEPT;
}
