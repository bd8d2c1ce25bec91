// hash:ip (net/netfilter/ipset/ip_set_hash_ip.c): single addresses, cut with a netmask or bitmask when the set has one.

import { formatIpv4 } from "../../addr/ipv4.ts";
import { ELEM_ADD, HASH_CREATE, MASK_CREATE } from "./hash-options.ts";
import { packetAddr } from "./ip-set-getport.ts";
import type { HashType } from "./ip-set-hash.ts";
import { HashSet } from "./ip-set-hash.ts";
import { eachIp, hostRange } from "./ranges.ts";
import { ipPart } from "./user-elem.ts";

export const hashIp: HashType = {
  name: "hash:ip",
  alias: "iphash",
  revision: 6,
  dimension: 1,
  nomatch: false,
  ofSets: false,
  nets: false,
  depth: 1,
  memory: 216,
  parts: ["ip4"],
  createOptions: [...HASH_CREATE, ...MASK_CREATE],
  addOptions: ELEM_ADD,
  testOptions: [],
  testCidr: true,
  testIpRange: true,
  text: ipPart,
  keyText: (e) => formatIpv4(e.a),
  create: (o, sets) => (o.bitmask === 0 ? "INVALID_NETMASK" : new HashSet(hashIp, o, sets)),
  fromPacket(c, src, probe, set) {
    probe.a = (packetAddr(c, src, 0) & set.mask) >>> 0;
    return probe.a !== 0;
  },
  each(e, set, single, visit) {
    const { probe, mask } = set;
    probe.cidr = 32;
    probe.a = (e.ip & mask) >>> 0;
    if (probe.a === 0) return "HASH_ELEM";
    if (single) return visit();
    const range = hostRange(e, probe.a);
    if (typeof range === "string") return range;
    // With a netmask one step per network. A bitmask goes address by address, and cuts the first one only.
    return eachIp(range, 2 ** (32 - set.netmask), (ip) => {
      probe.a = ip;
      return visit();
    });
  },
};
