// hash:net (net/netfilter/ipset/ip_set_hash_net.c): networks of any length but 0, the longest that fits decides.

import { formatIpv4, prefixMask } from "../../addr/ipv4.ts";
import { HASH_CREATE, NET_ADD, NET_TEST } from "./hash-options.ts";
import { packetAddr } from "./ip-set-getport.ts";
import type { HashType } from "./ip-set-hash.ts";
import { HashSet } from "./ip-set-hash.ts";
import { eachNet, orderedRange } from "./ranges.ts";
import { ipPart } from "./user-elem.ts";

/** `/len` unless it is a host. */
export function netText(ip: number, cidr: number): string {
  return cidr === 32 ? formatIpv4(ip) : `${formatIpv4(ip)}/${cidr}`;
}

export const hashNet: HashType = {
  name: "hash:net",
  alias: "nethash",
  revision: 7,
  dimension: 1,
  nomatch: true,
  ofSets: false,
  nets: true,
  depth: 1,
  memory: 456,
  parts: ["ip4"],
  createOptions: HASH_CREATE,
  addOptions: NET_ADD,
  testOptions: NET_TEST,
  testCidr: true,
  testIpRange: false,
  text: ipPart,
  keyText: (e) => netText(e.a, e.cidr),
  create: (o, sets) => new HashSet(hashNet, o, sets),
  fromPacket(c, src, probe) {
    probe.a = (packetAddr(c, src, 0) & prefixMask(probe.cidr)) >>> 0;
    return true;
  },
  each(e, { probe }, single, visit) {
    const net = (ip: number, cidr: number): ReturnType<typeof visit> => {
      probe.cidr = cidr;
      probe.a = (ip & prefixMask(cidr)) >>> 0;
      return visit();
    };
    if (e.cidr === 0) return "INVALID_CIDR";
    if (single || e.ipTo === null) return net(e.ip, e.cidr ?? 32);
    const range = orderedRange(e.ip, e.ipTo);
    return range.from === 0 && range.to === 0xffffffff ? "HASH_RANGE" : eachNet(range, net);
  },
};
