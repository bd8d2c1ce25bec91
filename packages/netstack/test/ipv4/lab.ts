// Topology T1 of the measurements: c(e0 10.1.0.2/24) – r(c0 10.1.0.1/24, s0 10.2.0.1/24, forwarding) – s(e0 10.2.0.2/24),
// fixed MACs, default routes via r. Frames in and frames out as one line each.

import { formatIpv4, parseIpv4 } from "../../src/addr/ipv4.ts";
import type { Ipv4 } from "../../src/addr/ipv4.ts";
import { formatMac, parseMac } from "../../src/addr/mac.ts";
import type { Mac } from "../../src/addr/mac.ts";
import { frameBytes } from "../../src/dev/eth.ts";
import type { NetDevice } from "../../src/dev/net-device.ts";
import { NetNamespace } from "../../src/netns/net-namespace.ts";
import { World } from "../../src/netns/world.ts";
import { applyAddrOp } from "../../src/rtnl/addr.ts";
import type { ConfigOp } from "../../src/rtnl/batch.ts";
import { applyLinkOp } from "../../src/rtnl/link.ts";
import { applyNeighOp } from "../../src/rtnl/neigh.ts";
import { applyRouteOp } from "../../src/rtnl/route.ts";
import { applyRuleOp } from "../../src/rtnl/rule.ts";
import { packetSend } from "../../src/sock/packet-socket.ts";
import { ARPOP_REQUEST, arpOp, arpSha, arpSip, arpTip, arpWrite } from "../../src/wire/arp-fields.ts";
import { getU16, setU16, setU32 } from "../../src/wire/bytes.ts";
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, ethDst, ethProto, ethWrite } from "../../src/wire/ethernet.ts";
import { icmpSetCheck } from "../../src/wire/icmp-fields.ts";
import {
  IP_DF,
  IP_MF,
  IP_OFFSET,
  ipDaddr,
  ipFragOff,
  ipHdrLen,
  ipProto,
  ipSaddr,
  ipTotLen,
  ipTtl,
  ipWrite,
} from "../../src/wire/ipv4-fields.ts";

export const MAC = {
  c: "02:00:00:00:00:c0",
  rc: "02:00:00:00:01:c0",
  rs: "02:00:00:00:01:50",
  s: "02:00:00:00:00:50",
  all: "ff:ff:ff:ff:ff:ff",
} as const;

export function ip(text: string): Ipv4 {
  const addr = parseIpv4(text);
  if (addr === undefined) throw new Error(`not an address: ${text}`);
  return addr;
}

export function mac(text: string): Mac {
  const addr = parseMac(text);
  if (addr === undefined) throw new Error(`not a MAC: ${text}`);
  return addr;
}

/** Apply one operation; the message of the tool, null when it went well. */
export function tryOp(ns: NetNamespace, op: ConfigOp): string | null {
  if (op.op.startsWith("link-")) return applyLinkOp(ns, op as Parameters<typeof applyLinkOp>[1])?.message ?? null;
  if (op.op.startsWith("addr-")) return applyAddrOp(ns, op as Parameters<typeof applyAddrOp>[1])?.message ?? null;
  if (op.op.startsWith("route-")) return applyRouteOp(ns, op as Parameters<typeof applyRouteOp>[1])?.message ?? null;
  if (op.op.startsWith("rule-")) return applyRuleOp(ns, op as Parameters<typeof applyRuleOp>[1])?.message ?? null;
  if (op.op.startsWith("neigh-")) return applyNeighOp(ns, op as Parameters<typeof applyNeighOp>[1])?.message ?? null;
  if (op.op === "sysctl") return ns.sysctl.set(op.key, op.value) ?? null;
  throw new Error(`not for this test: ${op.op}`);
}

export function apply(ns: NetNamespace, ...ops: ConfigOp[]): void {
  for (const op of ops) {
    const message = tryOp(ns, op);
    if (message !== null) throw new Error(`${JSON.stringify(op)}: ${message}`);
  }
}

export function sysctl(ns: NetNamespace, key: string, value: number | string): void {
  apply(ns, { op: "sysctl", key, value: String(value) });
}

