// A gratuitous ARP request as the arping library sends it (j-keck/arping GratuitousArpOverIface): sender and target are the announced
// address (RFC 5227 §3), the target's MAC is the broadcast address.

import { ARP_LEN, ARPOP_REQUEST, arpWrite, ETH_HLEN, ETH_P_ARP, ethWrite, MAC_BROADCAST } from "@kubehop/netstack";
import type { Ipv4, Mac } from "@kubehop/netstack";

/** The whole frame, broadcast, 42 bytes. */
export function gratuitousArp(mac: Mac, ip: Ipv4): Uint8Array {
  const frame = new Uint8Array(ETH_HLEN + ARP_LEN);
  ethWrite(frame, 0, MAC_BROADCAST, mac, ETH_P_ARP);
  arpWrite(frame, ETH_HLEN, ARPOP_REQUEST, mac, ip, MAC_BROADCAST, ip);
  return frame;
}
