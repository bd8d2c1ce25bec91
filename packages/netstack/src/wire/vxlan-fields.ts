// VXLAN header (RFC 7348 §5): flags 1, reserved 3, VNI 3, reserved 1, in place.

import { getU32, setU32 } from "./bytes.ts";

export const VXLAN_HLEN = 8;
/** The I flag: the VNI is valid. */
export const VXLAN_HF_VNI = 0x08000000;

/** First word: flags and reserved bits. */
export function vxlanFlags(b: Uint8Array, o: number): number {
  return getU32(b, o);
}
export function vxlanVni(b: Uint8Array, o: number): number {
  return getU32(b, o + 4) >>> 8;
}
export function vxlanWrite(b: Uint8Array, o: number, vni: number): void {
  setU32(b, o, VXLAN_HF_VNI);
  setU32(b, o + 4, vni << 8);
}
