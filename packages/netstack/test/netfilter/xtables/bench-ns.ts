// Shared by the tests of this folder: a namespace, hand-made packets, and one hook run for them.

import type { NetDevice } from "../../../src/dev/net-device.ts";
import type { HookNum } from "../../../src/netfilter/hooks.ts";
import { nfHook, NFPROTO_IPV4 } from "../../../src/netfilter/hooks.ts";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";
import { applyBatch } from "../../../src/rtnl/apply.ts";
import type { ConfigOp } from "../../../src/rtnl/batch.ts";
import { allocSkb } from "../../../src/skb/packet.ts";
import type { Packet } from "../../../src/skb/packet.ts";
import { setU16, setU32 } from "../../../src/wire/bytes.ts";
import { ipWrite } from "../../../src/wire/ipv4-fields.ts";
import { parseIpv4 } from "../../../src/addr/ipv4.ts";

export interface PacketInit {
  readonly src?: string;
  readonly dst?: string;
  readonly proto?: number;
  readonly sport?: number;
  readonly dport?: number;
  /** TCP flags. */
  readonly flags?: number;
  readonly ttl?: number;
  readonly tos?: number;
  readonly fragOff?: number;
  /** Bytes behind the transport header. */
  readonly payload?: number;
}

const HEADER: Readonly<Record<number, number>> = { 6: 20, 17: 8, 1: 8 };

/** A packet at its network header; checksums of the transport are left zero. */
export function ipPacket(world: World, init: PacketInit = {}): Packet {
  const { proto = 6, payload = 0 } = init;
  const header = HEADER[proto] ?? 0;
  const pkt = world.adopt(allocSkb(20 + header + payload));
  pkt.nh = pkt.head;
  pkt.protocol = 0x0800;
  const addr = (text: string): number => parseIpv4(text) ?? 0;
  ipWrite(pkt.buf, pkt.nh, {
    tos: init.tos ?? 0,
    totLen: pkt.len,
    id: 1,
    fragOff: init.fragOff ?? 0x4000,
    ttl: init.ttl ?? 64,
    proto,
    saddr: addr(init.src ?? "10.0.0.1"),
    daddr: addr(init.dst ?? "10.0.0.2"),
  });
  const at = pkt.nh + 20;
  if (proto === 6 || proto === 17) {
    setU16(pkt.buf, at, init.sport ?? 1000);
    setU16(pkt.buf, at + 2, init.dport ?? 80);
  }
  if (proto === 6) {
    setU32(pkt.buf, at + 4, 1);
    pkt.buf[at + 12] = 0x50;
    pkt.buf[at + 13] = init.flags ?? 2;
  }
  return pkt;
}

/** True when all functions of the hook accepted the packet. */
export function passes(
  ns: NetNamespace,
  hook: HookNum,
  pkt: Packet,
  indev: NetDevice | null = null,
  outdev: NetDevice | null = null,
): boolean {
  let passed = false;
  nfHook(ns, NFPROTO_IPV4, hook, pkt, indev, outdev, () => {
    passed = true;
  });
  return passed;
}

export function namespace(name = "n1", world = new World(1)): NetNamespace {
  return new NetNamespace(world, name);
}

/** Throws the tool's message. */
export function apply(ns: NetNamespace, ops: readonly ConfigOp[]): void {
  const error = applyBatch(ns, { agent: "test", ops });
  if (error !== null) throw new Error(error.message);
}

/** Loads rules for filter INPUT. */
export function loadInput(ns: NetNamespace, rules: readonly string[], chains: readonly string[] = []): void {
  const text = `*filter\n:INPUT ACCEPT [0:0]\n${chains.map((c) => `:${c} - [0:0]\n`).join("")}${rules.map((r) => `${r.startsWith("-A") ? r : `-A INPUT ${r}`}\n`).join("")}COMMIT\n`;
  apply(ns, [{ op: "iptables-restore", text }]);
}
