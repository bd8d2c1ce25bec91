// Ethernet II frames as values (RFC 894).

import type { Mac } from "../addr/mac.ts";
import { ETH_HLEN, ethDst, ethProto, ethSrc, ethWrite } from "../wire/ethernet.ts";

/** A frame as a value. `payload` is what stands behind the 14 bytes. */
export interface EthernetRepr {
  readonly dst: Mac;
  readonly src: Mac;
  readonly ethertype: number;
  readonly payload: Uint8Array;
}

/** Undefined: shorter than a header. */
export function parseEthernet(b: Uint8Array): EthernetRepr | undefined {
  if (b.length < ETH_HLEN) return undefined;
  return { dst: ethDst(b, 0), src: ethSrc(b, 0), ethertype: ethProto(b, 0), payload: b.slice(ETH_HLEN) };
}

export function emitEthernet(r: EthernetRepr): Uint8Array {
  const b = new Uint8Array(ETH_HLEN + r.payload.length);
  ethWrite(b, 0, r.dst, r.src, r.ethertype);
  b.set(r.payload, ETH_HLEN);
  return b;
}
