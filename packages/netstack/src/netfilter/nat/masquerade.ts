// MASQUERADE: the source becomes the address of the output device, and the mapping ends with that address or device
// (net/netfilter/nf_nat_masquerade.c). REDIRECT and NETMAP beside it (nf_nat_redirect.c, xt_NETMAP.c).

import type { Ipv4 } from "../../addr/ipv4.ts";
import { INADDR_LOOPBACK } from "../../addr/ipv4.ts";
import type { NetDevice } from "../../dev/net-device.ts";
import { inetSelectAddr, RT_SCOPE_UNIVERSE } from "../../ipv4/route.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { Packet } from "../../skb/packet.ts";
import { ipDaddr, ipSaddr } from "../../wire/ipv4-fields.ts";
import { nfCtGet } from "../conntrack/conntrack-core.ts";
import type { HookNum, Verdict } from "../hooks.ts";
import { NF_ACCEPT, NF_DROP, NF_INET_LOCAL_OUT, NF_INET_PRE_ROUTING } from "../hooks.ts";
import type { NatSetupEnv } from "./nat-core.ts";
import { nfNatSetupInfo } from "./nat-core.ts";
import type { NatRange } from "./nat-range.ts";
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC, withAddr } from "./nat-range.ts";

/** nf_nat_masquerade_ipv4. POST_ROUTING only; a packet with source 0.0.0.0 (DHCP) is left alone. */
export function nfNatMasqueradeIpv4(
  env: NatSetupEnv,
  ns: NetNamespace,
  pkt: Packet,
  range: NatRange,
  out: NetDevice,
): Verdict {
  const ct = nfCtGet(pkt);
  if (ct === null || ct.orig.src === 0) return NF_ACCEPT;
  const daddr = ipDaddr(pkt.buf, pkt.nh);
  const source = inetSelectAddr(ns, out, pkt.route === null ? daddr : pkt.route.nexthop(daddr), RT_SCOPE_UNIVERSE);
  if (source === 0) {
    ns.printk(`${out.name} ate my IP address`);
    return NF_DROP;
  }
  ct.masqIndex = out.ifindex;
  return nfNatSetupInfo(env, ct, withAddr(range, source), NF_NAT_MANIP_SRC);
}

/** nf_nat_redirect_ipv4: to this host: locally made packets to 127.0.0.1, others to the first address of the device they came in on. */
export function nfNatRedirectIpv4(env: NatSetupEnv, pkt: Packet, range: NatRange, hook: HookNum): Verdict {
  const ct = nfCtGet(pkt);
  if (ct === null) return NF_ACCEPT;
  const target = hook === NF_INET_LOCAL_OUT ? INADDR_LOOPBACK : (pkt.dev?.inDev.primary?.local ?? 0);
  return target === 0 ? NF_DROP : nfNatSetupInfo(env, ct, withAddr(range, target), NF_NAT_MANIP_DST);
}

/** xt_NETMAP: `net`/`mask` replaces the network part; the destination in PREROUTING and OUTPUT, the source elsewhere. */
export function nfNatNetmap(env: NatSetupEnv, pkt: Packet, range: NatRange, hook: HookNum): Verdict {
  const ct = nfCtGet(pkt);
  if (ct === null || range.minAddr === null || range.maxAddr === null) return NF_ACCEPT;
  const isDst = hook === NF_INET_PRE_ROUTING || hook === NF_INET_LOCAL_OUT;
  const hostBits = (range.minAddr ^ range.maxAddr) >>> 0;
  const addr: Ipv4 = isDst ? ipDaddr(pkt.buf, pkt.nh) : ipSaddr(pkt.buf, pkt.nh);
  const mapped = ((addr & hostBits) | (range.minAddr & ~hostBits)) >>> 0;
  return nfNatSetupInfo(env, ct, withAddr(range, mapped), isDst ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC);
}

/** masq_device_event, masq_inet_event: a device that goes down ends its masqueraded connections, an address that is deleted those that use it. */
export function registerMasqueradeNotifiers(ns: NetNamespace): void {
  ns.devices.subscribe((event, dev) => {
    if (event === "down") ns.ct.cleanup((ct) => ct.masqIndex === dev.ifindex, "kernel");
  });
  ns.ipv4.addrChain.push((event, dev, ifa) => {
    if (event === "down") ns.ct.cleanup((ct) => ct.masqIndex === dev.ifindex && ct.reply.dst === ifa.address, "kernel");
  });
}
