// Forwarding, ICMP errors, limits, redirects, fragments: kernel-spec R1.4, R1.19, R1.35–R1.53 (experiments E1–E3, E32, E39).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConfigOp } from "../../src/rtnl/batch.ts";
import { printRoutes } from "../../src/rtnl/route.ts";
import { routeGet } from "../../src/rtnl/route-get.ts";
import { udpOpen } from "../../src/sock/udp.ts";
import { ETH_HLEN } from "../../src/wire/ethernet.ts";
import { ICMP_HLEN } from "../../src/wire/icmp-fields.ts";
import { getU16 } from "../../src/wire/bytes.ts";
import { IP_DF, ipHdrLen, ipTotLen, ipTtl } from "../../src/wire/ipv4-fields.ts";
import { apply, cable, capture, echo, ip, ipFrame, MAC, neigh, newNs, send, sysctl, t1, udp } from "./lab.ts";
import type { T1 } from "./lab.ts";

/** Replies that c sees for a packet to `dst`. */
function answers(lab: T1, init: Parameters<typeof ipFrame>[0]): string[] {
  const back = capture(lab.r, "c0", "out");
  send(lab.c, "e0", ipFrame(init));
  return back;
}

describe("results of routing", () => {
  const special = (type: "blackhole" | "unreachable" | "prohibit" | "throw"): ConfigOp => ({
    op: "route-add",
    dst: "10.9.0.0/16",
    type,
  });
  it.each([
    ["no route", null, ["10.1.0.1 > 10.1.0.2 icmp 3/0 len 64 ttl 64"]],
    ["unreachable", special("unreachable"), ["10.1.0.1 > 10.1.0.2 icmp 3/1 len 64 ttl 64"]],
    ["prohibit", special("prohibit"), ["10.1.0.1 > 10.1.0.2 icmp 3/13 len 64 ttl 64"]],
    ["blackhole", special("blackhole"), []],
    ["throw", special("throw"), ["10.1.0.1 > 10.1.0.2 icmp 3/0 len 64 ttl 64"]],
  ] as const)("%s", (_name, op, expected) => {
    const lab = t1();
    if (op !== null) apply(lab.r, op);
    expect(answers(lab, { dst: "10.9.0.1" })).toEqual(expected);
  });
});

describe("order of checks", () => {
  it("TTL 1 ends with time exceeded that quotes TTL 1", () => {
    const lab = t1();
    const frames: Uint8Array[] = [];
    const back = capture(lab.r, "c0", "out", frames);
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", ttl: 1, tos: 0x28, payload: udp(1000) }));
    expect(back).toEqual(["10.1.0.1 > 10.1.0.2 icmp 11/0 len 576 ttl 64"]);
    const b = frames[0] as Uint8Array;
    expect([ipTtl(b, ETH_HLEN + 20 + ICMP_HLEN), b[ETH_HLEN + 1], getU16(b, ETH_HLEN + 6)]).toEqual([
      1,
      0x08 | 0xc0,
      0,
    ]);
    expect(lab.drops).toEqual(["IP_INHDR@ip_forward"]);
  });

  it("DF and too long: 3/4 with the MTU; equal to the MTU passes", () => {
    const lab = t1();
    apply(lab.r, { op: "link-set", dev: "s0", mtu: 1400 });
    const frames: Uint8Array[] = [];
    const back = capture(lab.r, "c0", "out", frames);
    const out = capture(lab.r, "s0", "out");
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", frag: IP_DF, payload: udp(1400 - 27) }));
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", frag: IP_DF, payload: udp(1400 - 28) }));
    // The second reached s, which has no such port.
    expect(back).toEqual([
      "10.1.0.1 > 10.1.0.2 icmp 3/4 len 576 ttl 64",
      "10.2.0.2 > 10.1.0.2 icmp 3/3 len 576 ttl 63",
    ]);
    expect(getU16(frames[0] as Uint8Array, ETH_HLEN + 20 + 6)).toBe(1400);
    expect(out).toEqual(["10.1.0.2 > 10.2.0.2 udp len 1400 ttl 63 DF"]);
  });

  it("fragments are the largest multiples of 8, options copied once", () => {
    const lab = t1();
    apply(lab.r, { op: "link-set", dev: "s0", mtu: 1400 });
    const out = capture(lab.r, "s0", "out");
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", payload: udp(1452) }));
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", payload: udp(1452), frag: 0x2000 | 100 }));
    expect(out).toEqual([
      "10.1.0.2 > 10.2.0.2 udp len 1396 ttl 63 frag 0+",
      "10.1.0.2 > 10.2.0.2 udp len 104 ttl 63 frag 1376",
      "10.1.0.2 > 10.2.0.2 udp len 1396 ttl 63 frag 800+",
      "10.1.0.2 > 10.2.0.2 udp len 104 ttl 63 frag 2176+",
    ]);
    apply(lab.r, { op: "link-set", dev: "s0", mtu: 1405 });
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", payload: udp(1452) }));
    expect(out[4]).toBe("10.1.0.2 > 10.2.0.2 udp len 1404 ttl 63 frag 0+");
  });
});

