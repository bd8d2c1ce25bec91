// VXLAN header (RFC 7348 §5): flags 1, reserved 3, VNI 3, reserved 1. In place, and as a value.

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

export interface VxlanRepr {
  readonly vni: number;
  /** The inner frame from its link header. */
  readonly payload: Uint8Array;
}

/** "flags": the I flag is clear, or a bit is set that means nothing to plain VXLAN; the kernel drops such packets. */
export function parseVxlan(b: Uint8Array): VxlanRepr | "truncated" | "flags" {
  if (b.length < VXLAN_HLEN) return "truncated";
  if (vxlanFlags(b, 0) !== VXLAN_HF_VNI || (b[7] as number) !== 0) return "flags";
  return { vni: vxlanVni(b, 0), payload: b.slice(VXLAN_HLEN) };
}

export function emitVxlan(r: VxlanRepr): Uint8Array {
  const b = new Uint8Array(VXLAN_HLEN + r.payload.length);
  vxlanWrite(b, 0, r.vni);
  b.set(r.payload, VXLAN_HLEN);
  return b;
}
