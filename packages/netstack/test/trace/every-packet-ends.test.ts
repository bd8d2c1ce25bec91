// Packets that end off the beaten track: each has an end in its story all the same.

import { expect, test } from "vitest";
import { parseIpv4 } from "../../src/addr/ipv4.ts";
import type { Ipv4 } from "../../src/addr/ipv4.ts";
import type { Mac } from "../../src/addr/mac.ts";
import { ipLocalOut } from "../../src/ipv4/ip-output.ts";
import { flowKey, ipRouteOutput } from "../../src/ipv4/route.ts";
import { PacketStormError } from "../../src/netns/world.ts";
import { applyBatch } from "../../src/rtnl/apply.ts";
import type { ConfigOp } from "../../src/rtnl/batch.ts";
import type { NetNamespace } from "../../src/netns/net-namespace.ts";
import { allocSkb } from "../../src/skb/packet.ts";
import { packetSend } from "../../src/sock/packet-socket.ts";
import { emitEthernet } from "../../src/testing/ethernet.ts";
import { emitIpv4Packet } from "../../src/testing/ipv4.ts";
import { emitTcp } from "../../src/testing/tcp.ts";
import { JourneyRecorder } from "../../src/trace/journey.ts";
import { ETH_P_IP } from "../../src/wire/ethernet.ts";
import { IPPROTO_TCP, IPPROTO_UDP, ipWrite } from "../../src/wire/ipv4-fields.ts";
import { TCP_SYN } from "../../src/wire/tcp-fields.ts";
import { ALL, frame, HOST, Lab } from "../dev/lab.ts";
import { twoHosts } from "../sock/lab.ts";

const NONE = new Uint8Array(0);
const ip = (text: string): Ipv4 => parseIpv4(text) as Ipv4;

function apply(ns: NetNamespace, ...ops: ConfigOp[]): void {
  expect(applyBatch(ns, { agent: "test", ops })).toBeNull();
}

/** `reason@function` of every drop. */
function dropsOf(recorder: JourneyRecorder): string[] {
  const steps = recorder.packets().flatMap((journey) => journey.steps);
  return steps.flatMap((step) => (step.kind === "drop" ? [`${step.reason}@${step.fn}`] : []));
}

test("a multicast packet of TTL 0 stays on its host", () => {
  const { a, devA, recorder, world } = twoHosts();
  const route = ipRouteOutput(a, flowKey(ip("224.0.0.1"), { oif: devA.ifindex }));
  if (typeof route === "string") throw new Error(route);
  const pkt = world.adopt(allocSkb(20));
  pkt.route = route;
  const fields = { tos: 0, totLen: 20, id: 0, fragOff: 0, ttl: 0, proto: IPPROTO_UDP };
  ipWrite(pkt.buf, pkt.head, { ...fields, saddr: ip("10.0.0.1"), daddr: ip("224.0.0.1") });
  ipLocalOut(a, null, pkt);
  world.softirq();
  expect(dropsOf(recorder)).toContain("NOT_SPECIFIED@ip_mc_output");
  expect(recorder.unfinished()).toEqual([]);
});

test("a RST of REJECT for which there is no way back", () => {
  const { a, b, devA, devB, recorder } = twoHosts();
  apply(b, { op: "iptables", args: "-A INPUT -p tcp -j REJECT --reject-with tcp-reset".split(" ") });
  for (const conf of ["all", devB.name]) apply(b, { op: "sysctl", key: `net.ipv4.conf.${conf}.rp_filter`, value: "0" });
  const src = ip("203.0.113.9");
  const dst = ip("10.0.0.2");
  const numbers = { sport: 1000, dport: 80, seq: 1, ack: 0, flags: TCP_SYN, window: 1000, urgent: 0 };
  const segment = emitTcp({ ...numbers, options: NONE, payload: NONE }, src, dst);
  const header = { src, dst, proto: IPPROTO_TCP, ttl: 64, tos: 0, id: 1, df: true, mf: false, fragOffset: 0 };
  const payload = emitIpv4Packet({ ...header, options: NONE, payload: segment });
  packetSend(devA, emitEthernet({ dst: devB.addr, src: 0x020000000001 as Mac, ethertype: ETH_P_IP, payload }));
  a.world.softirq();
  expect(dropsOf(recorder)).toEqual(["NETFILTER_DROP@nft_do_chain", "NOT_SPECIFIED@nf_send_reset"]);
  expect(recorder.unfinished()).toEqual([]);
});

test("the frames of a storm, the one in hand among them", () => {
  const lab = new Lab();
  const recorder = new JourneyRecorder();
  lab.world.tracer = recorder;
  lab.world.netdevBudget = 50;
  for (const ns of ["x", "y"]) {
    lab.apply(ns, { op: "link-add", name: "br0", link: { type: "bridge" } });
    lab.up(ns, "br0");
  }
  for (const name of ["l1", "l2"]) {
    lab.pair("x", name, "y", name);
    for (const ns of ["x", "y"]) lab.apply(ns, { op: "link-set", dev: name, master: "br0" });
  }
  expect(() => lab.send("x", "br0", frame(ALL, HOST(1)))).toThrow(PacketStormError);
  expect(recorder.unfinished()).toEqual([]);
});