describe("limits", () => {
  it("errors of one host: six at once, then one a second", () => {
    const lab = t1();
    const back = capture(lab.r, "c0", "out");
    for (let i = 0; i < 12; i++) send(lab.c, "e0", ipFrame({ dst: "10.1.0.1" }));
    expect(back.length).toBe(6);
    lab.world.clock.runUntil(1000);
    for (let i = 0; i < 3; i++) send(lab.c, "e0", ipFrame({ dst: "10.1.0.1" }));
    expect(back.length).toBe(7);
  });

  it("no-route errors are charged twice", () => {
    const lab = t1();
    const back = capture(lab.r, "c0", "out");
    for (let i = 0; i < 8; i++) send(lab.c, "e0", ipFrame({ dst: "10.9.0.1" }));
    expect(back.length).toBe(2);
    lab.world.clock.runUntil(1000);
    send(lab.c, "e0", ipFrame({ dst: "10.9.0.1" }));
    lab.world.clock.runUntil(3000);
    send(lab.c, "e0", ipFrame({ dst: "10.9.0.1" }));
    expect(back.length).toBe(3);
  });

  it("echo replies and 3/4 are free; icmp_ratelimit 0 frees the rest", () => {
    const lab = t1();
    apply(lab.r, { op: "link-set", dev: "s0", mtu: 1400 });
    const back = capture(lab.r, "c0", "out");
    for (let i = 0; i < 60; i++) send(lab.c, "e0", ipFrame({ dst: "10.1.0.1", proto: 1, payload: echo() }));
    for (let i = 0; i < 60; i++) send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", frag: IP_DF, payload: udp(1450) }));
    expect(back.length).toBe(120);
    sysctl(lab.r, "net.ipv4.icmp_ratelimit", 0);
    for (let i = 0; i < 100; i++) send(lab.c, "e0", ipFrame({ dst: "10.1.0.1" }));
    expect(back.length).toBe(120 + 50);
  });
});

describe("limits, icmp_ratelimit 0", () => {
  // Recorded on 6.18 (routers-6.18.44: unreachable_twice_then_a_pause, unreachable_after_a_reject).
  const unrationed = (): { lab: ReturnType<typeof t1>; back: string[] } => {
    const lab = t1();
    sysctl(lab.r, "net.ipv4.icmp_ratelimit", 0);
    return { lab, back: capture(lab.r, "c0", "out") };
  };

  it("another error empties the bucket of errors about routes", () => {
    const { lab, back } = unrationed();
    send(lab.c, "e0", ipFrame({ dst: "10.1.0.1" }));
    send(lab.c, "e0", ipFrame({ dst: "10.9.0.1" }));
    expect(back.length).toBe(1);
    lab.world.clock.runUntil(1000);
    send(lab.c, "e0", ipFrame({ dst: "10.9.0.1" }));
    expect(back.length).toBe(2);
  });

  it("an error about a route does not: five at once", () => {
    const { lab, back } = unrationed();
    for (let i = 0; i < 8; i++) send(lab.c, "e0", ipFrame({ dst: "10.9.0.1" }));
    expect(back.length).toBe(5);
  });
});

