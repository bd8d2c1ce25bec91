// What the protocol trackers share: their verdicts, the timeout refresh, accounting and the checksum test
// (nf_conntrack_core.c, net/netfilter/utils.c).

import type { Packet } from "../../skb/packet.ts";
import { CHECKSUM_COMPLETE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY } from "../../skb/packet.ts";
import { csumFold, csumPartial, pseudoSum } from "../../wire/checksum.ts";
import { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, ipDaddr, ipSaddr } from "../../wire/ipv4-fields.ts";
import type { HookNum } from "../hooks.ts";
import { NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING } from "../hooks.ts";
import type { ConntrackNet } from "./conntrack-net.ts";
import type { Conntrack } from "./conntrack.ts";
import { IPS_CONFIRMED, IPS_FIXED_TIMEOUT } from "./conntrack.ts";
import type { CtDir } from "./tuple.ts";

/** Verdict of a tracker. INVALID: the packet goes on without a connection. REPEAT: its connection is gone, look it up again. */
export const CT_DROP = 0;
export const CT_ACCEPT = 1;
export const CT_INVALID = -1;
export const CT_REPEAT = -4;
export type CtVerdict = 0 | 1 | -1 | -4;

/** One packet for a tracker: `dataoff` is the buffer offset of the transport header, the packet ends at pkt.tail. */
export type L4Tracker = (
  net: ConntrackNet,
  ct: Conntrack,
  pkt: Packet,
  dataoff: number,
  dir: CtDir,
  hook: HookNum,
) => CtVerdict;

/** nf_ct_refresh_acct: live `seconds` longer from now on, and count the packet. */
export function nfCtRefreshAcct(net: ConntrackNet, ct: Conntrack, dir: CtDir, pkt: Packet, seconds: number): void {
  if ((ct.status & IPS_FIXED_TIMEOUT) === 0) {
    const ms = seconds * 1000;
    ct.timeout = (ct.status & IPS_CONFIRMED) !== 0 ? net.now + ms : ms;
  }
  if (ct.counters !== null) nfCtAcct(ct, dir, pkt);
}

/** nf_ct_acct_update. */
export function nfCtAcct(ct: Conntrack, dir: CtDir, pkt: Packet): void {
  if (ct.counters === null) return;
  ct.counters.packets[dir]++;
  ct.counters.bytes[dir] += pkt.tail - pkt.nh;
}

/** Whether a transport checksum has to be verified here: only on arrival. */
export function mustVerify(net: ConntrackNet, hook: HookNum): boolean {
  return net.sysctl.checksum !== 0 && hook === NF_INET_PRE_ROUTING;
}

/**
 * nf_ip_checksum: true when the checksum from `dataoff` to the end of the packet is wrong; with a pseudo header for TCP and UDP. Packets
 * with a verified or partial checksum pass; a complete sum is believed on arrival, and not looked at elsewhere.
 */
export function nfIpChecksumBad(pkt: Packet, dataoff: number, proto: number, hook: HookNum): boolean {
  if (pkt.ipSummed === CHECKSUM_UNNECESSARY || pkt.ipSummed === CHECKSUM_PARTIAL) return false;
  if (pkt.ipSummed === CHECKSUM_COMPLETE) {
    if (hook !== NF_INET_PRE_ROUTING && hook !== NF_INET_LOCAL_IN) return false;
    if (pkt.csumGood) {
      pkt.ipSummed = CHECKSUM_UNNECESSARY;
      return false;
    }
  }
  const bad = !ipSumOk(pkt, dataoff, proto);
  pkt.ipSummed = CHECKSUM_COMPLETE;
  pkt.csumGood = !bad;
  pkt.csumValid = !bad;
  return bad;
}

/** Does the packet with the transport header at `dataoff` add up? */
export function ipSumOk(pkt: Packet, dataoff: number, proto: number): boolean {
  const len = pkt.tail - dataoff;
  const pseudo = proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_UDPLITE;
  const init = pseudo ? pseudoSum(ipSaddr(pkt.buf, pkt.nh), ipDaddr(pkt.buf, pkt.nh), proto, len) : 0;
  // Summed from the IP header on, as there: a valid header adds nothing, one that had an option filled in makes the packet bad.
  return csumFold(csumPartial(pkt.buf, pkt.nh, pkt.tail - pkt.nh, init)) === 0;
}
