// tcpdump's text for frames (tcpdump 4.99.3). Always numeric, as with -n. One printer per running tcpdump:
// it remembers the conversations for relative sequence numbers.

import { frameBytes } from "../dev/eth.ts";
import type { NetDevice, Tap, TapFrame } from "../dev/net-device.ts";
import { formatMac } from "../addr/mac.ts";
import type { Packet } from "../skb/packet.ts";
import { PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST } from "../skb/packet.ts";
import { ETH_HLEN, ethProto, ethSrc } from "../wire/ethernet.ts";
import type { Dissect, TcpdumpOptions } from "./dissect.ts";
import { hex } from "./dissect.ts";
import { etherPrint } from "./tcpdump-ether.ts";
import { ipPrint } from "./tcpdump-ip.ts";

export type { TcpdumpOptions } from "./dissect.ts";

/** Where a frame was seen, for `-i any`. */
export interface SeenAt {
  readonly ifname: string;
  readonly ifindex: number;
  readonly direction: "In" | "Out" | "B" | "M" | "P";
}

/** Bytes of the cooked v2 header that `-i any` counts into lengths. */
const SLL2_HLEN = 20;

export class TcpdumpPrinter {
  private readonly dissect: Dissect;
  private readonly time: "clock" | "none" | "epoch" | "date";
  private readonly epochUs: number;

  constructor(options: TcpdumpOptions = {}) {
    this.dissect = {
      e: options.e ?? false,
      v: options.v ?? 0,
      q: options.q ?? false,
      S: options.S ?? false,
      flows: new Map(),
      ether: etherPrint,
      ip: ipPrint,
    };
    this.time = options.time ?? "clock";
    this.epochUs = options.epochUs ?? 0;
  }

  /** The lines for one frame (from the link header), without a newline at the end. `at` is virtual ms. */
  print(at: number, frame: Uint8Array): string {
    return this.stamp(at) + etherPrint(this.dissect, frame, 0, frame.length, frame.length);
  }

  /** The same as `-i any` prints it: device and direction, cooked link header. */
  printAny(at: number, frame: Uint8Array, seen: SeenAt): string {
    const where = `${seen.ifname.padEnd(5)} ${seen.direction.padEnd(3)} `;
    return this.stamp(at) + where + this.cooked(frame, seen);
  }

  /** sll2_print: like Ethernet, but only the sender's address is known. */
  private cooked(frame: Uint8Array, seen: SeenAt): string {
    const d = this.dissect;
    const type = frame.length < ETH_HLEN ? 0 : ethProto(frame, 0);
    // The layer text is the same; the link part is replaced.
    const inner = etherPrint(d.e ? { ...d, e: false } : d, frame, 0, frame.length, frame.length);
    if (!d.e) return inner;
    const name = etherName(type);
    const link = `ifindex ${seen.ifindex} ${formatMac(ethSrc(frame, 0))} ethertype ${name} (0x${hex(type, 4)}), length ${frame.length - ETH_HLEN + SLL2_HLEN}: `;
    return link + etherPrint(d, frame, 0, frame.length, frame.length).replace(/^.*?, length \d+: /, "");
  }

  private stamp(at: number): string {
    if (this.time === "none") return "";
    const us = this.epochUs + Math.round(at * 1000);
    const seconds = Math.floor(us / 1_000_000);
    const fraction = String(us % 1_000_000).padStart(6, "0");
    if (this.time === "epoch") return `${seconds}.${fraction} `;
    const clock = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${fraction} `;
    return this.time === "date" ? `${civilDate(Math.floor(seconds / 86_400))} ${clock}` : clock;
  }
}

const ETHER_NAMES: Readonly<Record<number, string>> = {
  0x0800: "IPv4",
  0x0806: "ARP",
  0x86dd: "IPv6",
  0x8100: "802.1Q",
};

function etherName(type: number): string {
  return ETHER_NAMES[type] ?? "Unknown";
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}

/** Days since 1970-01-01 → YYYY-MM-DD (Howard Hinnant's civil_from_days). */
function civilDate(days: number): string {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  return `${year}-${two(month)}-${two(doy - Math.floor((153 * mp + 2) / 5) + 1)}`;
}

/** Direction as `-i any` prints it. */
export function frameDirection(frame: TapFrame): SeenAt["direction"] {
  if (frame.out) return "Out";
  return directionOf(frame.pkt);
}

function directionOf(pkt: Packet): SeenAt["direction"] {
  switch (pkt.pktType) {
    case PACKET_BROADCAST:
      return "B";
    case PACKET_MULTICAST:
      return "M";
    case PACKET_OTHERHOST:
      return "P";
    default:
      return "In";
  }
}

/** A tap that prints each frame of a device. `any`: with device name and direction. */
export function tcpdumpTap(printer: TcpdumpPrinter, any: boolean, emit: (text: string) => void): Tap {
  return (frame) => {
    const bytes = frameBytes(frame.pkt);
    const { world } = frame.dev.ns;
    const at = world.now - world.epoch;
    emit(any ? printer.printAny(at, bytes, seenAt(frame.dev, frame)) : printer.print(at, bytes));
  };
}

function seenAt(dev: NetDevice, frame: TapFrame): SeenAt {
  return { ifname: dev.name, ifindex: dev.ifindex, direction: frameDirection(frame) };
}
