// A gratuitous ARP reply: sender and target are the announced address (RFC 5227 §3, as the arping library sends it).

import { ARP_LEN, ARPOP_REPLY, arpWrite, ETH_HLEN, ETH_P_ARP, ethWrite, MAC_BROADCAST } from "@kubehop/netstack";
import type { Ipv4, Mac } from "@kubehop/netstack";

/** The whole frame, broadcast, 42 bytes. */
export function gratuitousArp(mac: Mac, ip: Ipv4): Uint8Array {
  const frame = new Uint8Array(ETH_HLEN + ARP_LEN);
  ethWrite(frame, 0, MAC_BROADCAST, mac, ETH_P_ARP);
  arpWrite(frame, ETH_HLEN, ARPOP_REPLY, mac, ip, MAC_BROADCAST, ip);
  return frame;
}
