// Rate limits of ICMP (net/ipv4/icmp.c: icmpv4_global_allow, icmpv4_xrlim_allow; inetpeer.c: inet_peer_xrlim_allow).

import type { Ipv4 } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { IFF_LOOPBACK } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, NR_ICMP_TYPES } from "../wire/icmp-fields.ts";

/** Tokens a peer can save up, in units of icmp_ratelimit. */
const XRLIM_BURST_FACTOR = 6;

/** icmpv4_mask_allow: types that are never limited. */
function unlimited(ns: NetNamespace, type: number, code: number): boolean {
  if (type > NR_ICMP_TYPES || (type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED)) return true;
  return ((1 << type) & ns.ipv4.sysctls.icmp_ratemask) === 0;
}

/** icmpv4_global_allow: is there credit left for a message of this type? */
export function icmpGlobalAllow(ns: NetNamespace, type: number, code: number): boolean {
  if (unlimited(ns, type, code) || refill(ns)) return true;
  ns.ipv4.mib.IcmpOutRateLimitGlobal++;
  return false;
}

/** icmp_global_allow: credit comes back by the elapsed time, in steps of 20 ms at least. */
function refill(ns: NetNamespace): boolean {
  const { ipv4 } = ns;
  if (ipv4.icmpCredit > 0) return true;
  const delta = Math.min(ns.world.now - ipv4.icmpStamp, 1000);
  if (delta < 20) return false;
  const more = Math.floor((delta * ipv4.sysctls.icmp_msgs_per_sec) / 1000);
  if (more <= 0) return false;
  ipv4.icmpStamp = ns.world.now;
  ipv4.icmpCredit = Math.min(ipv4.icmpCredit + more, ipv4.sysctls.icmp_msgs_burst);
  return ipv4.icmpCredit > 0;
}

/** icmpv4_xrlim_allow: the bucket of the host that would get the message. Loopback is free. */
export function icmpXrlimAllow(ns: NetNamespace, out: NetDevice, daddr: Ipv4, type: number, code: number): boolean {
  if (unlimited(ns, type, code)) return true;
  const free = (out.flags & IFF_LOOPBACK) !== 0 || peerAllow(ns, daddr);
  // The kernel takes 0 to 2 by chance, one on average.
  if (free) ns.ipv4.icmpCredit--;
  else ns.ipv4.mib.IcmpOutRateLimitHost++;
  return free;
}

/**
 * inet_peer_xrlim_allow. With icmp_ratelimit 0 every message is allowed, but the bucket, which errors about routes draw from too, is
 * clamped to nothing: unless it was refilled in this very tick, as by the route error that is just being told.
 */
function peerAllow(ns: NetNamespace, daddr: Ipv4): boolean {
  const timeout = ns.ipv4.sysctls.icmp_ratelimit;
  const peer = ns.ipv4.peer(daddr);
  const delta = ns.world.now - peer.rateLast;
  if (delta > 0) {
    peer.rateTokens = Math.min(peer.rateTokens + delta, XRLIM_BURST_FACTOR * timeout);
    peer.rateLast = ns.world.now;
  }
  if (peer.rateTokens < timeout) return false;
  peer.rateTokens -= timeout;
  return true;
}
