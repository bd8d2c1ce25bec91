// Two hosts on one cable, and a way to lose or delay what travels on it.

import type { Ipv4 } from "../../src/addr/ipv4.ts";
import { parseInterfaceAddr, prefixMask } from "../../src/addr/ipv4.ts";
import type { Mac } from "../../src/addr/mac.ts";
import { devOpen } from "../../src/dev/link.ts";
import type { NetDevice } from "../../src/dev/net-device.ts";
import { createVeth } from "../../src/dev/veth.ts";
import { inetInsertIfa } from "../../src/ipv4/devinet.ts";
import type { KernelVersion } from "../../src/netns/flavour.ts";
import { KERNEL_FLAVOURS } from "../../src/netns/flavour.ts";
import { NetNamespace } from "../../src/netns/net-namespace.ts";
import { World } from "../../src/netns/world.ts";
import { kfreeSkb } from "../../src/skb/kfree-skb.ts";
import type { Packet } from "../../src/skb/packet.ts";
import { JourneyRecorder } from "../../src/trace/journey.ts";
import { TcpdumpPrinter, tcpdumpTap } from "../../src/trace/tcpdump.ts";
import type { TcpdumpOptions } from "../../src/trace/tcpdump.ts";
import { ETH_P_IP } from "../../src/wire/ethernet.ts";
import { ipHdrLen, ipProto, IPPROTO_TCP } from "../../src/wire/ipv4-fields.ts";
import { tcpFlags, tcpHdrLen } from "../../src/wire/tcp-fields.ts";

export interface Lab {
  readonly world: World;
  readonly a: NetNamespace;
  readonly b: NetNamespace;
  readonly devA: NetDevice;
  readonly devB: NetDevice;
  readonly recorder: JourneyRecorder;
}

/** a is 10.0.0.1, b is 10.0.0.2 on a /24. */
export function twoHosts(options: { mtu?: number; flavour?: KernelVersion; seed?: string } = {}): Lab {
  const world = new World(options.seed ?? 1);
  const recorder = new JourneyRecorder();
  world.tracer = recorder;
  const flavour = KERNEL_FLAVOURS[options.flavour ?? "6.18"];
  const a = new NetNamespace(world, "a", flavour);
  const b = new NetNamespace(world, "b", flavour);
  const end = (ns: NetNamespace, addr: number) => ({ ns, name: "eth0", addr: addr as Mac, mtu: options.mtu ?? 1500 });
  const { dev: devA, peer: devB } = createVeth(end(a, 0x020000000001), end(b, 0x020000000002));
  for (const dev of [a.lo, b.lo, devA, devB]) devOpen(dev);
  addAddress(devA, "10.0.0.1/24");
  addAddress(devB, "10.0.0.2/24");
  return { world, a, b, devA, devB, recorder };
}

export function addAddress(dev: NetDevice, text: string): void {
  const parsed = parseInterfaceAddr(text);
  if (parsed === undefined) throw new Error(text);
  const broadcast = ((parsed.addr | ~prefixMask(parsed.len)) >>> 0) as Ipv4;
  inetInsertIfa(dev, {
    local: parsed.addr,
    address: parsed.addr,
    len: parsed.len,
    scope: 0,
    broadcast,
    label: dev.name,
    noprefixroute: false,
    secondary: false,
  });
}

/** Lose the frames `lose` picks among those that reach `dev`. */
export function loseAt(dev: NetDevice, lose: (pkt: Packet) => boolean): void {
  dev.rxHandler = (pkt) => {
    if (!lose(pkt)) return "pass";
    kfreeSkb(dev.ns, pkt, "NOT_SPECIFIED", "test");
    return "consumed";
  };
}

/** Frames that reach `dev` wait `ms` before they go on. */
export function delayAt(dev: NetDevice, ms: number): void {
  const passed = new Set<number>();
  dev.rxHandler = (pkt) => {
    if (passed.delete(pkt.id)) return "pass";
    passed.add(pkt.id);
    dev.ns.world.clock.schedule(ms, () => {
      pkt.head = pkt.mac;
      dev.ns.world.netifRx(pkt);
      dev.ns.world.softirq();
    });
    return "consumed";
  };
}

/** Flags of a TCP segment, -1 for anything else. `dataLen` in the second place. */
export function tcpOf(pkt: Packet): { flags: number; dataLen: number } | null {
  if (pkt.protocol !== ETH_P_IP || ipProto(pkt.buf, pkt.nh) !== IPPROTO_TCP) return null;
  const th = pkt.nh + ipHdrLen(pkt.buf, pkt.nh);
  return { flags: tcpFlags(pkt.buf, th), dataLen: pkt.tail - th - tcpHdrLen(pkt.buf, th) };
}

/** The lines tcpdump would print on a device from now on. ARP is left out. */
export function capture(dev: NetDevice, options: TcpdumpOptions = {}): string[] {
  const lines: string[] = [];
  const printer = new TcpdumpPrinter(options);
  dev.taps.push(
    tcpdumpTap(printer, false, (text) => {
      if (!text.includes("ARP,")) lines.push(text);
    }),
  );
  return lines;
}

/** Let time pass. */
export function run(lab: Lab, ms: number): void {
  lab.world.clock.runUntil(lab.world.now + ms);
}

export function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
export function bytesOf(s: string): Uint8Array {
  return Uint8Array.from(s, (c) => c.charCodeAt(0));
}