export function device(ns: NetNamespace, name: string): NetDevice {
  const dev = ns.devices.byName(name);
  if (dev === undefined) throw new Error(`no ${name}`);
  return dev;
}

/** A veth pair, both ends up and with an address each. */
export function cable(
  a: NetNamespace,
  aName: string,
  aMac: string,
  aAddr: string,
  b: NetNamespace,
  bName: string,
  bMac: string,
  bAddr: string,
): void {
  apply(a, {
    op: "link-add",
    name: aName,
    address: aMac,
    link: { type: "veth", peer: { name: bName, netns: b.name, address: bMac } },
  });
  for (const [ns, dev, local] of [
    [a, aName, aAddr],
    [b, bName, bAddr],
  ] as const) {
    apply(ns, { op: "link-set", dev, up: true });
    if (local !== "") apply(ns, { op: "addr-add", dev, local });
  }
}

export interface T1 {
  readonly world: World;
  readonly c: NetNamespace;
  readonly r: NetNamespace;
  readonly s: NetNamespace;
  /** `REASON@fn` of every drop. */
  readonly drops: string[];
}

export function newNs(world: World, name: string): NetNamespace {
  const ns = new NetNamespace(world, name);
  apply(ns, { op: "link-set", dev: "lo", up: true });
  return ns;
}

/** `quiet`: permanent neighbours everywhere, so that captures show no ARP. */
export function t1(quiet = true): T1 {
  const world = new World(1);
  const drops: string[] = [];
  world.onDrop = (_ns, _pkt, reason, fn) => drops.push(`${reason}@${fn}`);
  const [c, r, s] = [newNs(world, "c"), newNs(world, "r"), newNs(world, "s")];
  cable(c, "e0", MAC.c, "10.1.0.2/24", r, "c0", MAC.rc, "10.1.0.1/24");
  cable(s, "e0", MAC.s, "10.2.0.2/24", r, "s0", MAC.rs, "10.2.0.1/24");
  apply(c, { op: "route-add", dst: "default", via: "10.1.0.1" });
  apply(s, { op: "route-add", dst: "default", via: "10.2.0.1" });
  sysctl(r, "net.ipv4.ip_forward", 1);
  if (quiet) {
    neigh(c, "e0", "10.1.0.1", MAC.rc);
    neigh(r, "c0", "10.1.0.2", MAC.c);
    neigh(r, "s0", "10.2.0.2", MAC.s);
    neigh(s, "e0", "10.2.0.1", MAC.rs);
  }
  return { world, c, r, s, drops };
}

export function neigh(ns: NetNamespace, dev: string, dst: string, lladdr: string): void {
  apply(ns, { op: "neigh-add", dev, dst, lladdr, nud: "permanent" });
}

export interface IpInit {
  readonly src?: string;
  readonly dst: string;
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  /** Flags and offset, u16. */
  readonly frag?: number;
  /** UDP unless given. */
  readonly proto?: number;
  readonly payload?: Uint8Array;
  readonly options?: readonly number[];
  readonly dstMac?: string;
  readonly srcMac?: string;
}

/** UDP 1000 → 2000 with `n` bytes behind the header. */
export function udp(n = 8, dport = 2000): Uint8Array {
  const b = new Uint8Array(8 + n);
  setU16(b, 0, 1000);
  setU16(b, 2, dport);
  setU16(b, 4, b.length);
  for (let i = 8; i < b.length; i++) b[i] = i;
  return b;
}

export function echo(n = 8, type = 8, code = 0): Uint8Array {
  const b = new Uint8Array(8 + n);
  b[0] = type;
  b[1] = code;
  setU32(b, 4, 0x00070001);
  icmpSetCheck(b, 0, b.length);
  return b;
}