describe("no error is answered with an error", () => {
  it.each([
    ["an ICMP error", { dst: "10.9.0.1", proto: 1, payload: echo(28, 3, 1) }],
    ["an unknown ICMP type", { dst: "10.9.0.1", proto: 1, payload: echo(28, 99) }],
    ["a later fragment", { dst: "10.9.0.1", frag: 100 }],
    ["a frame to all", { dst: "10.1.0.1", dstMac: MAC.all }],
  ])("%s", (_name, init) => {
    expect(answers(t1(), init)).toEqual([]);
  });

  it("but a request is", () => {
    expect(answers(t1(), { dst: "10.9.0.1", proto: 1, payload: echo() })).toEqual([
      "10.1.0.1 > 10.1.0.2 icmp 3/0 len 64 ttl 64",
    ]);
  });
});

describe("source of errors", () => {
  it("is the route back's, the destination when that is ours, or the ingress address by sysctl", () => {
    const lab = t1();
    apply(
      lab.r,
      { op: "addr-add", dev: "lo", local: "9.9.9.9/32" },
      { op: "route-replace", dst: "10.1.0.0/24", dev: "c0", src: "9.9.9.9" },
    );
    const back = capture(lab.r, "c0", "out");
    send(lab.c, "e0", ipFrame({ dst: "10.9.0.1" }));
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.1" }));
    sysctl(lab.r, "net.ipv4.icmp_errors_use_inbound_ifaddr", 1);
    send(lab.c, "e0", ipFrame({ dst: "10.9.0.1" }));
    expect(back.map((l) => l.split(" ")[0])).toEqual(["9.9.9.9", "10.2.0.1", "10.1.0.1"]);
  });
});

describe("echo", () => {
  it("copies TOS and payload; pings to broadcast stay unanswered by default", () => {
    const lab = t1();
    const frames: Uint8Array[] = [];
    const back = capture(lab.r, "c0", "out", frames);
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.1", proto: 1, tos: 0x10, payload: echo(20) }));
    send(lab.c, "e0", ipFrame({ dst: "10.1.0.255", proto: 1, payload: echo(), dstMac: MAC.all }));
    expect(back).toEqual(["10.2.0.1 > 10.1.0.2 icmp 0/0 len 48 ttl 64"]);
    const b = frames[0] as Uint8Array;
    expect([b[ETH_HLEN + 1], ...b.slice(ETH_HLEN + 20 + 4)]).toEqual([0x10, ...echo(20).slice(4)]);
    sysctl(lab.r, "net.ipv4.icmp_echo_ignore_broadcasts", 0);
    send(lab.c, "e0", ipFrame({ dst: "10.1.0.255", proto: 1, payload: echo(), dstMac: MAC.all }));
    expect(back[1]).toBe("10.1.0.1 > 10.1.0.2 icmp 0/0 len 36 ttl 64");
  });
});

