// Mask list A for frames that no recorder has marked: which bytes the kernel draws by chance, told from the frame itself.
// IP ids of ICMP messages it makes, and of the outer packet of a tunnel with its source port; and the checksums over them.

import { IPPROTO_ICMP, IPPROTO_UDP } from "@kubehop/netstack";

const ETH = 14;
const VXLAN_INNER = 16;
const VXLAN_HF_VNI = 0x08000000;
/** Echo reply, unreachable, redirect, time exceeded, parameter problem, timestamp reply. */
const MADE_BY_KERNEL = new Set([0, 3, 5, 11, 12, 14]);

/** Source ports of the sockets that steps open: the kernel makes those packets, and draws their ids. No injected packet uses them. */
export const SOCKET_PORTS = { first: 20_000, last: 20_999 } as const;

/** Datagrams whose ids are drawn. */
interface Drawn {
  /** A later fragment does not say what it belongs to. */
  readonly fragments: ReadonlySet<string>;
  /** Source ports of sockets, beside those of SOCKET_PORTS. */
  readonly sockets: readonly number[];
}

/** Blanks what chance decides in a frame in hex, for the frames of one step of one kernel. `sockets`: ports of sockets that steps open. */
export function maskerOf(
  frames: readonly { readonly hex: string }[],
  sockets: readonly number[] = [],
): (hex: string) => string {
  let drawn: Drawn | undefined;
  return (hex) => {
    drawn ??= { fragments: drawnFragments(frames, sockets), sockets };
    const frame = Buffer.from(hex, "hex");
    maskFrameAt(frame, 0, drawn);
    return frame.toString("hex");
  };
}

/** The first fragments of a tunnel's packets and of sockets' datagrams, wherever NAT has led them. */
function drawnFragments(frames: readonly { readonly hex: string }[], sockets: readonly number[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { hex } of frames) collectFragments(Buffer.from(hex, "hex"), 0, found, sockets);
  return found;
}

function collectFragments(b: Buffer, at: number, found: Set<string>, sockets: readonly number[]): void {
  const ip = at + ETH;
  if (b.length < ip + 20 || b.readUInt16BE(at + 12) !== 0x0800 || b[ip + 9] !== IPPROTO_UDP) return;
  const l4 = ip + ((b[ip] ?? 0) & 15) * 4;
  const offset = b.readUInt16BE(ip + 6) & 0x3fff;
  if ((offset & 0x1fff) !== 0) return;
  const tunnel = isTunnel(b, l4);
  if (offset !== 0 && (tunnel || isSocketPort(b, l4, sockets))) found.add(datagram(b, ip));
  if (tunnel) collectFragments(b, l4 + VXLAN_INNER, found, sockets);
}

/** Id and addresses. */
function datagram(b: Buffer, ip: number): string {
  return b.toString("hex", ip + 4, ip + 6) + b.toString("hex", ip + 12, ip + 20);
}

function maskFrameAt(b: Buffer, at: number, drawn: Drawn): void {
  if (b.length >= at + ETH + 20 && b.readUInt16BE(at + 12) === 0x0800) maskPacketAt(b, at + ETH, drawn);
}

function maskPacketAt(b: Buffer, ip: number, drawn: Drawn): void {
  const l4 = ip + ((b[ip] ?? 0) & 15) * 4;
  const protocol = b[ip + 9];
  if ((b.readUInt16BE(ip + 6) & 0x1fff) !== 0) {
    // An echo reply, or a tunnel's packet.
    if (protocol === IPPROTO_ICMP || (protocol === IPPROTO_UDP && drawn.fragments.has(datagram(b, ip)))) maskId(b, ip);
  } else if (protocol === IPPROTO_UDP && isTunnel(b, l4)) {
    maskTunnel(b, ip, l4);
    maskFrameAt(b, l4 + VXLAN_INNER, drawn);
  } else if (protocol === IPPROTO_ICMP && MADE_BY_KERNEL.has(b[l4] ?? -1)) {
    maskId(b, ip);
    maskQuoted(b, l4, drawn);
  } else if (protocol === IPPROTO_UDP && isSocketPort(b, l4, drawn.sockets)) maskId(b, ip);
}

function isSocketPort(b: Buffer, udp: number, sockets: readonly number[]): boolean {
  if (b.length < udp + 8) return false;
  const port = b.readUInt16BE(udp);
  return (port >= SOCKET_PORTS.first && port <= SOCKET_PORTS.last) || sockets.includes(port);
}

/** By its header, as NAT may have given it another port (RFC 7348 §5: only the I flag is set); no other datagram of ours begins so. */
export function isTunnel(b: Buffer, udp: number): boolean {
  return b.length >= udp + VXLAN_INNER + ETH && b.readUInt32BE(udp + 8) === VXLAN_HF_VNI;
}

/** How many tunnels the frame is wrapped in. */
export function tunnelDepth(hex: string): number {
  // Most frames are too short for one.
  const b = hex.length < 2 * (ETH + 28 + VXLAN_INNER + ETH) ? undefined : Buffer.from(hex, "hex");
  let depth = 0;
  for (let at = 0; b !== undefined; depth++) {
    const ip = at + ETH;
    if (b.length < ip + 20 || b.readUInt16BE(at + 12) !== 0x0800 || b[ip + 9] !== IPPROTO_UDP) break;
    const l4 = ip + ((b[ip] ?? 0) & 15) * 4;
    if ((b.readUInt16BE(ip + 6) & 0x1fff) !== 0 || !isTunnel(b, l4)) break;
    at = l4 + VXLAN_INNER;
  }
  return depth;
}

function maskId(b: Buffer, ip: number): void {
  b.fill(0, ip + 4, ip + 6);
  b.fill(0, ip + 10, ip + 12);
}

/** The source port is a hash with a key drawn at boot; a checksum, where there is one, covers it. */
function maskTunnel(b: Buffer, ip: number, udp: number): void {
  maskId(b, ip);
  b.fill(0, udp, udp + 2);
  if (b.readUInt16BE(udp + 6) !== 0) b.fill(0xff, udp + 6, udp + 8);
}

/** An ICMP error about a tunnel's packet, or about an ICMP message of the kernel's: its own checksum covers what is blanked. */
function maskQuoted(b: Buffer, icmp: number, drawn: Drawn): void {
  const ip = icmp + 8;
  if (b[icmp] === 0 || b[icmp] === 14 || b.length < ip + 28) return;
  const before = b.toString("hex", ip);
  maskPacketAt(b, ip, drawn);
  if (b.toString("hex", ip) !== before) b.fill(0, icmp + 2, icmp + 4);
}
