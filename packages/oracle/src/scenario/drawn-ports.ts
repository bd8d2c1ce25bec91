// Ports (and ICMP ids) that NAT draws: every world has its own. What the run on our kernel drew stands in the script; a world's frames
// and connections are told in the script's ports, and the script's frames are sent in the world's.

import { csumReplace2, ETH_HLEN, ETH_P_IP, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from "@kubehop/netstack";
import type { CtEvent, KernelFrame, StepSeen } from "../live/kernel.ts";
import { isTunnel } from "../live/kernel-made.ts";
import type { RecordedConntrack } from "../recorded/format.ts";
import type { Draw } from "./script.ts";

type Tuple = RecordedConntrack["orig"];

const VXLAN_INNER = 16;
const ICMP_QUOTE = 8;
const TCP_CHECK = 16;
const UDP_CHECK = 6;
const NUMBERS: Readonly<Record<string, number>> = { icmp: IPPROTO_ICMP, tcp: IPPROTO_TCP, udp: IPPROTO_UDP };

/** A port of an address, e.g. `6 10.244.0.1 30057`. */
const keyOf = (proto: number, addr: string, port: number): string => `${proto} ${addr} ${port}`;

export class DrawnPorts {
  readonly #toScript = new Map<string, number>();
  readonly #toWorld = new Map<string, number>();

  get size(): number {
    return this.#toScript.size;
  }

  /** New connections of a step, held against those that the script knows of it. */
  learn(draws: readonly Draw[], { ct }: StepSeen): void {
    for (const { ns, orig, addr, port, range } of draws) {
      const proto = NUMBERS[String(orig.proto)];
      const made = ct[ns]?.find((event) => event.event === "new" && sameTuple(this.#tuple(event.orig), orig));
      const drawn = made?.reply.dport ?? made?.reply.id;
      if (proto === undefined || typeof drawn !== "number" || drawn === port) continue;
      // Whoever kept the port, or took one from elsewhere, has not drawn: that is a difference.
      if (drawn === (orig.sport ?? orig.id) || drawn < range[0] || drawn > range[1]) continue;
      this.#toScript.set(keyOf(proto, addr, drawn), port);
      this.#toWorld.set(keyOf(proto, addr, port), drawn);
    }
  }

  /** A frame of the script as this world needs it. */
  sent(hex: string): string {
    return rewritten(hex, this.#toWorld);
  }

  /** What this world showed, in the script's ports. */
  seen(step: StepSeen): StepSeen {
    if (this.size === 0) return step;
    const frames = step.frames.map((f): KernelFrame => ({ ...f, hex: rewritten(f.hex, this.#toScript) }));
    const ct = Object.entries(step.ct).map(([ns, events]): [string, CtEvent[]] => [
      ns,
      events.map((event) => ({ ...event, ...this.entry(event) })),
    ]);
    return { ...step, frames, ct: Object.fromEntries(ct) };
  }

  entry(row: RecordedConntrack): RecordedConntrack {
    return { ...row, orig: this.#tuple(row.orig), reply: this.#tuple(row.reply) };
  }

  #tuple(tuple: Tuple): Tuple {
    const { proto, src, dst, sport, dport, id } = tuple;
    const number = NUMBERS[String(proto)];
    if (number === undefined) return tuple;
    const of = <T>(addr: string, port: T): T | number =>
      typeof port === "number" ? (this.#toScript.get(keyOf(number, addr, port)) ?? port) : port;
    if (id !== undefined) return { ...tuple, id: of(dst, of(src, id)) };
    return {
      ...tuple,
      ...(sport === undefined ? {} : { sport: of(src, sport) }),
      ...(dport === undefined ? {} : { dport: of(dst, dport) }),
    };
  }
}

function sameTuple(a: Tuple, b: Tuple): boolean {
  return (
    a.proto === b.proto &&
    a.src === b.src &&
    a.dst === b.dst &&
    a.sport === b.sport &&
    a.dport === b.dport &&
    a.id === b.id
  );
}

type Ports = ReadonlyMap<string, number>;

function rewritten(hex: string, ports: Ports): string {
  if (ports.size === 0) return hex;
  const frame = Buffer.from(hex, "hex");
  rewriteFrame(frame, 0, ports);
  return frame.toString("hex");
}

function rewriteFrame(b: Buffer, at: number, ports: Ports): void {
  if (b.length >= at + ETH_HLEN + 20 && b.readUInt16BE(at + 12) === ETH_P_IP) rewritePacket(b, at + ETH_HLEN, ports);
}

function rewritePacket(b: Buffer, ip: number, ports: Ports): void {
  const l4 = ip + ((b[ip] ?? 0) & 15) * 4;
  // A later fragment has no ports.
  if (b.length < l4 + 8 || (b.readUInt16BE(ip + 6) & 0x1fff) !== 0) return;
  const proto = b[ip + 9] ?? 0;
  const src = [...b.subarray(ip + 12, ip + 16)].join(".");
  const dst = [...b.subarray(ip + 16, ip + 20)].join(".");
  if (proto === IPPROTO_ICMP) return rewriteIcmp(b, l4, [src, dst], ports);
  if (proto === IPPROTO_UDP && isTunnel(b, l4)) return rewriteFrame(b, l4 + VXLAN_INNER, ports);
  if (proto !== IPPROTO_TCP && proto !== IPPROTO_UDP) return;
  const check = l4 + (proto === IPPROTO_TCP ? TCP_CHECK : UDP_CHECK);
  rewritePort(b, l4, ports.get(keyOf(proto, src, b.readUInt16BE(l4))), check);
  rewritePort(b, l4 + 2, ports.get(keyOf(proto, dst, b.readUInt16BE(l4 + 2))), check);
}

function rewriteIcmp(b: Buffer, icmp: number, ends: readonly string[], ports: Ports): void {
  const type = b[icmp] ?? 0;
  if (type === 0 || type === 8) {
    const id = b.readUInt16BE(icmp + 4);
    const [found] = ends.map((addr) => ports.get(keyOf(IPPROTO_ICMP, addr, id))).filter((one) => one !== undefined);
    return rewritePort(b, icmp + 4, found, icmp + 2);
  }
  const ip = icmp + ICMP_QUOTE;
  if (b.length < ip + 28) return;
  const before = Buffer.from(b.subarray(ip));
  rewritePacket(b, ip, ports);
  for (let i = 0; i + 1 < before.length; i += 2)
    csumReplace2(b, icmp + 2, before.readUInt16BE(i), b.readUInt16BE(ip + i));
}

function rewritePort(b: Buffer, at: number, port: number | undefined, check: number): void {
  if (port === undefined) return;
  const before = b.readUInt16BE(at);
  b.writeUInt16BE(port, at);
  // A checksum of 0 is none (UDP), and a quote may be cut before it.
  if (check + 2 <= b.length && b.readUInt16BE(check) !== 0) csumReplace2(b, check, before, port);
}