/** An Ethernet frame from c to r unless the MACs say otherwise. */
export function ipFrame(init: IpInit): Uint8Array {
  const payload = init.payload ?? udp();
  const options = init.options ?? [];
  const hlen = 20 + options.length;
  const b = new Uint8Array(ETH_HLEN + hlen + payload.length);
  ethWrite(b, 0, mac(init.dstMac ?? MAC.rc), mac(init.srcMac ?? MAC.c), ETH_P_IP);
  b.set(options, ETH_HLEN + 20);
  b.set(payload, ETH_HLEN + hlen);
  writeHeader(b, init, hlen, payload.length);
  return b;
}

function writeHeader(b: Uint8Array, init: IpInit, hlen: number, len: number): void {
  const o = ETH_HLEN;
  ipWrite(b, o, {
    tos: init.tos ?? 0,
    totLen: hlen + len,
    id: init.id ?? 1,
    fragOff: init.frag ?? 0,
    ttl: init.ttl ?? 64,
    proto: init.proto ?? 17,
    saddr: ip(init.src ?? "10.1.0.2"),
    daddr: ip(init.dst),
  });
  b[o] = 0x40 | (hlen >> 2);
  setU16(b, o + 10, 0);
  let sum = 0;
  for (let i = 0; i < hlen; i += 2) sum += getU16(b, o + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  setU16(b, o + 10, ~sum & 0xffff);
}

export function send(ns: NetNamespace, dev: string, frame: Uint8Array): void {
  packetSend(device(ns, dev), frame);
}

export function arpFrame(m: {
  op?: number;
  sip: string;
  tip: string;
  sha?: string;
  tha?: string;
  dst?: string;
}): Uint8Array {
  const b = new Uint8Array(ETH_HLEN + 28);
  const sha = mac(m.sha ?? MAC.c);
  ethWrite(b, 0, mac(m.dst ?? MAC.all), sha, ETH_P_ARP);
  arpWrite(b, ETH_HLEN, m.op ?? ARPOP_REQUEST, sha, ip(m.sip), mac(m.tha ?? "00:00:00:00:00:00"), ip(m.tip));
  return b;
}

/** Record what a device receives or sends; the returned list grows. */
export function capture(ns: NetNamespace, dev: string, way: "in" | "out", frames: Uint8Array[] = []): string[] {
  const lines: string[] = [];
  device(ns, dev).taps.push(({ out, pkt }) => {
    if (out !== (way === "out")) return;
    const bytes = frameBytes(pkt);
    frames.push(bytes);
    lines.push(describe(bytes));
  });
  return lines;
}

/** `10.1.0.2 > 10.2.0.2 udp len 36 ttl 63 [DF] [frag 0+]`, `icmp 11/0 …`, `arp who-has A tell B`, `arp A is-at M to M`. */
export function describe(b: Uint8Array): string {
  if (ethProto(b, 0) === ETH_P_ARP) return describeArp(b);
  const o = ETH_HLEN;
  const field = ipFragOff(b, o);
  const th = o + ipHdrLen(b, o);
  const words = [`${formatIpv4(ipSaddr(b, o))} > ${formatIpv4(ipDaddr(b, o))}`];
  words.push(
    ipProto(b, o) === 1 && (field & IP_OFFSET) === 0
      ? `icmp ${b[th]}/${b[th + 1]}`
      : ipProto(b, o) === 17
        ? "udp"
        : `proto ${ipProto(b, o)}`,
  );
  words.push(`len ${ipTotLen(b, o)} ttl ${ipTtl(b, o)}`);
  if ((field & IP_DF) !== 0) words.push("DF");
  if ((field & (IP_MF | IP_OFFSET)) !== 0)
    words.push(`frag ${(field & IP_OFFSET) * 8}${(field & IP_MF) !== 0 ? "+" : ""}`);
  return words.join(" ");
}

function describeArp(b: Uint8Array): string {
  const o = ETH_HLEN;
  if (arpOp(b, o) === ARPOP_REQUEST)
    return `arp who-has ${formatIpv4(arpTip(b, o))} tell ${formatIpv4(arpSip(b, o))}${ethDst(b, 0) === mac(MAC.all) ? "" : " (unicast)"}`;
  return `arp ${formatIpv4(arpSip(b, o))} is-at ${formatMac(arpSha(b, o))}`;
}
