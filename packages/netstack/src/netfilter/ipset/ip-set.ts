// A set as the rest sees it (struct ip_set, struct ip_set_type_variant), and what the set match asks of it.

import type { XtContext } from "../xtables/context.ts";
import type { ElemExt, Extensions, Member } from "./ip-set-elem.ts";
import type { IpSetErrno } from "./ip-set-error.ts";
import type { SetType } from "./ip-set-type.ts";
import type { UserElem } from "./user-elem.ts";

export type CounterOp = "none" | "eq" | "ne" | "lt" | "gt";

/** How a rule asks (struct ip_set_adt_opt): immutable, made once per rule. */
export interface KadtOpt {
  /** Number of src/dst words. */
  readonly dim: number;
  /** Bit i: word i is src (0-based). */
  readonly src: number;
  readonly returnNomatch: boolean;
  readonly updateCounters: boolean;
  readonly packetsOp: CounterOp;
  readonly packets: number;
  readonly bytesOp: CounterOp;
  readonly bytes: number;
  /** How a list:set asks its members. */
  readonly sub: KadtOpt | null;
}

export interface IpSet {
  readonly type: SetType;
  readonly ext: Extensions;
  /** Words of the header line, without the type. */
  header(): string;
  /** Same parameters, as -exist create asks (same_set). */
  isSame(other: IpSet): boolean;
  /** 1: it is in, 0: it is not, -1: it is, as an exception. */
  ktest(c: XtContext, opt: KadtOpt): number;
  kadd(c: XtContext, opt: KadtOpt, ext: ElemExt, exist: boolean): IpSetErrno | null;
  kdel(c: XtContext, opt: KadtOpt): IpSetErrno | null;
  utest(elem: UserElem): boolean | IpSetErrno;
  uadd(elem: UserElem, exist: boolean): IpSetErrno | null;
  udel(elem: UserElem, exist: boolean): IpSetErrno | null;
  flush(): void;
  /** Elements that have not expired. */
  count(): number;
  /** Every member: its text without extensions, what stands right behind those, and the member. */
  members(): Iterable<SetMember>;
  /** Bytes that the kernel would need, roughly. */
  memory(): number;
}

export interface SetMember {
  readonly text: string;
  /** `nomatch`, `wildcard`, each with a leading space. */
  readonly flags: string;
  readonly member: Member;
}

function counterFits(counter: number, op: CounterOp, value: number): boolean {
  switch (op) {
    case "none":
      return true;
    case "eq":
      return counter === value;
    case "ne":
      return counter !== value;
    case "lt":
      return counter < value;
    case "gt":
      return counter > value;
  }
}

/** ip_set_match_extensions: counts the packet, then looks at the counters. */
export function matchExtensions(set: Extensions, m: Member, bytes: number, opt: KadtOpt): boolean {
  if (!set.counters) return true;
  if (opt.updateCounters) {
    m.packets++;
    m.bytes += bytes;
  }
  return counterFits(m.packets, opt.packetsOp, opt.packets) && counterFits(m.bytes, opt.bytesOp, opt.bytes);
}

/** ip_set_test: true when the packet is in the set in the sense of the rule. */
export function ipSetTest(set: IpSet, c: XtContext, opt: KadtOpt): boolean {
  if (opt.dim < set.type.dimension) return false;
  const result = set.ktest(c, opt);
  return (opt.returnNomatch && set.type.nomatch ? -result : result) > 0;
}

/** ip_set_add. */
export function ipSetAdd(set: IpSet, c: XtContext, opt: KadtOpt, ext: ElemExt, exist: boolean): IpSetErrno | null {
  return opt.dim < set.type.dimension ? "TYPE_MISMATCH" : set.kadd(c, opt, ext, exist);
}

/** ip_set_del. */
export function ipSetDel(set: IpSet, c: XtContext, opt: KadtOpt): IpSetErrno | null {
  return opt.dim < set.type.dimension ? "TYPE_MISMATCH" : set.kdel(c, opt);
}