describe("redirects", () => {
  /** c also knows a router g on its link; r's way to 10.8/16 leads back there. */
  function redirecting(): T1 {
    const lab = t1();
    apply(lab.r, { op: "route-add", dst: "10.8.0.0/16", via: "10.1.0.9" });
    neigh(lab.r, "c0", "10.1.0.9", "02:00:00:00:00:09");
    return lab;
  }

  it("go to a sender on the link, nine at growing intervals, and the packet goes on", () => {
    const lab = redirecting();
    const back = capture(lab.r, "c0", "out");
    send(lab.c, "e0", ipFrame({ dst: "10.8.0.1" }));
    expect(back).toEqual(["10.1.0.1 > 10.1.0.2 icmp 5/1 len 64 ttl 64", "10.1.0.2 > 10.8.0.1 udp len 36 ttl 63"]);
    const times = [0];
    for (let t = 5; t < 60_000; t += 5) {
      lab.world.clock.runUntil(t);
      const before = back.length;
      send(lab.c, "e0", ipFrame({ dst: "10.8.0.1" }));
      if (back.length === before + 2) times.push(t);
    }
    // 20 ms << n after the one before, sampled every 5 ms; then silence as long as packets keep coming.
    expect(times).toEqual([0, 45, 130, 295, 620, 1265, 2550, 5115, 10_240]);
  });

  it("are not sent with send_redirects off everywhere, nor to a sender elsewhere", () => {
    const lab = redirecting();
    const back = capture(lab.r, "c0", "out");
    send(lab.c, "e0", ipFrame({ src: "172.16.0.1", dst: "10.8.0.1" }));
    sysctl(lab.r, "net.ipv4.conf.all.send_redirects", 0);
    sysctl(lab.r, "net.ipv4.conf.c0.send_redirects", 0);
    send(lab.c, "e0", ipFrame({ dst: "10.8.0.1" }));
    expect(back.some((l) => l.includes("icmp"))).toBe(false);
  });

  it("are believed by a host when they come from its router", () => {
    const lab = redirecting();
    const got = (): string => {
      const result = routeGet(lab.c, { dst: ip("10.8.0.1") });
      return "text" in result ? result.text : result.message;
    };
    // The quoted packet must be c's own: its address in it, and a socket that may have sent it. And the gateway must be known.
    neigh(lab.c, "e0", "10.1.0.9", "02:00:00:00:00:09");
    send(lab.c, "e0", ipFrame({ dst: "10.8.0.1" }));
    expect(got()).toContain("via 10.1.0.1");
    udpOpen(lab.c, { port: 1000 });
    lab.world.clock.runUntil(100);
    send(lab.c, "e0", ipFrame({ dst: "10.8.0.1" }));
    expect(got()).toBe("10.8.0.1 via 10.1.0.9 dev e0 src 10.1.0.2 uid 0 \n    cache <redirected> expires 300sec \n");
    lab.world.clock.runUntil(300_101);
    expect(got()).toBe("10.8.0.1 via 10.1.0.1 dev e0 src 10.1.0.2 uid 0 \n    cache \n");
    sysctl(lab.c, "net.ipv4.conf.all.accept_redirects", 0);
    sysctl(lab.c, "net.ipv4.conf.e0.accept_redirects", 0);
    send(lab.c, "e0", ipFrame({ dst: "10.8.0.1" }));
    expect(got()).toContain("via 10.1.0.1");
  });
});

describe("path MTU", () => {
  const got = (lab: T1): string => {
    const result = routeGet(lab.c, { dst: ip("10.2.0.2") });
    return "text" in result ? (result.text.split("\n")[1] as string) : result.message;
  };

  it("is learned for ten minutes, floor 552, where somebody sent the packet", () => {
    const lab = t1();
    apply(lab.r, { op: "link-set", dev: "s0", mtu: 1300 });
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", frag: IP_DF, payload: udp(1450) }));
    expect(got(lab)).toBe("    cache ");
    udpOpen(lab.c, { port: 1000 });
    apply(lab.r, { op: "link-set", dev: "s0", mtu: 1400 });
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", frag: IP_DF, payload: udp(1450) }));
    expect(got(lab)).toBe("    cache expires 600sec mtu 1400 ");
    apply(lab.r, { op: "link-set", dev: "s0", mtu: 500 });
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", frag: IP_DF, payload: udp(1000) }));
    expect(got(lab)).toBe("    cache expires 600sec mtu lock 552 ");
    lab.world.clock.runUntil(600_001);
    expect(got(lab)).toBe("    cache ");
  });

  it("a route's mtu binds forwarding too", () => {
    const lab = t1();
    apply(lab.r, { op: "route-add", dst: "10.2.0.2/32", dev: "s0", mtu: 1000 });
    const back = answers(lab, { dst: "10.2.0.2", frag: IP_DF, payload: udp(1200) });
    expect(back).toEqual(["10.1.0.1 > 10.1.0.2 icmp 3/4 len 576 ttl 64"]);
  });
});

