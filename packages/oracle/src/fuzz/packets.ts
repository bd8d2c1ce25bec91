// Random packets of a lab, and answers to what arrived. Answers are made from what OUR kernel delivered; the list of steps is then
// given to the real one as it is, so nothing it does can leak into the expectation.

import { fromHex, getU16, getU32, formatIpv4 } from "@kubehop/netstack";
import type { KernelFrame, PlayStep } from "../live/kernel.ts";
import { isTunnel, SOCKET_PORTS } from "../live/kernel-made.ts";
import type { Chooser } from "./choose.ts";
import { arpFrame, ethernet, icmp, ipv4, tcp, udp } from "./frames.ts";
import type { IpFields } from "./frames.ts";
import type { FuzzHost, FuzzLab } from "./topology.ts";

const BROADCAST = "ff:ff:ff:ff:ff:ff";
const NOBODY = "00:00:00:00:00:00";
const STRANGER = "0a:aa:bb:cc:dd:ee";
const ETH = 14;
/** Ids of a case begin anywhere below this and are all different: an unfinished datagram of an earlier case waits 30 s for its rest. */
const ID_RANGE = 0xf000;

const IP_OPTIONS = [
  // Record route: two free slots, three, one and a half, none; behind others.
  "070b04000000000000000001",
  "070b04000000000000000001",
  "070f0400000000000000000000000001",
  "070904000000000000010101",
  "0707080101010100",
  "01070704000000009404000001010101",
  // Router alert; no-ops.
  "94040000",
  "01010100",
  // Timestamps: no room, no room once too often, slots for others only.
  "4408090000000000",
  "440809f000000000",
  "440c05030909090900000000",
  // A timestamp flag that nobody knows; junk behind the end of the list.
  "440805020000000000000000",
  "00ffff01",
  // Source routes, which nobody takes.
  "8307040808080800",
  "8907040a03000200",
  // Malformed: pointers and lengths; after something that was understood.
  "0707030000000000",
  "070b0400000000000000000107030201",
  "0702000000000000",
  "94030000",
] as const;

export class PacketWriter {
  readonly #c: Chooser;
  readonly #lab: FuzzLab;
  readonly #firstId: number;
  #next = 0;
  /** Frames that hosts will send in answer. */
  #pending: { host: FuzzHost; frame: string }[] = [];

  constructor(chooser: Chooser, lab: FuzzLab) {
    this.#c = chooser;
    this.#lab = lab;
    this.#firstId = chooser.below(ID_RANGE) + 1;
  }

