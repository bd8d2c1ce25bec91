// Sets that are hashes (net/netfilter/ipset/ip_set_hash_gen.h): elements by their numbers, for types with networks one table per prefix
// length, longest first. A type (ip_set_hash_*.ts) says what the numbers are.

import { formatIpv4, prefixMask } from "../../addr/ipv4.ts";
import type { XtContext } from "../xtables/context.ts";
import type { Depth } from "./elem-table.ts";
import { ElemTable } from "./elem-table.ts";
import type { IpSet, KadtOpt, SetMember } from "./ip-set.ts";
import { matchExtensions } from "./ip-set.ts";
import type { ElemExt, Extensions } from "./ip-set-elem.ts";
import { Elem } from "./ip-set-elem.ts";
import type { IpSetErrno } from "./ip-set-error.ts";
import type { CreateOptions, SetType } from "./ip-set-type.ts";
import type { SetDirectory } from "./set-directory.ts";
import type { UserElem } from "./user-elem.ts";

/** Does something with the key that stands in the set's probe. */
export type Visit = () => IpSetErrno | null;

export interface HashType extends SetType {
  readonly depth: Depth;
  /** The last number is a network. */
  readonly nets: boolean;
  /** Empty set's size on a 64-bit kernel. */
  readonly memory: number;
  /** Netmask and bitmask stand behind initval in the header. */
  readonly maskLast?: boolean;
  /** Several elements with the same numbers: true when `e` is the one that `probe` names. */
  isSame?(e: Elem, probe: Elem): boolean;
  /** Fills the probe from a packet (kadt); false: the packet has no such key. The length of the network stands in it. */
  fromPacket(c: XtContext, src: number, probe: Elem, set: HashSet): boolean;
  /** Fills the probe with each key that the words stand for and visits it (uadt); `single`: test, which takes them as one. */
  each(e: UserElem, set: HashSet, single: boolean, visit: Visit): IpSetErrno | null;
  keyText(e: Elem): string;
}

const DEFAULT_HASHSIZE = 1024;
const MINIMAL_HASHSIZE = 64;
const DEFAULT_MAXELEM = 65536;
const MAX_BUCKET = 12;
const MIN_BUCKET = 2;
const ELEM_MEMORY = 40;

/** Next power of two. */
function hashsizeOf(wanted: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(MINIMAL_HASHSIZE, wanted)));
}

/** Even, within bounds. */
function bucketsizeOf(wanted: number): number {
  if (wanted < MIN_BUCKET) return MIN_BUCKET;
  return wanted > MAX_BUCKET ? MAX_BUCKET : wanted + (wanted % 2);
}

export class HashSet implements IpSet {
  readonly type: HashType;
  readonly ext: Extensions;
  /** What is looked for; filled by the type. */
  readonly probe = new Elem();
  /** u32 that addresses are cut with (types with netmask or bitmask). */
  readonly mask: number;
  /** Length of the netmask, 32 without one. */
  readonly netmask: number;
  private readonly options: CreateOptions;
  private readonly sets: SetDirectory;
  private readonly hashsize: number;
  private readonly maxelem: number;
  private readonly bucketsize: number;
  private readonly initval: number;
  /** By prefix length; types without networks use 32 only. */
  private tables: (ElemTable | undefined)[] = [];
  /** Lengths in use, longest first. */
  private lengths: number[] = [];
  /** In order of addition. */
  private elems = new Set<Elem>();
  private nextGc = 0;
  /** The last look-up found the numbers under another name: shorter prefixes are not tried then (the kernel's `multi`). */
  private isTaken = false;

  constructor(type: HashType, options: CreateOptions, sets: SetDirectory) {
    this.type = type;
    this.ext = options.ext;
    this.options = options;
    this.sets = sets;
    this.hashsize = hashsizeOf(options.hashsize ?? DEFAULT_HASHSIZE);
    this.maxelem = options.maxelem ?? DEFAULT_MAXELEM;
    this.bucketsize = bucketsizeOf(options.bucketsize ?? MAX_BUCKET);
    this.initval = options.initval ?? sets.initval();
    this.netmask = options.netmask ?? 32;
    this.mask = options.bitmask ?? prefixMask(this.netmask);
  }