describe("options", () => {
  it("record route is filled with the address of the way out", () => {
    const lab = t1();
    const frames: Uint8Array[] = [];
    capture(lab.r, "s0", "out", frames);
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", options: [7, 7, 4, 0, 0, 0, 0, 0] }));
    const b = frames[0] as Uint8Array;
    expect([...b.subarray(ETH_HLEN + 20, ETH_HLEN + 28)]).toEqual([7, 7, 8, 10, 2, 0, 1, 0]);
    expect(ipHdrLen(b, ETH_HLEN)).toBe(28);
  });

  it("an echo reply goes on recording: this host on the way in and on the way out", () => {
    const lab = t1();
    const frames: Uint8Array[] = [];
    capture(lab.r, "c0", "out", frames);
    send(
      lab.c,
      "e0",
      ipFrame({
        dst: "10.2.0.1",
        proto: 1,
        payload: echo(),
        options: [7, 15, 4, ...Array.from({ length: 12 }, () => 0), 0],
      }),
    );
    const b = frames[0] as Uint8Array;
    expect(Array.from(b.subarray(ETH_HLEN + 20, ETH_HLEN + 36))).toEqual([
      7, 15, 12, 10, 2, 0, 1, 10, 2, 0, 1, 0, 0, 0, 0, 0,
    ]);
    expect(b.subarray(ETH_HLEN + 36)).toEqual(echo(8, 0));
  });

  it.each([
    ["pointer too small", [7, 7, 3, 0, 0, 0, 0, 0], 22],
    ["length beyond the header", [7, 20, 4, 0], 20],
    ["room for half an address", [7, 6, 4, 0, 0, 0, 0, 0], 22],
  ])("%s is a parameter problem", (_name, options, pointer) => {
    const lab = t1();
    const frames: Uint8Array[] = [];
    const back = capture(lab.r, "c0", "out", frames);
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.2", options }));
    expect(back[0]).toMatch(/^10.1.0.1 > 10.1.0.2 icmp 12\/0/);
    expect((frames[0] as Uint8Array)[ETH_HLEN + 20 + 4]).toBe(pointer);
    expect(lab.drops).toEqual(["NOT_SPECIFIED@ip_rcv_finish_core"]);
  });

  it("source routes are refused by default", () => {
    const lab = t1();
    send(lab.c, "e0", ipFrame({ dst: "10.1.0.1", options: [0x83, 7, 4, 10, 2, 0, 2, 0] }));
    expect(lab.drops).toEqual(["NOT_SPECIFIED@ip_rcv_finish_core"]);
  });

  it("a loose source route is followed when accepted", () => {
    const lab = t1();
    sysctl(lab.r, "net.ipv4.conf.all.accept_source_route", 1);
    const frames: Uint8Array[] = [];
    const out = capture(lab.r, "s0", "out", frames);
    send(lab.c, "e0", ipFrame({ dst: "10.1.0.1", options: [0x83, 7, 4, 10, 2, 0, 2, 0] }));
    expect(out).toEqual(["10.1.0.2 > 10.2.0.2 udp len 44 ttl 63"]);
    expect([...(frames[0] as Uint8Array).subarray(ETH_HLEN + 20, ETH_HLEN + 27)]).toEqual([0x83, 7, 8, 10, 2, 0, 1]);
  });
});

