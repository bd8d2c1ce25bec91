// The least of a namespace that conntrack and NAT touch: clock, hooks, sysctls. Lets their tests run without devices and routes.

import { Clock, Random } from "@kubehop/sim";
import { ConntrackNet } from "../../../src/netfilter/conntrack/conntrack-net.ts";
import { nfConntrackConfirm } from "../../../src/netfilter/conntrack/confirm.ts";
import { nfConntrackIn } from "../../../src/netfilter/conntrack/conntrack-core.ts";
import { NatNet } from "../../../src/netfilter/nat/nat-net.ts";
import type { HookNum, HookState, Verdict } from "../../../src/netfilter/hooks.ts";
import {
  NF_ACCEPT,
  NF_DROP,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NfHooks,
  NFPROTO_IPV4,
} from "../../../src/netfilter/hooks.ts";
import type { KernelVersion } from "../../../src/netns/flavour.ts";
import { KERNEL_FLAVOURS } from "../../../src/netns/flavour.ts";
import type { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { SysctlTable } from "../../../src/netns/sysctl-table.ts";
import type { Packet } from "../../../src/skb/packet.ts";
import { allocSkb } from "../../../src/skb/packet.ts";
import { setU16, setU32 } from "../../../src/wire/bytes.ts";
import { icmpSetCheck } from "../../../src/wire/icmp-fields.ts";
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, ipWrite } from "../../../src/wire/ipv4-fields.ts";
import { tcpSetCheck, tcpWrite } from "../../../src/wire/tcp-fields.ts";
import { udpSetCheck, udpWrite } from "../../../src/wire/udp-fields.ts";
import { parseIpv4 } from "../../../src/addr/ipv4.ts";

export interface Bare {
  readonly ns: NetNamespace;
  readonly clock: Clock;
  readonly ct: ConntrackNet;
  readonly nat: NatNet;
  readonly dmesg: string[];
}

export function bareNs(version: KernelVersion = "6.18", seed = 1): Bare {
  const clock = new Clock();
  const dmesg: string[] = [];
  const fields: Record<string, unknown> = {
    world: {
      clock,
      random: new Random(seed),
      tracer: null,
      onDrop: null,
      dropped: 0,
      get now() {
        return clock.now;
      },
    },
    name: "bare",
    flavour: KERNEL_FLAVOURS[version],
    hooks: new NfHooks(),
    sysctl: new SysctlTable(),
    printk: (text: string) => dmesg.push(text),
  };
  const ns = fields as unknown as NetNamespace;
  fields["ct"] = new ConntrackNet(ns);
  fields["nat"] = new NatNet(ns);
  return { ns, clock, ct: ns.ct, nat: ns.nat, dmesg };
}

export function hookState(ns: NetNamespace, hook: HookNum): HookState {
  return { ns, pf: NFPROTO_IPV4, hook, in: null, out: null, okfn: () => undefined };
}

/** Runs the registered functions of the given hooks over a packet; the first verdict that is not ACCEPT ends it. */
export function runHooks(ns: NetNamespace, pkt: Packet, hooks: readonly HookNum[]): Verdict {
  for (const hook of hooks) {
    for (const ops of ns.hooks.list(NFPROTO_IPV4, hook)) {
      const verdict = ops.fn(hookState(ns, hook), pkt);
      if (verdict !== NF_ACCEPT) return verdict;
    }
  }
  return NF_ACCEPT;
}

/** Track and confirm as a forwarded packet is; INVALID packets are dropped before they are confirmed, as KUBE-FORWARD does. */
export function forward(bare: Bare, pkt: Packet): Verdict {
  const verdict = nfConntrackIn(hookState(bare.ns, NF_INET_PRE_ROUTING), pkt);
  if (verdict !== NF_ACCEPT) return verdict;
  if (pkt.ct === null) return NF_DROP;
  return nfConntrackConfirm(pkt);
}

export const ROUTED: readonly HookNum[] = [NF_INET_PRE_ROUTING, NF_INET_POST_ROUTING];

export function ip(text: string): number {
  const addr = parseIpv4(text);
  if (addr === undefined) throw new Error(`no address: ${text}`);
  return addr;
}

/** An IPv4 packet around `l4len` bytes that `fill` writes at the given offset. */
export function ipPacket(
  src: string,
  dst: string,
  proto: number,
  l4len: number,
  fill: (buf: Uint8Array, at: number) => void,
): Packet {
  const pkt = allocSkb(20 + l4len);
  ipWrite(pkt.buf, pkt.head, {
    tos: 0,
    totLen: 20 + l4len,
    id: 0x1234,
    fragOff: 0x4000,
    ttl: 64,
    proto,
    saddr: ip(src),
    daddr: ip(dst),
  });
  fill(pkt.buf, pkt.head + 20);
  pkt.nh = pkt.head;
  return pkt;
}

const FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32 };
export interface TcpFields {
  readonly flags: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly win?: number;
  readonly payload?: Uint8Array;
  readonly options?: Uint8Array;
}

export function tcpPacket(src: string, sport: number, dst: string, dport: number, f: TcpFields): Packet {
  const options = f.options ?? new Uint8Array();
  const payload = f.payload ?? new Uint8Array();
  const hdrLen = 20 + options.length;
  const flags = Array.from(f.flags).reduce((sum, c) => sum | (FLAGS[c] ?? 0), 0);
  return ipPacket(src, dst, IPPROTO_TCP, hdrLen + payload.length, (buf, at) => {
    tcpWrite(buf, at, { sport, dport, seq: f.seq ?? 0, ack: f.ack ?? 0, hdrLen, flags, window: f.win ?? 64240 });
    buf.set(options, at + 20);
    buf.set(payload, at + hdrLen);
    tcpSetCheck(buf, at, hdrLen + payload.length, ip(src), ip(dst));
  });
}

export function udpPacket(
  src: string,
  sport: number,
  dst: string,
  dport: number,
  payload: Uint8Array = new Uint8Array(4),
  csum = true,
): Packet {
  const len = 8 + payload.length;
  return ipPacket(src, dst, IPPROTO_UDP, len, (buf, at) => {
    udpWrite(buf, at, sport, dport, len);
    buf.set(payload, at + 8);
    if (csum) udpSetCheck(buf, at, len, ip(src), ip(dst));
  });
}

export function icmpPacket(
  src: string,
  dst: string,
  type: number,
  code: number,
  id: number,
  payload: Uint8Array = new Uint8Array(8),
): Packet {
  return ipPacket(src, dst, IPPROTO_ICMP, 8 + payload.length, (buf, at) => {
    buf[at] = type;
    buf[at + 1] = code;
    setU32(buf, at + 4, 0);
    setU16(buf, at + 4, id);
    buf.set(payload, at + 8);
    icmpSetCheck(buf, at, 8 + payload.length);
  });
}
