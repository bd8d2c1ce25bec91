// Ethernet framing of packets: classification on receive, header on transmit (net/ethernet/eth.c).

import type { Mac } from "../addr/mac.ts";
import { isGroupMac, MAC_BROADCAST } from "../addr/mac.ts";
import type { Packet } from "../skb/packet.ts";
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST } from "../skb/packet.ts";
import { ETH_HLEN, ethDst, ethProto, ethWrite } from "../wire/ethernet.ts";
import type { NetDevice } from "./net-device.ts";

/** VLAN tag bytes behind the source MAC (IEEE 802.1Q §9.3). */
export const VLAN_HLEN = 4;

/**
 * eth_type_trans: `pkt.head` is at a link header that is wholly there. Takes it off, notes where it was, and classifies
 * the frame by destination: own MAC, broadcast, group, or somebody else's.
 */
export function ethTypeTrans(pkt: Packet, dev: NetDevice): void {
  const mac = pkt.head;
  pkt.dev = dev;
  pkt.mac = mac;
  pkt.protocol = ethProto(pkt.buf, mac);
  pkt.head = mac + ETH_HLEN;
  pkt.nh = pkt.head;
  const dst = ethDst(pkt.buf, mac);
  if (dst === dev.addr) pkt.pktType = PACKET_HOST;
  else if (isGroupMac(dst)) pkt.pktType = dst === MAC_BROADCAST ? PACKET_BROADCAST : PACKET_MULTICAST;
  else pkt.pktType = PACKET_OTHERHOST;
}

/** dev_hard_header: push an Ethernet header in front of `pkt.head`; the source is the device's own MAC unless given. */
export function devHardHeader(pkt: Packet, dev: NetDevice, proto: number, dst: Mac, src: Mac = dev.addr): void {
  pkt.push(ETH_HLEN);
  pkt.mac = pkt.head;
  ethWrite(pkt.buf, pkt.head, dst, src, proto);
}

/** skb_vlan_untag: lift the 802.1Q tag of a received packet into its metadata. False: the tag is cut short. */
export function skbVlanUntag(pkt: Packet): boolean {
  if (pkt.len < VLAN_HLEN + 2) return false;
  const b = pkt.buf;
  const at = pkt.head;
  pkt.vlanTci = ((b[at] as number) << 8) | (b[at + 1] as number);
  pkt.protocol = ((b[at + 2] as number) << 8) | (b[at + 3] as number);
  // The MAC addresses move up; the inner ethertype already stands where the header needs it.
  b.copyWithin(pkt.mac + VLAN_HLEN, pkt.mac, pkt.mac + 12);
  pkt.mac += VLAN_HLEN;
  pkt.head += VLAN_HLEN;
  pkt.nh = pkt.head;
  return true;
}

/** The frame as a capture shows it: bytes from the link header, a lifted VLAN tag put back. */
export function frameBytes(pkt: Packet): Uint8Array {
  const from = pkt.mac >= 0 ? pkt.mac : pkt.head;
  if (pkt.vlanTci < 0) return pkt.buf.slice(from, pkt.tail);
  const out = new Uint8Array(pkt.tail - from + VLAN_HLEN);
  out.set(pkt.buf.subarray(from, from + 12));
  out[12] = 0x81;
  out[14] = pkt.vlanTci >>> 8;
  out[15] = pkt.vlanTci;
  out.set(pkt.buf.subarray(from + 12, pkt.tail), 16);
  return out;
}
