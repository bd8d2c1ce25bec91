// Mask list A: the bytes of a recorded frame that its own `masked` names are zeroed in ours, nothing else.

import type { RecordedPacket } from "./format.ts";

type MaskName = RecordedPacket["masked"][number];

const ETH = 14;
const VXLAN_INNER = 16;

/** Zero `len` bytes at an offset that depends on where headers begin. */
type MaskRow =
  /** Of the outermost packet. */
  | { readonly outer: (l4: number) => number; readonly len: number }
  /** Of the innermost packet, from its link header. */
  | { readonly ip: number; readonly len: number }
  /** Of the innermost packet, from its transport header. */
  | { readonly l4: number; readonly len: number };

const MASKS: Readonly<Record<MaskName, MaskRow>> = {
  "outer.ip.id": { outer: () => ETH + 4, len: 2 },
  "outer.ip.csum": { outer: () => ETH + 10, len: 2 },
  "outer.udp.sport": { outer: (udp) => udp, len: 2 },
  "ip.id": { ip: ETH + 4, len: 2 },
  "ip.csum": { ip: ETH + 10, len: 2 },
  "tcp.seq": { l4: 4, len: 4 },
  "tcp.csum": { l4: 16, len: 2 },
  "tcp.sport": { l4: 0, len: 2 },
  "udp.sport": { l4: 0, len: 2 },
  "icmp.id": { l4: 4, len: 2 },
};

/** A copy of `frame` with the named fields zeroed. */
export function maskFrame(frame: Uint8Array, masked: readonly MaskName[]): Uint8Array {
  const out = frame.slice();
  const outerL4 = transportAt(out, 0);
  const inner = masked.includes("outer.udp.sport") ? outerL4 + VXLAN_INNER : 0;
  for (const name of masked) {
    const row = MASKS[name];
    const at = "outer" in row ? row.outer(outerL4) : "ip" in row ? inner + row.ip : transportAt(out, inner) + row.l4;
    out.fill(0, at, Math.min(at + row.len, out.length));
  }
  return out;
}

/** Where the transport header of the frame at `at` begins. */
function transportAt(frame: Uint8Array, at: number): number {
  return at + ETH + (((frame[at + ETH] ?? 0) & 15) << 2);
}
