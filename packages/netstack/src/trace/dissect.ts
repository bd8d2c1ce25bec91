// What the printers of tcpdump's text share (netdissect_options). A printer gets the buffer, where its layer begins, the length the
// layer claims, and where the captured bytes end: a quoted or cut packet claims more than is there.

/** Switches of tcpdump that change the text of a packet. Numeric addresses and ports always (-n). */
export interface TcpdumpOptions {
  /** -e: the link header. */
  readonly e?: boolean;
  /** -v, -vv, -vvv. */
  readonly v?: number;
  /** -q. */
  readonly q?: boolean;
  /** -S: absolute sequence numbers. */
  readonly S?: boolean;
  /** Time stamp: of day (default), none -t, epoch seconds -tt, date and time -tttt. */
  readonly time?: "clock" | "none" | "epoch" | "date";
  /** Microseconds since 1970 of virtual time 0, UTC. */
  readonly epochUs?: number;
}

/** First sequence numbers of a conversation, by tcpdump's rule for which end is which. */
export interface TcpFlow {
  seq: number;
  ack: number;
}

export interface Dissect {
  readonly e: boolean;
  readonly v: number;
  readonly q: boolean;
  readonly S: boolean;
  readonly flows: Map<string, TcpFlow>;
  /** An Ethernet frame in b[off, snap); `len` is its length on the wire. */
  ether(d: Dissect, b: Uint8Array, off: number, len: number, snap: number): string;
  /** An IPv4 packet; `len` bytes belong to it as far as the layer below knows. */
  ip(d: Dissect, b: Uint8Array, off: number, len: number, snap: number): string;
}

/** Words of set bits, joined; `none` when no bit is set. */
export function bitWords(
  bits: number,
  words: readonly (readonly [number, string])[],
  none: string,
  separator: string,
): string {
  const set = words.filter(([bit]) => (bits & bit) !== 0).map(([, word]) => word);
  return set.length === 0 ? none : set.join(separator);
}

export function hex(n: number, digits: number): string {
  return n.toString(16).padStart(digits, "0");
}

/** in_cksum_shouldbe: the checksum field that would be right, from what stands there and the folded sum over all. */
export function checksumShouldBe(field: number, sum: number): number {
  let shouldbe = field + sum;
  shouldbe = (shouldbe & 0xffff) + (shouldbe >>> 16);
  return ((shouldbe & 0xffff) + (shouldbe >>> 16)) & 0xffff;
}
