// ICMP messages as values (RFC 792).

import { getU32 } from "../wire/bytes.ts";
import { ICMP_HLEN, icmpCheckOk, icmpCode, icmpSetCheck, icmpType, icmpWrite } from "../wire/icmp-fields.ts";

export interface IcmpRepr {
  readonly type: number;
  readonly code: number;
  /** The four bytes behind the checksum as u32: identifier and sequence number, gateway, next-hop MTU … */
  readonly info: number;
  /** Echo data, or the quoted packet. */
  readonly payload: Uint8Array;
}

export function parseIcmp(b: Uint8Array): IcmpRepr | "truncated" | "checksum" {
  if (b.length < ICMP_HLEN) return "truncated";
  if (!icmpCheckOk(b, 0, b.length)) return "checksum";
  return { type: icmpType(b, 0), code: icmpCode(b, 0), info: getU32(b, 4), payload: b.slice(ICMP_HLEN) };
}

export function emitIcmp(r: IcmpRepr): Uint8Array {
  const b = new Uint8Array(ICMP_HLEN + r.payload.length);
  icmpWrite(b, 0, r.type, r.code, r.info);
  b.set(r.payload, ICMP_HLEN);
  icmpSetCheck(b, 0, b.length);
  return b;
}
