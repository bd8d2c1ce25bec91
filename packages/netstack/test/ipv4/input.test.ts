// Entry checks, martians, source validation: kernel-spec R1.1–R1.15 as tables (experiment E5).
import { describe, expect, it } from "vitest";
import type { HookState } from "../../src/netfilter/hooks.ts";
import { NF_ACCEPT, NF_INET_PRE_ROUTING, NFPROTO_IPV4 } from "../../src/netfilter/hooks.ts";
import type { Packet } from "../../src/skb/packet.ts";
import { apply, capture, echo, ipFrame, MAC, send, sysctl, t1 } from "./lab.ts";
import type { IpInit } from "./lab.ts";

/** What becomes of a UDP packet from c: `fwd`, or the drop. */
function fate(init: IpInit, sysctls: Record<string, number> = {}, defaultRoute = false): string {
  const lab = t1();
  for (const [key, value] of Object.entries(sysctls)) sysctl(lab.r, key, value);
  if (defaultRoute) apply(lab.r, { op: "route-add", dst: "default", via: "10.2.0.2" });
  const out = capture(lab.r, "s0", "out");
  send(lab.c, "e0", ipFrame(init));
  return out.length > 0 ? "fwd" : (lab.drops[0] ?? "nothing");
}

const RP = (v: number): Record<string, number> => ({ "net.ipv4.conf.c0.rp_filter": v });
const RPF = "IP_RPFILTER@ip_rcv_finish_core";
const LOCAL = "IP_LOCAL_SOURCE@ip_rcv_finish_core";
const INVALID = "IP_INVALID_SOURCE@ip_rcv_finish_core";

describe("source validation", () => {
  it.each([
    ["10.1.0.77", "fwd", "fwd", "fwd", "fwd"],
    ["10.2.0.99", "fwd", RPF, "fwd", "fwd"],
    ["172.30.0.1", "fwd", RPF, RPF, "fwd"],
    ["10.2.0.1", LOCAL, LOCAL, LOCAL, LOCAL],
    ["0.0.0.0", INVALID, INVALID, INVALID, INVALID],
    ["224.0.0.1", INVALID, INVALID, INVALID, INVALID],
    ["255.255.255.255", INVALID, INVALID, INVALID, INVALID],
    [
      "127.0.0.1",
      "IP_LOCALNET@ip_rcv_finish_core",
      "IP_LOCALNET@ip_rcv_finish_core",
      "IP_LOCALNET@ip_rcv_finish_core",
      "IP_LOCALNET@ip_rcv_finish_core",
    ],
    ["169.254.1.1", "fwd", RPF, RPF, "fwd"],
    ["240.0.0.1", "fwd", RPF, RPF, "fwd"],
  ])("%s with rp_filter 0, 1, 2, 2 and a default route", (src, rp0, rp1, rp2, loose) => {
    const dst = "10.2.0.2";
    expect(fate({ src, dst }, RP(0))).toBe(rp0);
    expect(fate({ src, dst }, RP(1))).toBe(rp1);
    expect(fate({ src, dst }, RP(2))).toBe(rp2);
    expect(fate({ src, dst }, RP(2), true)).toBe(loose);
  });

  it("accept_local lets an own address in", () => {
    expect(fate({ src: "10.2.0.1", dst: "10.2.0.2" }, { "net.ipv4.conf.c0.accept_local": 1 })).toBe("fwd");
  });

  it("rp_filter is the larger of all and the device", () => {
    expect(fate({ src: "10.2.0.99", dst: "10.2.0.2" }, { "net.ipv4.conf.all.rp_filter": 1 })).toBe(RPF);
    expect(
      fate(
        { src: "10.2.0.99", dst: "10.2.0.2" },
        { "net.ipv4.conf.all.rp_filter": 1, "net.ipv4.conf.c0.rp_filter": 2 },
      ),
    ).toBe("fwd");
  });

  it("a mark decides the reverse lookup only with src_valid_mark", () => {
    for (const [valid, expected] of [
      [0, ["NO_SOCKET@__udp4_lib_rcv"]],
      [1, [RPF]],
    ] as const) {
      const lab = t1();
      sysctl(lab.r, "net.ipv4.conf.c0.rp_filter", 1);
      sysctl(lab.r, "net.ipv4.conf.c0.src_valid_mark", valid);
      const fn = (state: HookState, pkt: Packet): 1 => {
        if (state.in?.name === "c0") pkt.mark = 1;
        return NF_ACCEPT;
      };
      lab.r.hooks.register({ name: "mark", pf: NFPROTO_IPV4, hook: NF_INET_PRE_ROUTING, priority: 0, fn });
      apply(lab.r, { op: "rule-add", fwmark: 1, to: "10.1.0.0/16", action: "blackhole", priority: 5 });
      send(lab.c, "e0", ipFrame({ dst: "10.2.0.2" }));
      expect(lab.drops).toEqual(expected);
    }
  });
});

