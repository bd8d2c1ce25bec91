// IPv4 joins a namespace: packet types, ICMP, neighbour operations, sysctls, device events (net/ipv4/af_inet.c, devinet.c: inetdev_event).

import type { Ipv4 } from "../addr/ipv4.ts";
import { MAC_BROADCAST, MAC_ZERO } from "../addr/mac.ts";
import type { DeviceEvent } from "../dev/device-table.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { IFF_LOOPBACK } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import { ARPOP_REQUEST } from "../wire/arp-fields.ts";
import { ETH_P_ARP, ETH_P_IP } from "../wire/ethernet.ts";
import { IPPROTO_ICMP } from "../wire/ipv4-fields.ts";
import { ARP_NEIGH_OPS, arpSend } from "./arp.ts";
import { arpRcv } from "./arp-input.ts";
import { inetdevDestroy, inetInsertIfa } from "./devinet.ts";
import { fibAddIfaddr } from "./fib/fib-frontend.ts";
import { fibSyncCarrier, fibSyncDownDev, fibSyncUp } from "./fib/fib-table-ops.ts";
import { icmpRcv } from "./icmp-input.ts";
import { icmpSend } from "./icmp.ts";
import { InDevice } from "./in-device.ts";
import { ipRcv } from "./ip-input.ts";
import { RT_SCOPE_HOST } from "./rt-types.ts";
import { registerIpv4Sysctls } from "./sysctls.ts";

const ALL_HOSTS = 0xe0000001;

export function registerIpv4(ns: NetNamespace): void {
  ns.packetTypes.set(ETH_P_IP, ipRcv);
  ns.packetTypes.set(ETH_P_ARP, arpRcv);
  ns.ipv4.icmpSend = icmpSend;
  ns.ipv4.protocols[IPPROTO_ICMP] = {
    handler: icmpRcv,
    errHandler: (pkt, type, code, info) => ns.ipv4.pingErr?.(pkt, type, code, info),
  };
  ns.arp.ops = ARP_NEIGH_OPS;
  registerIpv4Sysctls(ns);
  ns.devices.subscribe((event, dev) => {
    inetdevEvent(ns, event, dev);
  });
}

function inetdevEvent(ns: NetNamespace, event: DeviceEvent, dev: NetDevice): void {
  switch (event) {
    case "register":
      return inetdevInit(ns, dev);
    case "unregister":
      return inetdevGone(ns, dev);
    case "up":
      return inetdevUp(ns, dev);
    case "down":
      return fibDisableIp(ns, dev);
    case "carrier":
      return carrierChange(ns, dev);
    case "addr-change":
      ns.arp.flushDev(dev, false);
      return announce(dev);
    case "change":
      return;
  }
}

/** inetdev_init: a fresh configuration from `default`. */
function inetdevInit(ns: NetNamespace, dev: NetDevice): void {
  // A device that is built, or comes from another namespace, has none of ours.
  const old = dev.inDev as InDevice | null;
  if (old === null || old.ns !== ns || old.dev !== null) dev.inDev = new InDevice(ns);
  dev.inDev.dev = dev;
  dev.inDev.groups.set(ALL_HOSTS | 0, 1);
}

function inetdevGone(ns: NetNamespace, dev: NetDevice): void {
  inetdevDestroy(dev);
  ns.arp.flushDev(dev, false);
  ns.arp.proxies.delete(dev);
}

function inetdevUp(ns: NetNamespace, dev: NetDevice): void {
  if ((dev.flags & IFF_LOOPBACK) !== 0 && dev.inDev.addrs.length === 0) {
    const local = 0x7f000001 as Ipv4;
    inetInsertIfa(dev, {
      local,
      address: local,
      len: 8,
      scope: RT_SCOPE_HOST,
      broadcast: 0 as Ipv4,
      label: dev.name,
      noprefixroute: false,
      secondary: false,
    });
  }
  fibSyncUp(ns, dev);
  for (const ifa of dev.inDev.addrs) fibAddIfaddr(dev, ifa);
  announce(dev);
}

/** fib_disable_ip: routes through the device go, and its neighbours. */
function fibDisableIp(ns: NetNamespace, dev: NetDevice): void {
  fibSyncDownDev(ns, dev, false);
  ns.arp.flushDev(dev, false);
}

function carrierChange(ns: NetNamespace, dev: NetDevice): void {
  fibSyncCarrier(ns, dev);
  const evict = (ns.ipv4.confAll.arp_evict_nocarrier & dev.inDev.conf.arp_evict_nocarrier) !== 0;
  if (evict && !dev.ops.carrier(dev)) ns.arp.flushDev(dev, true);
}

/** inetdev_send_gratuitous_arp, with arp_notify only. */
function announce(dev: NetDevice): void {
  if (!dev.up || !dev.inDev.arpNotify) return;
  for (const ifa of dev.inDev.addrs) {
    arpSend(
      dev,
      { op: ARPOP_REQUEST, sha: dev.addr, sip: ifa.local, tha: MAC_ZERO, tip: ifa.local, dst: MAC_BROADCAST },
      null,
    );
  }
}
