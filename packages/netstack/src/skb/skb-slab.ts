// Memory for packets (mm/slub.c in spirit): one array buffer for a few hundred packets. A buffer of its own for each costs as much as a
// routing decision, in allocation and in collection (docs/PERFORMANCE.md).

import { allocSkb, Packet, SKB_HEADROOM } from "./packet.ts";

const SLAB_BYTES = 32 * 1024;
/** Longer packets get a buffer of their own: a slab lives as long as any packet in it. */
const MAX_LEN = 2048;

export class SkbSlab {
  private slab: ArrayBuffer | null = null;
  private used = 0;

  /** alloc_skb: the usual headroom and `len` zero bytes of data. */
  alloc(len: number): Packet {
    if (len > MAX_LEN) return allocSkb(len);
    const size = SKB_HEADROOM + len;
    if (this.slab === null || this.used + size > SLAB_BYTES) {
      this.slab = new ArrayBuffer(SLAB_BYTES);
      this.used = 0;
    }
    const buf = new Uint8Array(this.slab, this.used, size);
    this.used += size;
    return new Packet(buf, SKB_HEADROOM, size);
  }
}
