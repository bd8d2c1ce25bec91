// What br_netfilter remembers of a bridged packet (struct nf_bridge_info, include/linux/skbuff.h).

import type { Ipv4 } from "../../addr/ipv4.ts";
import type { Mac } from "../../addr/mac.ts";
import { MAC_ZERO } from "../../addr/mac.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import type { Packet } from "../../skb/packet.ts";

export class NfBridgeInfo {
  /** Port by which the frame came in, for physdev. */
  physindev: NetDevice | null = null;
  /** Port by which it will leave; set in the bridge's FORWARD only. */
  physoutdev: NetDevice | null = null;
  /** ip_sabotage_in did its work: PREROUTING ran inside the bridge, it is not run again. */
  sabotageInDone = false;
  /** The frame was somebody else's (PACKET_OTHERHOST) before IP saw it. */
  pktOtherhost = false;
  inPrerouting = false;
  /** Destination before PREROUTING. */
  ipv4Daddr: Ipv4 = 0 as Ipv4;
  /** Largest fragment the frame came in, bytes of IP; 0 when it was whole. */
  fragMaxSize = 0;
  /** A bridged DNAT waits for its neighbour: the bridge device hands the packet to this function instead of sending it. */
  bridgedDnat: ((pkt: Packet) => void) | null = null;
  /** Source MAC of a frame that waits so: put back behind the neighbour layer, which writes the bridge's own. */
  neighSrc: Mac = MAC_ZERO;

  clone(): NfBridgeInfo {
    return Object.assign(new NfBridgeInfo(), this);
  }

  /** nf_bridge_info_exists and physdev-is-bridged: it came by a port and leaves by one. */
  get bridged(): boolean {
    return this.physindev !== null && this.physoutdev !== null;
  }
}
