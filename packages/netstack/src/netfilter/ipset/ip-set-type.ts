// What a type of set is (struct ip_set_type with libipset's struct ipset_type): its name, what its elements look like, which options
// the program takes for it, and how a set of it is made.

import type { IpSet } from "./ip-set.ts";
import type { Extensions } from "./ip-set-elem.ts";
import type { SetDirectory } from "./set-directory.ts";
import type { UserElem } from "./user-elem.ts";

/** Parameters of `ipset create`; null: not given. */
export interface CreateOptions {
  readonly ext: Extensions;
  hashsize: number | null;
  maxelem: number | null;
  netmask: number | null;
  /** u32. */
  bitmask: number | null;
  bucketsize: number | null;
  initval: number | null;
  /** Ports of a bitmap. */
  from: number | null;
  to: number | null;
  /** list:set. */
  size: number | null;
}

/** Parts of an element, by position between commas. */
export type ElemPart = "ip4" | "single-ip" | "proto-port" | "tcp-udp-port" | "iface" | "name";

export interface SetType {
  readonly name: string;
  /** Name in ipset before 6. */
  readonly alias: string;
  readonly revision: number;
  readonly dimension: number;
  /** Elements may be exceptions. */
  readonly nomatch: boolean;
  /** Its sets hold other sets, and are listed last. */
  readonly ofSets: boolean;
  readonly parts: readonly ElemPart[];
  readonly createOptions: readonly string[];
  readonly addOptions: readonly string[];
  readonly testOptions: readonly string[];
  /** `test` takes `a.b.c.d/len`, `from-to` of addresses. */
  readonly testCidr: boolean;
  readonly testIpRange: boolean;
  /** The element as `ipset test` repeats it. */
  text(e: UserElem): string;
  /** Throws nothing; a string is the kernel's refusal. */
  create(o: CreateOptions, sets: SetDirectory): IpSet | "INVALID_NETMASK" | "BITMAP_RANGE_SIZE";
}
