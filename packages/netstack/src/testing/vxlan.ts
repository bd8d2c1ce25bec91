// VXLAN packets as values (RFC 7348 §5).

import { VXLAN_HF_VNI, VXLAN_HLEN, vxlanFlags, vxlanVni, vxlanWrite } from "../wire/vxlan-fields.ts";

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
