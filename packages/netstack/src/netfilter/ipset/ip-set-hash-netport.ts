// hash:net,port (net/netfilter/ipset/ip_set_hash_netport.c): a network with a protocol and its port.

import { prefixMask } from "../../addr/ipv4.ts";
import { HASH_CREATE, NET_ADD, NET_TEST } from "./hash-options.ts";
import { packetAddr, packetPort } from "./ip-set-getport.ts";
import type { HashType } from "./ip-set-hash.ts";
import { HashSet } from "./ip-set-hash.ts";
import { netText } from "./ip-set-hash-net.ts";
import { hasPorts, protoPortKey, protoPortKeyText } from "./proto-port.ts";
import { eachNet, orderedRange, portRange, prefixRange } from "./ranges.ts";
import { ipPart, portPart } from "./user-elem.ts";

export const hashNetPort: HashType = {
  name: "hash:net,port",
  alias: "netporthash",
  revision: 8,
  dimension: 2,
  nomatch: true,
  ofSets: false,
  nets: true,
  // a: protocol and port, b: network.
  depth: 2,
  memory: 456,
  parts: ["ip4", "proto-port"],
  createOptions: HASH_CREATE,
  addOptions: NET_ADD,
  testOptions: NET_TEST,
  testCidr: true,
  testIpRange: false,
  text: (e) => `${ipPart(e)},${portPart(e)}`,
  keyText: (e) => `${netText(e.b, e.cidr)},${protoPortKeyText(e.a)}`,
  create: (o, sets) => new HashSet(hashNetPort, o, sets),
  fromPacket(c, src, probe) {
    probe.a = packetPort(c, (src & 2) !== 0);
    probe.b = (packetAddr(c, src, 0) & prefixMask(probe.cidr)) >>> 0;
    return probe.a >= 0;
  },
  each(e, { probe }, single, visit) {
    const ports = single ? { from: e.port, to: e.port } : portRange(e, hasPorts(e.proto));
    const net = (ip: number, cidr: number): ReturnType<typeof visit> => {
      probe.cidr = cidr;
      probe.b = (ip & prefixMask(cidr)) >>> 0;
      for (let port = ports.from; port <= ports.to; port++) {
        probe.a = protoPortKey(e.proto, port);
        const errno = visit();
        if (errno !== null) return errno;
      }
      return null;
    };
    if (e.cidr === 0) return "INVALID_CIDR";
    const cidr = e.cidr ?? 32;
    if (single || (e.ipTo === null && e.portTo === null)) return net(e.ip, cidr);
    const range = e.ipTo === null ? prefixRange(e.ip, cidr) : orderedRange(e.ip, e.ipTo);
    return range.from === 0 && range.to === 0xffffffff ? "HASH_RANGE" : eachNet(range, net);
  },
};
