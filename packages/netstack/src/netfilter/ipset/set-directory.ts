// What sets may ask of their namespace.

import type { IpSet } from "./ip-set.ts";

/** The place of a set: rules and lists hold on to it, `swap` exchanges what stands in two of them (ip_set_swap). */
export interface SetSlot {
  name: string;
  set: IpSet;
  /** Rules and lists that hold on to it. */
  references: number;
}

export interface SetDirectory {
  /** Virtual ms. */
  readonly now: number;
  find(name: string): SetSlot | undefined;
  /** Random u32 for the hash of a new set. */
  initval(): number;
}
