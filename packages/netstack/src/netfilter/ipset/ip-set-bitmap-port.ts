// bitmap:port (net/netfilter/ipset/ip_set_bitmap_port.c, ip_set_bitmap_gen.h): ports of TCP and UDP out of one range.

import type { XtContext } from "../xtables/context.ts";
import { ELEM_ADD } from "./hash-options.ts";
import type { IpSet, KadtOpt, SetMember } from "./ip-set.ts";
import { matchExtensions } from "./ip-set.ts";
import type { ElemExt, Extensions } from "./ip-set-elem.ts";
import { Member } from "./ip-set-elem.ts";
import type { IpSetErrno } from "./ip-set-error.ts";
import { tcpUdpPort } from "./ip-set-getport.ts";
import { extensionWords, sameExtensions } from "./ip-set-hash.ts";
import type { SetType } from "./ip-set-type.ts";
import { orderedRange } from "./ranges.ts";
import type { SetDirectory } from "./set-directory.ts";
import type { UserElem } from "./user-elem.ts";

const BASE_MEMORY = 72;

export class BitmapPortSet implements IpSet {
  readonly type = bitmapPort;
  readonly ext: Extensions;
  private readonly first: number;
  private readonly last: number;
  private readonly sets: SetDirectory;
  private readonly ports = new Map<number, Member>();

  constructor(first: number, last: number, ext: Extensions, sets: SetDirectory) {
    this.first = first;
    this.last = last;
    this.ext = ext;
    this.sets = sets;
  }

  ktest(c: XtContext, opt: KadtOpt): number {
    const m = this.live(tcpUdpPort(c, (opt.src & 1) !== 0));
    return m !== undefined && matchExtensions(this.ext, m, c.pkt.tail - c.pkt.nh, opt) ? 1 : 0;
  }

  kadd(c: XtContext, opt: KadtOpt, ext: ElemExt, exist: boolean): IpSetErrno | null {
    const port = tcpUdpPort(c, (opt.src & 1) !== 0);
    return this.holds(port) ? this.add(port, ext, exist) : "BITMAP_RANGE";
  }

  kdel(c: XtContext, opt: KadtOpt): IpSetErrno | null {
    return this.del(tcpUdpPort(c, (opt.src & 1) !== 0));
  }

  utest(e: UserElem): boolean | IpSetErrno {
    return this.holds(e.port) ? this.live(e.port) !== undefined : "BITMAP_RANGE";
  }

  uadd(e: UserElem, exist: boolean): IpSetErrno | null {
    return this.each(e, (port) => this.add(port, e, exist));
  }

  udel(e: UserElem, exist: boolean): IpSetErrno | null {
    return this.each(e, (port) => {
      const errno = this.del(port);
      return exist && errno === "EXIST" ? null : errno;
    });
  }

  private each(e: UserElem, visit: (port: number) => IpSetErrno | null): IpSetErrno | null {
    const { from, to } = orderedRange(e.port, e.portTo ?? e.port);
    if (!this.holds(from) || !this.holds(to)) return "BITMAP_RANGE";
    for (let port = from; port <= to; port++) {
      const errno = visit(port);
      if (errno !== null) return errno;
    }
    return null;
  }

  private holds(port: number): boolean {
    return port >= this.first && port <= this.last;
  }

  private live(port: number): Member | undefined {
    const m = this.ports.get(port);
    return m === undefined || m.isExpired(this.sets.now) ? undefined : m;
  }

  private add(port: number, ext: ElemExt, exist: boolean): IpSetErrno | null {
    let m = this.ports.get(port);
    if (m === undefined) this.ports.set(port, (m = new Member()));
    else if (!exist && !m.isExpired(this.sets.now)) return "EXIST";
    m.extend(this.ext, ext, this.sets.now);
    return null;
  }

  private del(port: number): IpSetErrno | null {
    if (this.live(port) === undefined) return "EXIST";
    this.ports.delete(port);
    return null;
  }

  flush(): void {
    this.ports.clear();
  }

  header(): string {
    return `range ${this.first}-${this.last}${extensionWords(this.ext)}`;
  }

  isSame(other: IpSet): boolean {
    return (
      other instanceof BitmapPortSet &&
      other.first === this.first &&
      other.last === this.last &&
      sameExtensions(this.ext, other.ext)
    );
  }

  count(): number {
    return [...this.members()].length;
  }

  /** In order of port. */
  *members(): Iterable<SetMember> {
    const now = this.sets.now;
    for (const [port, member] of [...this.ports].sort((a, b) => a[0] - b[0])) {
      if (!member.isExpired(now)) yield { text: String(port), flags: "", member };
    }
  }

  memory(): number {
    return BASE_MEMORY + 8 * Math.ceil((this.last - this.first + 1) / 64);
  }
}

export const bitmapPort: SetType = {
  name: "bitmap:port",
  alias: "portmap",
  revision: 3,
  dimension: 1,
  nomatch: false,
  ofSets: false,
  parts: ["tcp-udp-port"],
  createOptions: ["range", "timeout", "counters", "comment", "skbinfo", "from", "to"],
  addOptions: ELEM_ADD,
  testOptions: [],
  testCidr: false,
  testIpRange: false,
  text: (e) => String(e.port),
  create(o, sets) {
    const { from, to } = orderedRange(o.from ?? 0, o.to ?? 0);
    return new BitmapPortSet(from, to, o.ext, sets);
  },
};
