// A few namespaces with links, frames and taps for tests of the device layer.

import { formatMac } from "../../src/addr/mac.ts";
import { frameBytes } from "../../src/dev/eth.ts";
import type { NetDevice } from "../../src/dev/net-device.ts";
import { KERNEL_FLAVOURS } from "../../src/netns/flavour.ts";
import type { KernelVersion } from "../../src/netns/flavour.ts";
import { NetNamespace } from "../../src/netns/net-namespace.ts";
import { World } from "../../src/netns/world.ts";
import type { LinkOp } from "../../src/rtnl/link.ts";
import { applyLinkOp } from "../../src/rtnl/link.ts";
import { packetSend } from "../../src/sock/packet-socket.ts";
import { fromHex } from "../../src/wire/bytes.ts";
import { ethDst, ethSrc } from "../../src/wire/ethernet.ts";

/** An ethertype nobody handles. */
export const ETH_P_TEST = 0x88b5;

/** An Ethernet frame: addresses, ethertype, `payload` zero bytes or the given hex. */
export function frame(dst: string, src: string, payload: number | string = 46, proto = ETH_P_TEST): Uint8Array {
  const body = typeof payload === "number" ? "00".repeat(payload) : payload;
  return fromHex(dst.replaceAll(":", "") + src.replaceAll(":", "") + proto.toString(16).padStart(4, "0") + body);
}

/** One line per frame on the tapped devices, in order: `dev:out dst<src`. */
export class Capture {
  readonly lines: string[] = [];
  readonly frames: Uint8Array[] = [];

  constructor(...devices: NetDevice[]) {
    for (const dev of devices) {
      dev.taps.push(({ out, pkt }) => {
        const at = pkt.mac >= 0 ? pkt.mac : pkt.head;
        this.lines.push(
          `${dev.name}:${out ? "out" : "in"} ${formatMac(ethDst(pkt.buf, at))}<${formatMac(ethSrc(pkt.buf, at))}`,
        );
        this.frames.push(frameBytes(pkt));
      });
    }
  }

  /** What was seen since the last call, without addresses. */
  take(): string[] {
    const seen = this.lines.splice(0).map((line) => line.split(" ")[0] as string);
    this.frames.length = 0;
    return seen;
  }
}

export class Lab {
  readonly world = new World(1);
  readonly drops: string[] = [];
  private readonly kernel: KernelVersion;

  constructor(kernel: KernelVersion = "6.18") {
    this.kernel = kernel;
    this.world.onDrop = (_ns, _pkt, reason, fn) => this.drops.push(`${reason}@${fn}`);
  }

  ns(name: string): NetNamespace {
    return this.world.namespaces.get(name) ?? new NetNamespace(this.world, name, KERNEL_FLAVOURS[this.kernel]);
  }

  dev(ns: string, name: string): NetDevice {
    const dev = this.ns(ns).devices.byName(name);
    if (dev === undefined) throw new Error(`no ${name} in ${ns}`);
    return dev;
  }

  /** A device's own address as text. */
  frameMac(ns: string, name: string): string {
    return formatMac(this.dev(ns, name).addr);
  }

  /** Apply operations that must succeed. */
  apply(ns: string, ...ops: LinkOp[]): void {
    for (const op of ops) {
      const error = applyLinkOp(this.ns(ns), op);
      if (error !== null) throw new Error(`${JSON.stringify(op)}: ${error.message}`);
    }
  }

  /** The message of an operation that must fail. */
  refused(ns: string, op: LinkOp): string {
    return applyLinkOp(this.ns(ns), op)?.message ?? "accepted";
  }

  up(ns: string, ...names: string[]): void {
    for (const dev of names) this.apply(ns, { op: "link-set", dev, up: true });
  }

  /** A veth pair, both ends up: `ns/name` and `peerNs/peerName`. */
  pair(ns: string, name: string, peerNs: string, peerName: string, address?: string): void {
    this.ns(peerNs);
    const peer = { name: peerName, netns: peerNs, ...(address === undefined ? {} : { address }) };
    this.apply(ns, { op: "link-add", name, link: { type: "veth", peer } });
    this.up(ns, name);
    this.up(peerNs, peerName);
  }

  send(ns: string, dev: string, bytes: Uint8Array): void {
    packetSend(this.dev(ns, dev), bytes);
  }
}

/** Namespace `sw` with bridge br0 and ports p1…pn, whose other ends are e0 in namespaces h1…hn with MACs 02:00:00:00:00:0n. */
export function bridgeLab(ports: number, kernel: KernelVersion = "6.18"): Lab {
  const lab = new Lab(kernel);
  lab.apply("sw", { op: "link-add", name: "br0", link: { type: "bridge" } });
  lab.up("sw", "br0");
  for (let i = 1; i <= ports; i++) {
    lab.pair("sw", `p${i}`, `h${i}`, "e0", `02:00:00:00:00:0${i}`);
    lab.apply("sw", { op: "link-set", dev: `p${i}`, master: "br0" });
  }
  return lab;
}

export const HOST = (i: number): string => `02:00:00:00:00:0${i}`;
export const ALL = "ff:ff:ff:ff:ff:ff";
