// The types of sets that are modelled, and the names of the others.

import { bitmapPort } from "./ip-set-bitmap-port.ts";
import { hashIp } from "./ip-set-hash-ip.ts";
import { hashIpPort } from "./ip-set-hash-ipport.ts";
import { hashIpPortIp } from "./ip-set-hash-ipportip.ts";
import { hashIpPortNet } from "./ip-set-hash-ipportnet.ts";
import { hashNet } from "./ip-set-hash-net.ts";
import { hashNetIface } from "./ip-set-hash-netiface.ts";
import { hashNetPort } from "./ip-set-hash-netport.ts";
import { listSet } from "./ip-set-list-set.ts";
import type { SetType } from "./ip-set-type.ts";

export const SET_TYPES: readonly SetType[] = [
  hashIp,
  hashNet,
  hashIpPort,
  hashNetPort,
  hashIpPortIp,
  hashIpPortNet,
  hashNetIface,
  bitmapPort,
  listSet,
];

/** Known to ipset 7.17, not modelled. */
export const OTHER_SET_TYPES: readonly string[] = [
  "bitmap:ip",
  "ipmap",
  "bitmap:ip,mac",
  "macipmap",
  "hash:net,net",
  "hash:net,port,net",
  "hash:ip,mark",
  "hash:ip,mac",
  "hash:mac",
];

export function findSetType(name: string): SetType | undefined {
  return SET_TYPES.find((t) => t.name === name || t.alias === name);
}
