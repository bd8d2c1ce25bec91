// Conntrack events (nf_conntrack_ecache.c): what happened to an entry is gathered while the packet travels and told once,
// when the packet is confirmed. Nothing is gathered while nobody listens.

import type { Conntrack } from "./conntrack.ts";

/** IPCT_*, include/uapi/linux/netfilter/nf_conntrack_common.h. */
export const IPCT_NEW = 1 << 0;
export const IPCT_RELATED = 1 << 1;
export const IPCT_REPLY = 1 << 3;
export const IPCT_ASSURED = 1 << 4;
export const IPCT_PROTOINFO = 1 << 5;
export const IPCT_MARK = 1 << 7;

/** Why an entry ended: its time was over or the kernel removed it, or somebody asked for it. */
export type DestroyCause = "kernel" | "user";

/** Listener signatures by event name; `mask` tells what changed (IPCT_*). */
export interface ConntrackEvents {
  new: (ct: Conntrack) => void;
  update: (ct: Conntrack, mask: number) => void;
  destroy: (ct: Conntrack, cause: DestroyCause) => void;
}
