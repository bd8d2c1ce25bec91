// Conntrack events as the recorder wrote them, and ours in the same words.

import type { Conntrack, NetNamespace } from "@kubehop/netstack";
import * as z from "zod";
import { canonical } from "./compare.ts";
import { conntrackTuple } from "./format.ts";
import { recordedEntry } from "./replay.ts";

export const recordedEvent = z.strictObject({
  ev: z.enum(["NEW", "UPDATE", "DESTROY"]),
  orig: conntrackTuple,
  reply: conntrackTuple,
  status: z.array(z.string()).optional(),
  /** Absent: the message carried none, which is 0. */
  mark: z.number().optional(),
  tcp: z.string().optional(),
});

export type CtEvent = z.infer<typeof recordedEvent>;

/** Bit of an update event: the state of the protocol changed, so ctnetlink tells it (include/uapi/linux/netfilter/nf_conntrack_common.h). */
const IPCT_PROTOINFO = 1 << 5;

export function watchEvents(ct: NetNamespace["ct"], see: (event: CtEvent) => void): void {
  const tell = (ev: CtEvent["ev"], entry: Conntrack, withState: boolean): void => {
    const { tcp, ...rest } = recordedEntry(entry);
    see({ ev, ...rest, ...(withState && tcp !== undefined ? { tcp } : {}) });
  };
  ct.listen({
    new: (entry) => tell("NEW", entry, true),
    update: (entry, mask) => tell("UPDATE", entry, (mask & IPCT_PROTOINFO) !== 0),
    destroy: (entry) => tell("DESTROY", entry, true),
  });
}

/** One text per event, without what a recording leaves open: whether a dying entry is called so. */
export function eventText({ ev, orig, reply, status = [], mark = 0, tcp }: CtEvent): string {
  const entry = { orig, reply, mark, status: status.filter((word) => word !== "DYING") };
  return `${ev} ${canonical({ ...entry, ...(tcp === undefined ? {} : { tcp }) })}`;
}