describe("reassembly", () => {
  /** Fragments of an echo request to r with `size` payload bytes, cut at multiples of 8. */
  function pieces(size: number, cuts: readonly number[]): Uint8Array[] {
    const whole = echo(size);
    const bounds = [0, ...new Set(cuts.map((n) => Math.min(n * 8, whole.length))), whole.length].sort((a, b) => a - b);
    const out: Uint8Array[] = [];
    for (let i = 0; i + 1 < bounds.length; i++) {
      const [from, to] = [bounds[i] as number, bounds[i + 1] as number];
      if (from === to) continue;
      out.push(
        ipFrame({
          dst: "10.1.0.1",
          proto: 1,
          id: 77,
          payload: whole.slice(from, to),
          frag: (to < whole.length ? 0x2000 : 0) | (from >> 3),
        }),
      );
    }
    return out;
  }

  it("gives the same packet for every cut and order", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 900 }),
        fc.array(fc.integer({ min: 1, max: 110 }), { maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        (size, cuts, order) => {
          const lab = t1();
          const frames: Uint8Array[] = [];
          capture(lab.r, "c0", "out", frames);
          const list = pieces(size, cuts).map((frame) => ({ frame, key: order.next().value as number }));
          for (const { frame } of list.sort((a, b) => a.key - b.key)) send(lab.c, "e0", frame);
          expect(frames.length).toBe(1);
          const b = frames[0] as Uint8Array;
          expect(ipTotLen(b, ETH_HLEN)).toBe(28 + size);
          expect(b.slice(ETH_HLEN + 28)).toEqual(echo(size).slice(8));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("a duplicate is ignored, an overlap discards all", () => {
    const lab = t1();
    const back = capture(lab.r, "c0", "out");
    const [a, b] = pieces(100, [6]) as [Uint8Array, Uint8Array];
    for (const f of [a, a, b]) send(lab.c, "e0", f);
    // c has no socket for the reply it gets.
    expect([back.length, lab.drops]).toEqual([1, ["DUP_FRAG@ip_frag_queue", "NO_SOCKET@icmp_rcv"]]);
    lab.drops.length = 0;
    const overlap = ipFrame({ dst: "10.1.0.1", proto: 1, id: 77, payload: echo(100).slice(40), frag: 5 });
    for (const f of [a, overlap, b]) send(lab.c, "e0", f);
    expect(back.length).toBe(1);
    // What waited ends without a reason; the last piece waits for a datagram that never comes.
    expect(lab.drops).toEqual(["NOT_SPECIFIED@ip_frag_queue"]);
  });

  it("holds no more than ipfrag_high_thresh", () => {
    const lab = t1();
    // Less than the file takes.
    lab.r.ipv4.sysctls.ipfrag_high_thresh = 2000;
    for (let id = 1; id <= 5; id++) send(lab.c, "e0", ipFrame({ dst: "10.1.0.1", id, frag: 0x2000 }));
    expect(lab.drops).toEqual(["NOMEM@ip_frag_queue"]);
    lab.world.clock.runUntil(31_000);
    expect(lab.r.ipv4.fragMemory).toBe(0);
  });

  it("gives up after 30 s and tells the sender when it had the beginning", () => {
    const lab = t1();
    const back = capture(lab.r, "c0", "out");
    const [a, b] = pieces(100, [6]) as [Uint8Array, Uint8Array];
    send(lab.c, "e0", a);
    lab.world.clock.runUntil(29_999);
    expect(back).toEqual([]);
    lab.world.clock.runUntil(30_000);
    expect(back).toEqual(["10.1.0.1 > 10.1.0.2 icmp 11/1 len 96 ttl 64"]);
    send(lab.c, "e0", b);
    lab.world.clock.runUntil(61_000);
    expect(back.length).toBe(1);
    expect(lab.drops).toEqual(["FRAG_REASM_TIMEOUT@ip_expire", "FRAG_REASM_TIMEOUT@ip_expire"]);
  });
});

describe("multipath", () => {
  it("keeps a pair of addresses on one nexthop and shares by weight", () => {
    const lab = t1();
    const x = newNs(lab.world, "x");
    cable(x, "e0", "02:00:00:00:00:58", "10.3.0.2/24", lab.r, "x0", "02:00:00:00:01:58", "10.3.0.1/24");
    neigh(lab.r, "x0", "10.3.0.2", "02:00:00:00:00:58");
    apply(lab.r, {
      op: "route-add",
      dst: "10.9.0.0/16",
      nexthops: [{ via: "10.3.0.2" }, { via: "10.2.0.2", weight: 3 }],
    });
    const [left, right] = [capture(lab.r, "s0", "out"), capture(lab.r, "x0", "out")];
    for (let i = 0; i < 400; i++) send(lab.c, "e0", ipFrame({ dst: `10.9.${i >> 8}.${i & 255}` }));
    expect(left.length + right.length).toBe(400);
    expect(left.length).toBeGreaterThan(260);
    expect(left.length).toBeLessThan(340);
    const before = left.length;
    for (let i = 0; i < 20; i++) send(lab.c, "e0", ipFrame({ dst: "10.9.0.7", payload: udp(8, 2000 + i) }));
    expect([0, 20]).toContain(left.length - before);
    // The other half goes down: its share moves over, the row stays.
    apply(lab.r, { op: "link-set", dev: "x0", up: false });
    const start = left.length;
    for (let i = 0; i < 100; i++) send(lab.c, "e0", ipFrame({ dst: `10.9.3.${i}` }));
    expect(left.length - start).toBe(100);
    expect(printRoutes(lab.r)).toContain(
      "10.9.0.0/16 \n\tnexthop via 10.3.0.2 dev x0 weight 1 dead linkdown \n\tnexthop via 10.2.0.2 dev s0 weight 3 \n",
    );
  });
});
