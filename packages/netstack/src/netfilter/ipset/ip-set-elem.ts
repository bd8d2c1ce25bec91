// Members of sets, and the extensions that every type of set may give them (include/linux/netfilter/ipset/ip_set.h: struct
// ip_set_ext; ip_set_timeout.h, ip_set_counter.h, ip_set_comment.h, ip_set_skbinfo.h).

/** Extensions that a set was created with. */
export interface Extensions {
  /** Default timeout in s; null: elements do not expire. */
  readonly timeout: number | null;
  readonly counters: boolean;
  readonly comment: boolean;
  readonly skbinfo: boolean;
}

export interface SkbInfo {
  /** u32. */
  readonly mark: number;
  readonly mask: number;
  /** Major number in the upper half. */
  readonly prio: number;
  readonly queue: number;
}

/** Values for the extensions of one element; null: not given. */
export interface ElemExt {
  /** s; 0 never expires. */
  timeout: number | null;
  packets: number | null;
  bytes: number | null;
  comment: string | null;
  skbinfo: SkbInfo | null;
}

/** What any member carries besides its key. */
export class Member {
  /** Virtual ms after which it is gone; 0: never. */
  expires = 0;
  packets = 0;
  bytes = 0;
  comment = "";
  skbinfo: SkbInfo | null = null;

  isExpired(now: number): boolean {
    return this.expires !== 0 && now > this.expires;
  }

  /** Give it the extensions of an addition. Counters that were not given stay, the comment does not. */
  extend(set: Extensions, ext: ElemExt, now: number): void {
    if (set.counters) {
      if (ext.bytes !== null) this.bytes = ext.bytes;
      if (ext.packets !== null) this.packets = ext.packets;
    }
    if (set.comment) this.comment = ext.comment ?? "";
    if (set.skbinfo) this.skbinfo = ext.skbinfo;
    if (set.timeout === null) return;
    const seconds = ext.timeout ?? set.timeout;
    this.expires = seconds === 0 ? 0 : now + seconds * 1000;
  }

  /** Whole seconds left, at least 1; 0: never expires. */
  secondsLeft(now: number): number {
    return this.expires === 0 ? 0 : Math.max(1, Math.floor((this.expires - now) / 1000));
  }
}

/**
 * A member of a hash. Which numbers `a`, `b`, `c` are, and how many of them count, is the type's business; the network of a type with
 * nets is the last of them, cut to `cidr` bits.
 */
export class Elem extends Member {
  a = 0;
  b = 0;
  c = 0;
  cidr = 32;
  nomatch = false;
  iface = "";
  wildcard = false;
  physdev = false;
  /** Next with the same numbers (types that allow several). */
  next: Elem | null = null;

  copyKey(from: Elem): void {
    this.a = from.a;
    this.b = from.b;
    this.c = from.c;
    this.cidr = from.cidr;
    this.nomatch = from.nomatch;
    this.iface = from.iface;
    this.wildcard = from.wildcard;
    this.physdev = from.physdev;
  }
}
