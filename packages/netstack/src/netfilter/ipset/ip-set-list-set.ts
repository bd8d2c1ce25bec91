// list:set (net/netfilter/ipset/ip_set_list_set.c): sets in order, asked one after the other.

import type { XtContext } from "../xtables/context.ts";
import { ELEM_ADD } from "./hash-options.ts";
import type { IpSet, KadtOpt, SetMember } from "./ip-set.ts";
import { ipSetAdd, ipSetDel, ipSetTest, matchExtensions } from "./ip-set.ts";
import type { ElemExt, Extensions } from "./ip-set-elem.ts";
import { Member } from "./ip-set-elem.ts";
import type { IpSetErrno } from "./ip-set-error.ts";
import { extensionWords, sameExtensions } from "./ip-set-hash.ts";
import type { SetType } from "./ip-set-type.ts";
import type { SetDirectory, SetSlot } from "./set-directory.ts";
import type { UserElem } from "./user-elem.ts";

const DEFAULT_SIZE = 8;
const MIN_SIZE = 4;
const BASE_MEMORY = 80;
const MEMBER_MEMORY = 48;

class ListMember extends Member {
  readonly slot: SetSlot;

  constructor(slot: SetSlot) {
    super();
    this.slot = slot;
  }
}

/** The sets that an element of words names. */
interface Named {
  readonly slot: SetSlot;
  /** Neighbour that `before` or `after` names. */
  readonly ref: SetSlot | null;
  readonly before: boolean;
}

export class ListSet implements IpSet {
  readonly type = listSet;
  readonly ext: Extensions;
  private readonly size: number;
  private readonly sets: SetDirectory;
  private list: ListMember[] = [];

  constructor(size: number, ext: Extensions, sets: SetDirectory) {
    this.size = size;
    this.ext = ext;
    this.sets = sets;
  }

  // ---- packets

  ktest(c: XtContext, opt: KadtOpt): number {
    const { sub } = opt;
    if (sub === null) return 0;
    for (const m of this.list) {
      if (!ipSetTest(m.slot.set, c, sub) || m.isExpired(this.sets.now)) continue;
      if (matchExtensions(this.ext, m, c.pkt.tail - c.pkt.nh, opt)) return 1;
    }
    return 0;
  }

  kadd(c: XtContext, opt: KadtOpt, ext: ElemExt, exist: boolean): IpSetErrno | null {
    for (const m of this.list) {
      if (!m.isExpired(this.sets.now) && ipSetAdd(m.slot.set, c, opt, ext, exist) === null) return null;
    }
    return null;
  }

  kdel(c: XtContext, opt: KadtOpt): IpSetErrno | null {
    for (const m of this.list) {
      if (!m.isExpired(this.sets.now) && ipSetDel(m.slot.set, c, opt) === null) return null;
    }
    return null;
  }

  // ---- commands

  utest(e: UserElem): boolean | IpSetErrno {
    const named = this.named(e);
    if (typeof named === "string") return named;
    this.cleanup();
    const at = this.indexOf(named.slot);
    return at >= 0 && this.isBeside(at, named);
  }

  uadd(e: UserElem, exist: boolean): IpSetErrno | null {
    const named = this.named(e);
    if (typeof named === "string") return named;
    this.cleanup();
    const known = this.list[this.indexOf(named.slot)];
    if (known !== undefined) {
      if (!exist) return "EXIST";
      known.extend(this.ext, e, this.sets.now);
      return null;
    }
    const at = this.placeFor(named);
    if (typeof at === "string") return at;
    const m = new ListMember(named.slot);
    m.extend(this.ext, e, this.sets.now);
    this.list.splice(at, 0, m);
    named.slot.references++;
    return null;
  }

  udel(e: UserElem, exist: boolean): IpSetErrno | null {
    const named = this.named(e);
    if (typeof named === "string") return named;
    this.cleanup();
    const at = this.indexOf(named.slot);
    if (at < 0) return named.ref !== null ? "LIST_REF_EXIST" : exist ? null : "EXIST";
    if (!this.isBeside(at, named)) return "LIST_REF_EXIST";
    this.drop(at);
    return null;
  }

  private named(e: UserElem): Named | IpSetErrno {
    const slot = this.sets.find(e.name);
    if (slot === undefined) return "LIST_NAME";
    if (slot.set.type.ofSets) return "LIST_LOOP";
    if (e.nameref === null) return { slot, ref: null, before: false };
    const ref = this.sets.find(e.nameref);
    return ref === undefined ? "LIST_NAMEREF" : { slot, ref, before: e.before };
  }

  private indexOf(slot: SetSlot): number {
    return this.list.findIndex((m) => m.slot === slot);
  }

  /** The member stands where the words say. */
  private isBeside(at: number, { ref, before }: Named): boolean {
    return ref === null || this.list[before ? at + 1 : at - 1]?.slot === ref;
  }

  private placeFor({ ref, before }: Named): number | IpSetErrno {
    if (ref === null) return this.list.length;
    const at = this.indexOf(ref);
    return at < 0 ? "LIST_REF_EXIST" : before ? at : at + 1;
  }

  private drop(at: number): void {
    const [gone] = this.list.splice(at, 1);
    if (gone !== undefined) gone.slot.references--;
  }

  private cleanup(): void {
    for (let i = this.list.length - 1; i >= 0; i--) if (this.list[i]?.isExpired(this.sets.now) === true) this.drop(i);
  }

  flush(): void {
    while (this.list.length > 0) this.drop(0);
  }

  // ---- listing

  header(): string {
    return `size ${this.size}${extensionWords(this.ext)}`;
  }

  isSame(other: IpSet): boolean {
    return other instanceof ListSet && other.size === this.size && sameExtensions(this.ext, other.ext);
  }

  count(): number {
    return [...this.members()].length;
  }

  *members(): Iterable<SetMember> {
    for (const member of this.list) {
      if (!member.isExpired(this.sets.now)) yield { text: member.slot.name, flags: "", member };
    }
  }

  memory(): number {
    return BASE_MEMORY + MEMBER_MEMORY * this.list.length;
  }
}

export const listSet: SetType = {
  name: "list:set",
  alias: "setlist",
  revision: 3,
  dimension: 1,
  nomatch: false,
  ofSets: true,
  parts: ["name"],
  createOptions: ["size", "timeout", "counters", "comment", "skbinfo"],
  addOptions: [...ELEM_ADD, "before", "after"],
  testOptions: ["before", "after"],
  testCidr: false,
  testIpRange: false,
  // The program says "after" for both.
  text: (e) => (e.nameref === null ? e.name : `${e.name} after ${e.nameref}`),
  create: (o, sets) => new ListSet(Math.max(MIN_SIZE, o.size ?? DEFAULT_SIZE), o.ext, sets),
};
