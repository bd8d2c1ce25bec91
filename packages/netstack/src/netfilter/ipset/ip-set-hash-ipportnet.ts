// hash:ip,port,net (net/netfilter/ipset/ip_set_hash_ipportnet.c).

import { formatIpv4, prefixMask } from "../../addr/ipv4.ts";
import { HASH_CREATE, NET_ADD, NET_TEST } from "./hash-options.ts";
import { packetAddr, packetPort } from "./ip-set-getport.ts";
import type { HashType } from "./ip-set-hash.ts";
import { HashSet } from "./ip-set-hash.ts";
import { netText } from "./ip-set-hash-net.ts";
import { hasPorts, protoPortKey, protoPortKeyText } from "./proto-port.ts";
import { eachIpPort, eachNet, hostRange, orderedRange, portRange } from "./ranges.ts";
import { ip2Part, ipPart, portPart } from "./user-elem.ts";

export const hashIpPortNet: HashType = {
  name: "hash:ip,port,net",
  alias: "ipportnethash",
  revision: 8,
  dimension: 3,
  nomatch: true,
  ofSets: false,
  nets: true,
  // a: protocol and port, b: address, c: network.
  depth: 3,
  memory: 464,
  parts: ["ip4", "proto-port", "ip4"],
  createOptions: HASH_CREATE,
  addOptions: NET_ADD,
  testOptions: NET_TEST,
  testCidr: false,
  testIpRange: false,
  text: (e) => `${ipPart(e)},${portPart(e)},${ip2Part(e)}`,
  keyText: (e) => `${formatIpv4(e.b)},${protoPortKeyText(e.a)},${netText(e.c, e.cidr)}`,
  create: (o, sets) => new HashSet(hashIpPortNet, o, sets),
  fromPacket(c, src, probe) {
    probe.a = packetPort(c, (src & 2) !== 0);
    probe.b = packetAddr(c, src, 0);
    probe.c = (packetAddr(c, src, 2) & prefixMask(probe.cidr)) >>> 0;
    return probe.a >= 0;
  },
  each(e, { probe }, single, visit) {
    const put = (ip: number, port: number, net: number, cidr: number): ReturnType<typeof visit> => {
      probe.a = protoPortKey(e.proto, port);
      probe.b = ip;
      probe.c = (net & prefixMask(cidr)) >>> 0;
      probe.cidr = cidr;
      return visit();
    };
    if (e.cidr2 === 0) return "INVALID_CIDR";
    const cidr = e.cidr2 ?? 32;
    if (single) return put(e.ip, e.port, e.ip2, cidr);
    const ips = hostRange(e);
    if (typeof ips === "string") return ips;
    const nets = e.ip2To === null ? null : orderedRange(e.ip2, e.ip2To);
    if (nets !== null && nets.from === 0 && nets.to === 0xffffffff) return "HASH_RANGE";
    return eachIpPort(ips, portRange(e, hasPorts(e.proto)), (ip, port) =>
      nets === null ? put(ip, port, e.ip2, cidr) : eachNet(nets, (net, length) => put(ip, port, net, length)),
    );
  },
};
