// What filters look at in a frame: the outer headers, read in place.

import { ETH_HLEN, ethDst, ethProto, ethSrc, isGroupMac, MAC_BROADCAST } from "@kubehop/netstack";

export type Direction = "src" | "dst" | "either" | "both";

export interface FrameView {
  readonly frame: Uint8Array;
  readonly ethertype: number;
  /** IP protocol; -1 when the frame carries no IPv4. */
  readonly protocol: number;
  readonly broadcast: boolean;
  readonly group: boolean;
}

const ETH_P_IP = 0x0800;
const ETH_P_ARP = 0x0806;
const IP_MIN = 20;
const ARP_LEN = 28;

/** Undefined: not even a link header. */
export function frameView(frame: Uint8Array): FrameView | undefined {
  if (frame.length < ETH_HLEN) return undefined;
  const ethertype = ethProto(frame, 0);
  const dst = ethDst(frame, 0);
  const ip = ethertype === ETH_P_IP && frame.length >= ETH_HLEN + IP_MIN;
  return {
    frame,
    ethertype,
    protocol: ip ? (frame[ETH_HLEN + 9] ?? -1) : -1,
    broadcast: dst === MAC_BROADCAST,
    group: isGroupMac(dst),
  };
}

export function macsOf({ frame }: FrameView): readonly [number, number] {
  return [ethSrc(frame, 0), ethDst(frame, 0)];
}

/** Source and destination of IPv4, sender and target of ARP. */
export function addrsOf({ frame, ethertype, protocol }: FrameView): readonly [number, number] | undefined {
  if (protocol >= 0) return [u32(frame, ETH_HLEN + 12), u32(frame, ETH_HLEN + 16)];
  if (ethertype === ETH_P_ARP && frame.length >= ETH_HLEN + ARP_LEN)
    return [u32(frame, ETH_HLEN + 14), u32(frame, ETH_HLEN + 24)];
  return undefined;
}

const PORTED: readonly number[] = [6, 17, 132];

/** Ports of TCP, UDP and SCTP; not of later fragments. */
export function portsOf({ frame, protocol }: FrameView): readonly [number, number] | undefined {
  if (!PORTED.includes(protocol) || (u16(frame, ETH_HLEN + 6) & 0x1fff) !== 0) return undefined;
  const transport = ETH_HLEN + ((frame[ETH_HLEN] ?? 0) & 0xf) * 4;
  return frame.length < transport + 4 ? undefined : [u16(frame, transport), u16(frame, transport + 2)];
}

function u16(b: Uint8Array, at: number): number {
  return ((b[at] ?? 0) << 8) | (b[at + 1] ?? 0);
}

function u32(b: Uint8Array, at: number): number {
  return ((u16(b, at) << 16) | u16(b, at + 2)) >>> 0;
}
