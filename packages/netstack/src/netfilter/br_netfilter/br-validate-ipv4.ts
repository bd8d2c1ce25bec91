// The IPv4 header checks that stand in for ip_rcv_core while a frame is in the bridge (br_netfilter_hooks.c: br_validate_ipv4).

import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { Packet } from "../../skb/packet.ts";
import { csumFold, csumPartial } from "../../wire/checksum.ts";
import { ipHdrLen, ipTotLen, ipVersion } from "../../wire/ipv4-fields.ts";

/** RFC 1122 §3.2.1.2: a datagram with a bad header checksum is silently discarded; the other checks are RFC 791 §3.1. Trims padding. */
export function brValidateIpv4(ns: NetNamespace, pkt: Packet): boolean {
  const b = pkt.buf;
  const nh = pkt.nh;
  const mib = ns.ipv4.mib;
  const have = pkt.tail - nh;
  const hlen = have >= 20 ? ipHdrLen(b, nh) : 0;
  if (hlen < 20 || ipVersion(b, nh) !== 4 || have < hlen) {
    mib.IpInHdrErrors++;
    return false;
  }
  if (csumFold(csumPartial(b, nh, hlen)) !== 0) {
    mib.IpExtInCsumErrors++;
    mib.IpInHdrErrors++;
    return false;
  }
  const len = ipTotLen(b, nh);
  if (have < len) {
    mib.IpExtInTruncatedPkts++;
    return false;
  }
  if (len < hlen) {
    mib.IpInHdrErrors++;
    return false;
  }
  pkt.trim(len);
  pkt.ipcb = 0;
  pkt.ipOpt = null;
  return true;
}
