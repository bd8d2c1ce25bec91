// An element as a person wrote it, before a set makes one or many members of it (struct ipset_data).

import { formatIpv4 } from "../../addr/ipv4.ts";
import type { ElemExt } from "./ip-set-elem.ts";
import { protoPortText } from "./proto-port.ts";

export interface UserElem extends ElemExt {
  ip: number;
  /** End of a range; null: none. */
  ipTo: number | null;
  cidr: number | null;
  proto: number;
  port: number;
  portTo: number | null;
  ip2: number;
  ip2To: number | null;
  cidr2: number | null;
  iface: string;
  physdev: boolean;
  wildcard: boolean;
  nomatch: boolean;
  /** list:set: the set, and the member before or after which it stands. */
  name: string;
  nameref: string | null;
  before: boolean;
}

export function emptyUserElem(): UserElem {
  return {
    ip: 0,
    ipTo: null,
    cidr: null,
    proto: 0,
    port: 0,
    portTo: null,
    ip2: 0,
    ip2To: null,
    cidr2: null,
    iface: "",
    physdev: false,
    wildcard: false,
    nomatch: false,
    name: "",
    nameref: null,
    before: false,
    timeout: null,
    packets: null,
    bytes: null,
    comment: null,
    skbinfo: null,
  };
}

function addrText(ip: number, cidr: number | null): string {
  return cidr === null || cidr === 32 ? formatIpv4(ip) : `${formatIpv4(ip)}/${cidr}`;
}

/** Texts of the parts, as `ipset test` repeats them. */
export function ipPart(e: UserElem): string {
  const from = addrText(e.ip, e.cidr);
  return e.ipTo === null ? from : `${from}-${formatIpv4(e.ipTo)}`;
}

export function ip2Part(e: UserElem): string {
  return addrText(e.ip2, e.cidr2);
}

export function portPart(e: UserElem): string {
  return protoPortText(e.proto, e.port);
}
