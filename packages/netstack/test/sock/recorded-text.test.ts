// A published capture of a connection whose answers come from an unexpected address (kernel 4.9, MTU 8951, 16 MB receive buffers,
// timestamps of 250 Hz): our sockets must print the same text, checksums included. The address translation on the way is done by hand
// here, since only sockets and text are under test.

import { describe, expect, it } from "vitest";
import type { Ipv4 } from "../../src/addr/ipv4.ts";
import { parseIpv4 } from "../../src/addr/ipv4.ts";
import { tcpConnect, tcpListen } from "../../src/sock/tcp.ts";
import { setU32 } from "../../src/wire/bytes.ts";
import { csumReplacePartial4 } from "../../src/wire/checksum.ts";
import { IP_DADDR_OFF, ipDaddr, ipDecreaseTtl, ipHdrLen, ipSendCheck } from "../../src/wire/ipv4-fields.ts";
import { TCP_CHECK_OFF } from "../../src/wire/tcp-fields.ts";
import { addAddress, capture, run, tcpOf, twoHosts } from "./lab.ts";

const SERVICE = parseIpv4("100.67.30.133") as Ipv4;
const SERVER = parseIpv4("100.96.54.247") as Ipv4;

const RECORDED = `IP (tos 0x0, ttl 64, id 2160, offset 0, flags [DF], proto TCP (6), length 60)
    100.96.54.240.43534 > 100.67.30.133.80: Flags [S], cksum 0x1e47 (incorrect -> 0x3e31), seq 506285654, win 26733, options [mss 8911,sackOK,TS val 153372198 ecr 0,nop,wscale 9], length 0
IP (tos 0x0, ttl 63, id 2160, offset 0, flags [DF], proto TCP (6), length 60)
    100.96.54.240.43534 > 100.96.54.247.80: Flags [S], cksum 0x36d6 (incorrect -> 0x25a2), seq 506285654, win 26733, options [mss 8911,sackOK,TS val 153372198 ecr 0,nop,wscale 9], length 0
IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto TCP (6), length 60)
    100.96.54.247.80 > 100.96.54.240.43534: Flags [S.], cksum 0x36d6 (incorrect -> 0xc318), seq 2871879716, ack 506285655, win 26697, options [mss 8911,sackOK,TS val 153372198 ecr 153372198,nop,wscale 9], length 0
IP (tos 0x0, ttl 64, id 32433, offset 0, flags [DF], proto TCP (6), length 40)
    100.96.54.240.43534 > 100.96.54.247.80: Flags [R], cksum 0x6256 (correct), seq 506285655, win 0, length 0
IP (tos 0x0, ttl 64, id 2161, offset 0, flags [DF], proto TCP (6), length 60)
    100.96.54.240.43534 > 100.67.30.133.80: Flags [S], cksum 0x1e47 (incorrect -> 0x3d37), seq 506285654, win 26733, options [mss 8911,sackOK,TS val 153372448 ecr 0,nop,wscale 9], length 0
IP (tos 0x0, ttl 63, id 2161, offset 0, flags [DF], proto TCP (6), length 60)
    100.96.54.240.43534 > 100.96.54.247.80: Flags [S], cksum 0x36d6 (incorrect -> 0x24a8), seq 506285654, win 26733, options [mss 8911,sackOK,TS val 153372448 ecr 0,nop,wscale 9], length 0
IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto TCP (6), length 60)
    100.96.54.247.80 > 100.96.54.240.43534: Flags [S.], cksum 0x36d6 (incorrect -> 0x91f0), seq 2887489130, ack 506285655, win 26697, options [mss 8911,sackOK,TS val 153372448 ecr 153372448,nop,wscale 9], length 0
IP (tos 0x0, ttl 64, id 32492, offset 0, flags [DF], proto TCP (6), length 40)
    100.96.54.240.43534 > 100.96.54.247.80: Flags [R], cksum 0x6256 (correct), seq 506285655, win 0, length 0`;

describe("the published capture", () => {
  it("comes out of our sockets", () => {
    const lab = twoHosts({ mtu: 8951, flavour: "4.9" });
    addAddress(lab.devA, "100.96.54.240/24");
    addAddress(lab.devB, "100.96.54.247/24");
    // On the link of A as far as A knows, so that the cable can carry it.
    addAddress(lab.devA, "100.67.30.1/24");
    addAddress(lab.devB, "100.67.30.133/24");
    for (const ns of [lab.a, lab.b]) expect(ns.sysctl.set("net.ipv4.tcp_rmem", "4096 87380 16777216")).toBeUndefined();
    lab.a.sockets.pins = { isn: [506285654], ipId: [2160], rstIpId: [32433, 32492], sport: [43534], tsBase: 153372198 };
    lab.b.sockets.pins = { isn: [2871879716, 2887489130], tsBase: 153372198 };
    const lines = capture(lab.devA, { v: 2, time: "none" });
    lab.devB.rxHandler = (pkt) => {
      const b = pkt.buf;
      if (tcpOf(pkt) === null || ipDaddr(b, pkt.nh) !== SERVICE) return "pass";
      setU32(b, pkt.nh + IP_DADDR_OFF, SERVER);
      csumReplacePartial4(b, pkt.nh + ipHdrLen(b, pkt.nh) + TCP_CHECK_OFF, SERVICE, SERVER);
      ipSendCheck(b, pkt.nh);
      ipDecreaseTtl(b, pkt.nh);
      // Shown once more, as the bridge's device does.
      for (const tap of lab.devA.taps) tap({ dev: lab.devA, out: true, pkt });
      return "pass";
    };
    tcpListen(lab.b, { port: 80, onConnection: () => ({}) });
    tcpConnect(lab.a, { dst: "100.67.30.133", dport: 80, src: "100.96.54.240", on: {} });
    run(lab, 1500);
    expect(lines.join("\n")).toBe(RECORDED);
    expect(lab.recorder.unfinished()).toEqual([]);
  });
});
