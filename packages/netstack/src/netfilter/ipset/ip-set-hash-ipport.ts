// hash:ip,port (net/netfilter/ipset/ip_set_hash_ipport.c): an address with a protocol and its port.

import { formatIpv4 } from "../../addr/ipv4.ts";
import { ELEM_ADD, HASH_CREATE, MASK_CREATE } from "./hash-options.ts";
import { packetAddr, packetPort } from "./ip-set-getport.ts";
import type { HashType } from "./ip-set-hash.ts";
import { HashSet } from "./ip-set-hash.ts";
import { hasPorts, protoPortKey, protoPortKeyText } from "./proto-port.ts";
import { eachIpPort, hostRange, portRange } from "./ranges.ts";
import { ipPart, portPart } from "./user-elem.ts";

export const hashIpPort: HashType = {
  name: "hash:ip,port",
  alias: "ipporthash",
  revision: 7,
  dimension: 2,
  nomatch: false,
  ofSets: false,
  nets: false,
  // a: protocol and port, b: address.
  depth: 2,
  memory: 216,
  maskLast: true,
  parts: ["ip4", "proto-port"],
  createOptions: [...HASH_CREATE, ...MASK_CREATE],
  addOptions: ELEM_ADD,
  testOptions: [],
  testCidr: true,
  testIpRange: true,
  text: (e) => `${ipPart(e)},${portPart(e)}`,
  keyText: (e) => `${formatIpv4(e.b)},${protoPortKeyText(e.a)}`,
  create: (o, sets) => (o.bitmask === 0 ? "INVALID_NETMASK" : new HashSet(hashIpPort, o, sets)),
  fromPacket(c, src, probe, set) {
    probe.a = packetPort(c, (src & 2) !== 0);
    probe.b = (packetAddr(c, src, 0) & set.mask) >>> 0;
    return probe.a >= 0 && probe.b !== 0;
  },
  each(e, { probe, mask }, single, visit) {
    probe.cidr = 32;
    probe.a = protoPortKey(e.proto, e.port);
    probe.b = (e.ip & mask) >>> 0;
    if (probe.b === 0) return "EINVAL";
    if (single || (e.ipTo === null && e.cidr === null && e.portTo === null)) return visit();
    // The kernel cuts the first address with the set's mask, but not those that follow in a range.
    const ips = hostRange(e, probe.b);
    if (typeof ips === "string") return ips;
    return eachIpPort(ips, portRange(e, hasPorts(e.proto)), (ip, port) => {
      probe.a = protoPortKey(e.proto, port);
      probe.b = ip;
      return visit();
    });
  },
};
