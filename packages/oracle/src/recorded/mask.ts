// Mask list A: the bytes of a recorded frame that its own `masked` names are zeroed in ours, nothing else.

import type { RecordedPacket } from "./format.ts";

type MaskName = RecordedPacket["masked"][number];

const ETH = 14;
const VXLAN_INNER = 16;

/** Zero `len` bytes at an offset that depends on where the (outer) UDP header and the inner frame begin. */
interface MaskRow {
  readonly at: (udp: number) => number;
  readonly len: number;
  /** The same field of the inner frame when the frame is encapsulated. */
  readonly inner?: number;
}

const MASKS: Readonly<Record<MaskName, MaskRow>> = {
  "outer.ip.id": { at: () => ETH + 4, len: 2 },
  "outer.ip.csum": { at: () => ETH + 10, len: 2 },
  "outer.udp.sport": { at: (udp) => udp, len: 2 },
  "ip.id": { at: () => ETH + 4, len: 2, inner: ETH + 4 },
  "ip.csum": { at: () => ETH + 10, len: 2, inner: ETH + 10 },
};

/** A copy of `frame` with the named fields zeroed. */
export function maskFrame(frame: Uint8Array, masked: readonly MaskName[]): Uint8Array {
  const out = frame.slice();
  const udp = ETH + (((out[ETH] ?? 0) & 15) << 2);
  const encapsulated = masked.includes("outer.udp.sport");
  for (const name of masked) {
    const row = MASKS[name];
    const at = encapsulated && row.inner !== undefined ? udp + VXLAN_INNER + row.inner : row.at(udp);
    out.fill(0, at, Math.min(at + row.len, out.length));
  }
  return out;
}