  // ---- packets

  ktest(c: XtContext, opt: KadtOpt): number {
    const p = this.probe;
    p.cidr = 32;
    if (!this.type.fromPacket(c, opt.src, p, this)) return 0;
    return this.test(c.pkt.tail - c.pkt.nh, opt);
  }

  kadd(c: XtContext, opt: KadtOpt, ext: ElemExt, exist: boolean): IpSetErrno | null {
    if (!this.fillToStore(c, opt)) return "EINVAL";
    this.probe.nomatch = false;
    return this.add(ext, exist, true);
  }

  kdel(c: XtContext, opt: KadtOpt): IpSetErrno | null {
    return this.fillToStore(c, opt) ? this.del() : "EINVAL";
  }

  /** SET adds and deletes the longest network that the set has. */
  private fillToStore(c: XtContext, opt: KadtOpt): boolean {
    const p = this.probe;
    p.cidr = this.lengths[0] ?? 32;
    return this.type.fromPacket(c, opt.src, p, this);
  }

  // ---- commands

  utest(e: UserElem): boolean | IpSetErrno {
    let found = 0;
    const errno = this.type.each(e, this, true, () => {
      found = this.test(0, null);
      return null;
    });
    if (errno !== null) return errno;
    return (e.nomatch ? -found : found) > 0;
  }

  uadd(e: UserElem, exist: boolean): IpSetErrno | null {
    return this.type.each(e, this, false, () => {
      this.probe.nomatch = e.nomatch;
      return this.add(e, exist);
    });
  }

  udel(e: UserElem, exist: boolean): IpSetErrno | null {
    return this.type.each(e, this, false, () => {
      const errno = this.del();
      return exist && errno === "EXIST" ? null : errno;
    });
  }

  flush(): void {
    this.tables = [];
    this.lengths = [];
    this.elems = new Set();
  }

  // ---- mtype_test, mtype_add, mtype_del on the probe

  private test(bytes: number, opt: KadtOpt | null): number {
    const p = this.probe;
    if (!this.type.nets || p.cidr !== 32) return this.testExact(bytes, opt);
    const { a, b, c } = p;
    for (const cidr of this.lengths) {
      this.cut(a, b, c, cidr);
      const result = this.testExact(bytes, opt);
      if (result !== 0 || this.isTaken) return result;
    }
    return 0;
  }

  private testExact(bytes: number, opt: KadtOpt | null): number {
    const now = this.sets.now;
    this.isTaken = false;
    for (let e = this.first(); e !== null; e = e.next) {
      if (!this.names(e)) {
        this.isTaken = true;
        continue;
      }
      if (!e.isExpired(now) && (opt === null || matchExtensions(this.ext, e, bytes, opt))) return e.nomatch ? -1 : 1;
      this.isTaken = false;
    }
    return 0;
  }

  /** What a packet adds again keeps its comment; a bitmap's element does not. */
  private add(ext: ElemExt, exist: boolean, byPacket = false): IpSetErrno | null {
    const now = this.sets.now;
    if (this.ext.timeout !== null && (this.elems.size >= this.maxelem || now >= this.nextGc)) this.gc(now);
    const known = this.find();
    if (known !== null) {
      if (!exist && !known.isExpired(now)) return "EXIST";
      const { comment } = known;
      known.nomatch = this.probe.nomatch;
      known.extend(this.ext, ext, now);
      if (byPacket) known.comment = comment;
      return null;
    }
    if (this.elems.size >= this.maxelem) return "HASH_FULL";
    const e = new Elem();
    e.copyKey(this.probe);
    e.extend(this.ext, ext, now);
    this.insert(e);
    return null;
  }

