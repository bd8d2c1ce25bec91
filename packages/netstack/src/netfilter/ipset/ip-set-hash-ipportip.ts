// hash:ip,port,ip (net/netfilter/ipset/ip_set_hash_ipportip.c).

import { formatIpv4 } from "../../addr/ipv4.ts";
import { ELEM_ADD, HASH_CREATE } from "./hash-options.ts";
import { packetAddr, packetPort } from "./ip-set-getport.ts";
import type { HashType } from "./ip-set-hash.ts";
import { HashSet } from "./ip-set-hash.ts";
import { hasPorts, protoPortKey, protoPortKeyText } from "./proto-port.ts";
import { eachIpPort, hostRange, portRange } from "./ranges.ts";
import { ip2Part, ipPart, portPart } from "./user-elem.ts";

export const hashIpPortIp: HashType = {
  name: "hash:ip,port,ip",
  alias: "ipportiphash",
  revision: 6,
  dimension: 3,
  nomatch: false,
  ofSets: false,
  nets: false,
  // a: protocol and port, b: first, c: second address.
  depth: 3,
  memory: 208,
  parts: ["ip4", "proto-port", "single-ip"],
  createOptions: HASH_CREATE,
  addOptions: ELEM_ADD,
  testOptions: [],
  testCidr: true,
  testIpRange: true,
  text: (e) => `${ipPart(e)},${portPart(e)},${ip2Part(e)}`,
  keyText: (e) => `${formatIpv4(e.b)},${protoPortKeyText(e.a)},${formatIpv4(e.c)}`,
  create: (o, sets) => new HashSet(hashIpPortIp, o, sets),
  fromPacket(c, src, probe) {
    probe.a = packetPort(c, (src & 2) !== 0);
    probe.b = packetAddr(c, src, 0);
    probe.c = packetAddr(c, src, 2);
    return probe.a >= 0;
  },
  each(e, { probe }, single, visit) {
    probe.cidr = 32;
    probe.a = protoPortKey(e.proto, e.port);
    probe.b = e.ip;
    probe.c = e.ip2;
    if (single) return visit();
    const ips = hostRange(e);
    if (typeof ips === "string") return ips;
    return eachIpPort(ips, portRange(e, hasPorts(e.proto)), (ip, port) => {
      probe.a = protoPortKey(e.proto, port);
      probe.b = ip;
      return visit();
    });
  },
};