describe("martians", () => {
  it.each([
    ["127.0.0.1", {}, "IP_LOCALNET@ip_rcv_finish_core"],
    ["0.0.0.1", {}, "IP_INVALID_DEST@ip_rcv_finish_core"],
    ["224.5.5.5", {}, "NOT_SPECIFIED@ip_rcv_finish_core"],
    ["127.0.0.1", { "net.ipv4.conf.all.route_localnet": 1 }, "NO_SOCKET@__udp4_lib_rcv"],
    ["127.0.0.1", { "net.ipv4.conf.c0.route_localnet": 1 }, "NO_SOCKET@__udp4_lib_rcv"],
  ])("destination %s %o", (dst, sysctls, reason) => {
    expect(fate({ dst }, sysctls)).toBe(reason);
  });

  it("are logged with log_martians", () => {
    const lab = t1();
    sysctl(lab.r, "net.ipv4.conf.all.log_martians", 1);
    send(lab.c, "e0", ipFrame({ src: "0.0.0.1", dst: "10.2.0.2" }));
    send(lab.c, "e0", ipFrame({ dst: "0.0.0.1" }));
    expect(lab.r.dmesg.map((l) => l.text).filter((t) => t.startsWith("IPv4"))).toEqual([
      "IPv4: martian source 10.2.0.2 from 0.0.0.1, on dev c0",
      "IPv4: martian destination 0.0.0.1 from 10.1.0.2, dev c0",
    ]);
  });
});

describe("header checks", () => {
  const good = (): Uint8Array => ipFrame({ dst: "10.2.0.2" });
  const broken = (at: number, value: number, fix = true): Uint8Array => {
    const b = good();
    b[14 + at] = value;
    if (fix) fixChecksum(b);
    return b;
  };
  it.each([
    ["IHL 4", broken(0, 0x44), "IP_INHDR@ip_rcv_core"],
    ["IHL beyond the data", broken(0, 0x4f), "IP_INHDR@ip_rcv_core"],
    ["version 6", broken(0, 0x65), "IP_INHDR@ip_rcv_core"],
    ["checksum", broken(10, 0x12, false), "IP_CSUM@ip_rcv_core"],
    ["total length beyond the data", broken(3, 200), "PKT_TOO_SMALL@ip_rcv_core"],
    ["total length below the header", broken(3, 19), "IP_INHDR@ip_rcv_core"],
    ["cut off", good().subarray(0, 14 + 19), "IP_INHDR@ip_rcv_core"],
    ["other host's MAC", ipFrame({ dst: "10.2.0.2", dstMac: "02:00:00:00:00:99" }), "OTHERHOST@ip_rcv_core"],
    [
      "unicast in a broadcast frame is not forwarded",
      ipFrame({ dst: "10.2.0.2", dstMac: MAC.all }),
      "NOT_SPECIFIED@ip_forward",
    ],
  ])("%s", (_name, frame, reason) => {
    const lab = t1();
    send(lab.c, "e0", frame);
    expect(lab.drops).toEqual([reason]);
  });

  it("trims Ethernet padding", () => {
    const lab = t1();
    const frames: Uint8Array[] = [];
    capture(lab.r, "s0", "out", frames);
    const short = ipFrame({ dst: "10.2.0.2", payload: new Uint8Array(4), proto: 200 });
    const padded = new Uint8Array(60);
    padded.set(short);
    send(lab.c, "e0", padded);
    expect(frames.map((f) => f.length)).toEqual([short.length]);
  });

  it("an unknown protocol gets 3/2", () => {
    const lab = t1();
    const back = capture(lab.r, "c0", "out");
    send(lab.c, "e0", ipFrame({ dst: "10.1.0.1", proto: 200 }));
    expect(back).toEqual(["10.1.0.1 > 10.1.0.2 icmp 3/2 len 64 ttl 64"]);
    expect(lab.drops).toEqual(["IP_NOPROTO@ip_protocol_deliver_rcu"]);
  });

  it("forwarding off is silent and counted", () => {
    const lab = t1();
    sysctl(lab.r, "net.ipv4.conf.c0.forwarding", 0);
    const back = capture(lab.r, "c0", "out");
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", payload: echo(), proto: 1 }));
    expect(lab.drops).toEqual(["IP_INADDRERRORS@ip_error"]);
    expect([back.length, lab.r.ipv4.mib.IpInAddrErrors]).toEqual([0, 1]);
  });

  it("writing ip_forward again leaves the devices' own flags alone", () => {
    const lab = t1();
    sysctl(lab.r, "net.ipv4.conf.c0.forwarding", 0);
    sysctl(lab.r, "net.ipv4.ip_forward", 1);
    expect(lab.r.sysctl.get("net.ipv4.conf.c0.forwarding")).toBe("0");
    sysctl(lab.r, "net.ipv4.conf.all.forwarding", 0);
    sysctl(lab.r, "net.ipv4.ip_forward", 1);
    expect(
      ["ip_forward", "conf.c0.forwarding", "conf.default.forwarding", "conf.all.accept_redirects"].map((k) =>
        lab.r.sysctl.get(`net.ipv4.${k}`),
      ),
    ).toEqual(["1", "1", "1", "0"]);
  });

  it("the egress device's forwarding flag does not matter", () => {
    expect(fate({ dst: "10.2.0.2" }, { "net.ipv4.conf.s0.forwarding": 0 })).toBe("fwd");
  });
});

function fixChecksum(b: Uint8Array): void {
  b[24] = 0;
  b[25] = 0;
  const hlen = ((b[14] as number) & 15) * 4;
  let sum = 0;
  for (let i = 0; i < hlen; i += 2) sum += ((b[14 + i] ?? 0) << 8) | (b[15 + i] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  b[24] = (~sum >>> 8) & 0xff;
  b[25] = ~sum & 0xff;
}