  private del(): IpSetErrno | null {
    const e = this.find();
    if (e === null || e.isExpired(this.sets.now)) return "EXIST";
    this.remove(e);
    return null;
  }

  // ---- tables

  private first(): Elem | null {
    const p = this.probe;
    return this.tables[p.cidr]?.get(p.a, p.b, p.c) ?? null;
  }

  private names(e: Elem): boolean {
    return this.type.isSame === undefined || this.type.isSame(e, this.probe);
  }

  private find(): Elem | null {
    for (let e = this.first(); e !== null; e = e.next) if (this.names(e)) return e;
    return null;
  }

  /** Puts the numbers into the probe with the network cut to `cidr` bits. */
  private cut(a: number, b: number, c: number, cidr: number): void {
    const p = this.probe;
    const mask = prefixMask(cidr);
    const { depth } = this.type;
    p.cidr = cidr;
    p.a = depth === 1 ? (a & mask) >>> 0 : a;
    p.b = depth === 2 ? (b & mask) >>> 0 : b;
    p.c = depth === 3 ? (c & mask) >>> 0 : c;
  }

  private insert(e: Elem): void {
    let table = this.tables[e.cidr];
    if (table === undefined) this.tables[e.cidr] = table = new ElemTable(this.type.depth);
    if (table.size === 0) this.lengths = [...this.lengths, e.cidr].sort((x, y) => y - x);
    table.insert(e);
    this.elems.add(e);
  }

  private remove(e: Elem): void {
    const table = this.tables[e.cidr];
    table?.remove(e);
    if (table?.size === 0) this.lengths = this.lengths.filter((cidr) => cidr !== e.cidr);
    this.elems.delete(e);
  }

  /** mtype_gc: every third of the default timeout. */
  private gc(now: number): void {
    for (const e of this.elems) if (e.isExpired(now)) this.remove(e);
    this.nextGc = now + Math.max(1, Math.floor((this.ext.timeout ?? 0) / 3)) * 1000;
  }

  // ---- listing

  header(): string {
    const o = this.options;
    // A mask of all ones is none.
    const mask =
      this.mask === 0xffffffff
        ? ""
        : o.bitmask === null
          ? ` netmask ${this.netmask}`
          : ` bitmask ${formatIpv4(o.bitmask)}`;
    const hash = ` bucketsize ${this.bucketsize} initval 0x${this.initval.toString(16).padStart(8, "0")}`;
    const last = this.type.maskLast === true;
    return `family inet hashsize ${this.hashsize} maxelem ${this.maxelem}${last ? "" : mask}${extensionWords(this.ext)}${hash}${last ? mask : ""}`;
  }

  isSame(other: IpSet): boolean {
    if (!(other instanceof HashSet) || other.type !== this.type) return false;
    return (
      this.maxelem === other.maxelem &&
      this.netmask === other.netmask &&
      this.mask === other.mask &&
      sameExtensions(this.ext, other.ext)
    );
  }

  count(): number {
    return [...this.members()].length;
  }

  *members(): Iterable<SetMember> {
    const now = this.sets.now;
    for (const e of this.elems) {
      if (e.isExpired(now)) continue;
      const flags = `${e.nomatch ? " nomatch" : ""}${e.wildcard ? " wildcard" : ""}`;
      yield { text: this.type.keyText(e), flags, member: e };
    }
  }

  memory(): number {
    return this.type.memory + ELEM_MEMORY * this.elems.size;
  }
}

export function extensionWords(ext: Extensions): string {
  return (
    (ext.timeout === null ? "" : ` timeout ${ext.timeout}`) +
    (ext.counters ? " counters" : "") +
    (ext.comment ? " comment" : "") +
    (ext.skbinfo ? " skbinfo" : "")
  );
}

export function sameExtensions(a: Extensions, b: Extensions): boolean {
  return a.timeout === b.timeout && a.counters === b.counters && a.comment === b.comment && a.skbinfo === b.skbinfo;
}
