// hash:net,iface (net/netfilter/ipset/ip_set_hash_netiface.c): a network and the name of a device, or the beginning of one.

import { prefixMask } from "../../addr/ipv4.ts";
import { HASH_CREATE, NET_ADD, NET_TEST } from "./hash-options.ts";
import { packetAddr } from "./ip-set-getport.ts";
import type { HashType } from "./ip-set-hash.ts";
import { HashSet } from "./ip-set-hash.ts";
import { netText } from "./ip-set-hash-net.ts";
import { eachNet, orderedRange } from "./ranges.ts";
import { ipPart } from "./user-elem.ts";

export const hashNetIface: HashType = {
  name: "hash:net,iface",
  alias: "netifacehash",
  revision: 8,
  dimension: 2,
  nomatch: true,
  ofSets: false,
  nets: true,
  depth: 1,
  memory: 488,
  parts: ["ip4", "iface"],
  createOptions: HASH_CREATE,
  addOptions: [...NET_ADD, "wildcard"],
  testOptions: [...NET_TEST, "wildcard"],
  testCidr: true,
  testIpRange: false,
  text: (e) => `${ipPart(e)},${e.iface}`,
  keyText: (e) => `${netText(e.a, e.cidr)},${e.physdev ? "physdev:" : ""}${e.iface}`,
  create: (o, sets) => new HashSet(hashNetIface, o, sets),
  isSame: (e, probe) =>
    e.physdev === probe.physdev && (e.wildcard ? probe.iface.startsWith(e.iface) : e.iface === probe.iface),
  fromPacket(c, src, probe) {
    probe.a = (packetAddr(c, src, 0) & prefixMask(probe.cidr)) >>> 0;
    probe.iface = (src & 2) !== 0 ? c.inName : c.outName;
    probe.physdev = false;
    probe.wildcard = false;
    return probe.iface !== "";
  },
  each(e, { probe }, single, visit) {
    probe.iface = e.iface;
    probe.physdev = e.physdev;
    probe.wildcard = e.wildcard;
    const net = (ip: number, cidr: number): ReturnType<typeof visit> => {
      probe.cidr = cidr;
      probe.a = (ip & prefixMask(cidr)) >>> 0;
      return visit();
    };
    if (single || e.ipTo === null) return net(e.ip, e.cidr ?? 32);
    const range = orderedRange(e.ip, e.ipTo);
    return range.from === 0 && range.to === 0xffffffff ? "HASH_RANGE" : eachNet(range, net);
  },
};