  next(): PlayStep {
    const waiting = this.#c.chance(0.75) ? this.#pending.shift() : undefined;
    if (waiting !== undefined) return { frame: [waiting.host.ns, waiting.host.dev, waiting.frame] };
    this.#next++;
    if (this.#c.chance(0.05)) return this.#datagram();
    const host = this.#c.pick(this.#lab.hosts);
    const frames = this.#c.chance(0.06) ? [this.#arp(host)] : this.#packet(host);
    const [first, ...rest] = frames;
    this.#pending.unshift(...rest.map((frame) => ({ host, frame })));
    return { frame: [host.ns, host.dev, first ?? ""] };
  }

  /** Frames that came home to mute hosts may be answered. */
  sawArrivals(frames: readonly KernelFrame[]): void {
    for (const seen of frames) {
      const host = this.#lab.hosts.find((h) => h.ns === seen.ns && h.dev === seen.dev);
      if (host === undefined || seen.dir !== "in" || this.#pending.length > 4) continue;
      const frame = this.#answer(host, fromHex(seen.hex));
      if (frame !== null) this.#pending.push({ host, frame });
    }
  }

  get #id(): number {
    return this.#firstId + this.#next;
  }

  /** From a router itself: local output. */
  #datagram(): PlayStep {
    const ns = this.#c.pick(this.#lab.routers);
    return {
      udp: [
        ns,
        SOCKET_PORTS.first + this.#next,
        this.#destination(null),
        this.#c.pick([53, 80]),
        "abcd".repeat(this.#c.below(8)),
      ],
    };
  }

  #destination(host: FuzzHost | null): string {
    const others = this.#lab.hosts.filter((h) => h !== host).map((h) => h.ip);
    const k = this.#c.below(20);
    if (k < 12) return this.#c.pick(others);
    if (k < 16) return this.#c.pick(this.#lab.routerIps);
    if (k < 17) return this.#c.pick(this.#lab.emptyIps);
    return this.#c.pick([
      "10.9.9.9",
      "8.8.8.8",
      "10.9.8.7",
      "127.0.0.1",
      "10.1.255.255",
      "10.1.0.255",
      "172.20.0.1",
      "10.99.0.1",
      "10.2.0.9",
    ]);
  }

  #source(host: FuzzHost): string {
    if (this.#c.chance(0.95)) return host.ip;
    return this.#c.pick([
      ...this.#lab.routerIps,
      ...this.#lab.hosts.map((h) => h.ip),
      "9.9.9.9",
      "127.0.0.1",
      "0.0.0.0",
    ]);
  }

  #mac(host: FuzzHost, dst: string): string {
    const near = this.#lab.hosts.find((h) => h.ip === dst && h.segment === host.segment);
    if (near !== undefined && this.#c.chance(0.8)) return near.mac;
    return this.#c.chance(0.96) ? host.gatewayMac : this.#c.pick([BROADCAST, STRANGER, near?.mac ?? STRANGER]);
  }

  /** One packet as one frame, or as its fragments. */
  #packet(host: FuzzHost): string[] {
    const [src, dst] = [this.#source(host), this.#destination(host)];
    const fields = {
      src,
      dst,
      id: this.#id,
      ttl: this.#c.pick([64, 64, 64, 64, 5, 2, 1]),
      tos: this.#c.pick([0, 0, 0, 16, 40]),
      df: this.#c.chance(0.4),
    };
    const { protocol, payload } = this.#payload(src, dst, host.mtu);
    const mac = this.#mac(host, dst);
    const frame = (f: Partial<IpFields>, part: Buffer): string =>
      ethernet(mac, host.mac, 0x0800, ipv4({ ...fields, protocol, ...f }, part));
    const options = this.#c.chance(0.04) ? { options: this.#options() } : {};
    if (payload.length + 40 < host.mtu && (payload.length < 64 || this.#c.chance(0.9)))
      return [frame(options, payload)];
    const cut = (Math.min(host.mtu - 20, payload.length - 8) >>> 4) << 3;
    const parts: string[] = [];
    for (let offset = 0; offset < payload.length; offset += cut)
      parts.push(
        frame({ offset, more: offset + cut < payload.length, df: false }, payload.subarray(offset, offset + cut)),
      );
    return this.#c.chance(0.2) ? parts.toReversed() : parts;
  }

  /** Options of RFC 791 and RFC 2113, no time of day among them: what a stamp says is chance. */
  #options(): Buffer {
    return Buffer.from(this.#c.pick(IP_OPTIONS), "hex");
  }

  #payload(src: string, dst: string, mtu: number): { protocol: number; payload: Buffer } {
    const [sport, dport] = [1000 + this.#next, this.#c.pick([80, 80, 53, 8080, 22])];
    const k = this.#c.below(100);
    const data = (sizes: readonly number[]): Buffer => Buffer.alloc(this.#c.pick(sizes), "u");
    if (k < 50) {
      const flags = this.#c.pick(["S", "S", "S", "S", "A", "R", "PA", "FA", "SA", "SF", "RA"]);
      const f = { sport, dport, seq: 1_000_000 * this.#next, ack: flags.includes("A") ? 77 : 0, flags };
      const mss = flags === "S" && this.#c.chance(0.7) ? { options: Buffer.from("020405b4", "hex") } : {};
      return {
        protocol: 6,
        payload: tcp(src, dst, { ...f, ...mss }, flags.includes("P") ? data([1, 30, 500]) : Buffer.alloc(0)),
      };
    }
    if (k < 78)
      return { protocol: 17, payload: udp(src, dst, sport, dport, data([0, 5, 40, 40, 700, mtu - 28, 2000])) };
    if (k < 92) return { protocol: 1, payload: icmp(8, 0, (sport << 16) | 1, data([8, 56, 56, 900, 1900])) };
    if (k < 95)
      return {
        protocol: 1,
        payload: icmp(this.#c.pick([0, 3, 5, 15, 17, 40]), this.#c.below(4), 0, data([28, 28, 0])),
      };
    if (k < 97) return { protocol: 47, payload: Buffer.from("2000650000000000", "hex") };
    return this.#broken(src, dst, sport, dport);
  }

  /** A wrong checksum, or a header that is cut short. */
  #broken(src: string, dst: string, sport: number, dport: number): { protocol: number; payload: Buffer } {
    const whole = this.#c.chance(0.5)
      ? { protocol: 6, payload: tcp(src, dst, { sport, dport, seq: 1, ack: 0, flags: "S" }, Buffer.alloc(0)) }
      : { protocol: 17, payload: udp(src, dst, sport, dport, Buffer.from("abc")) };
    if (this.#c.chance(0.5)) return { ...whole, payload: whole.payload.subarray(0, this.#c.pick([4, 7, 12])) };
    const at = whole.payload.length - 1;
    whole.payload[at] = (whole.payload[at] ?? 0) ^ 1;
    return whole;
  }

  #arp(host: FuzzHost): string {
    const tpa = this.#c.pick([
      ...this.#lab.routerIps,
      ...this.#lab.hosts.map((h) => h.ip),
      ...this.#lab.emptyIps,
      host.ip,
    ]);
    const spa = this.#c.chance(0.9) ? host.ip : this.#c.pick(["0.0.0.0", "9.9.9.9", this.#c.pick(this.#lab.hosts).ip]);
    const reply = this.#c.chance(0.2);
    return arpFrame({
      op: reply ? 2 : 1,
      dst: reply || this.#c.chance(0.2) ? host.gatewayMac : BROADCAST,
      sha: host.mac,
      spa,
      tha: reply ? host.gatewayMac : NOBODY,
      tpa,
    });
  }

  /** What a talking host would say to this frame; null: nothing. */
  #answer(host: FuzzHost, b: Uint8Array): string | null {
    if (b.length < ETH + 28 || getU16(b, 12) !== 0x0800 || ((b[ETH] ?? 0) & 15) !== 5) return null;
    if ((getU16(b, ETH + 6) & 0x3fff) !== 0) return null;
    const [src, dst] = [formatIpv4(getU32(b, ETH + 12) as never), formatIpv4(getU32(b, ETH + 16) as never)];
    this.#next++;
    const answered = this.#answerPayload(dst, src, b);
    if (answered === null) return null;
    const back = [...b.subarray(6, 12)].map((x) => x.toString(16).padStart(2, "0")).join(":");
    const fields = { src: dst, dst: src, id: this.#id, protocol: answered.protocol, df: this.#c.chance(0.5) };
    return ethernet(back, host.mac, 0x0800, ipv4(fields, answered.payload));
  }

  #answerPayload(src: string, dst: string, b: Uint8Array): { protocol: number; payload: Buffer } | null {
    const l4 = ETH + 20;
    const [sport, dport] = [getU16(b, l4 + 2), getU16(b, l4)];
    const quoted = Buffer.from(b.subarray(ETH, Math.min(b.length, ETH + 48)));
    if (b[ETH + 9] === 1) {
      if (b[l4] !== 8) return null;
      return { protocol: 1, payload: icmp(0, 0, getU32(b, l4 + 4), Buffer.from(b.subarray(l4 + 8))) };
    }
    // What answers a tunnel's packet is the other end, not a host: its port is chance.
    if (b[ETH + 9] === 17 && isTunnel(Buffer.from(b), l4)) return null;
    if (this.#c.chance(0.12)) {
      const [type, code, rest] = this.#c.pick([
        [3, 3, 0],
        [3, 4, 1000],
        [11, 0, 0],
        [3, 1, 0],
        [5, 1, 0x0a010002],
      ] as const);
      return { protocol: 1, payload: icmp(type, code, rest, quoted) };
    }
    if (b[ETH + 9] === 17) return { protocol: 17, payload: udp(src, dst, sport, dport, Buffer.from("re")) };
    if (b[ETH + 9] !== 6 || b.length < l4 + 20) return null;
    return { protocol: 6, payload: this.#answerTcp(src, dst, sport, dport, b, l4) };
  }

  /** Mostly what the state of the connection asks for; at times a flag out of turn. */
  #answerTcp(src: string, dst: string, sport: number, dport: number, b: Uint8Array, l4: number): Buffer {
    const [seq, ack, flags] = [getU32(b, l4 + 4), getU32(b, l4 + 8), b[l4 + 13] ?? 0];
    const data = b.length - l4 - ((b[l4 + 12] ?? 0) >>> 4) * 4;
    const next = seq + data + ((flags & 3) === 0 ? 0 : 1);
    const fitting = (flags & 2) !== 0 && (flags & 16) === 0 ? ["SA", "SA", "SA", "RA"] : ["A", "PA", "PA", "FA", "R"];
    const word = this.#c.chance(0.93) ? this.#c.pick(fitting) : this.#c.pick(["S", "SA", "R", "FA", "A"]);
    const mine = (flags & 16) !== 0 ? ack : 7000;
    const wild = this.#c.chance(0.04) ? 500_000 : 0;
    const f = { sport, dport, seq: mine + wild, ack: word.includes("A") ? next : 0, flags: word };
    return tcp(src, dst, f, word.includes("P") ? Buffer.from("data") : Buffer.alloc(0));
  }
}
