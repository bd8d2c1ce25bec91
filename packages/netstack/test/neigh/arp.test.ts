// ARP and the neighbour state machine: kernel-spec R2.1–R2.19 (experiments E4, E6–E8).
import { describe, expect, it } from "vitest";
import { formatMac } from "../../src/addr/mac.ts";
import type { NetNamespace } from "../../src/netns/net-namespace.ts";
import { nudWord } from "../../src/neigh/nud-words.ts";
import { apply, arpFrame, capture, device, ip, ipFrame, MAC, send, sysctl, t1 } from "../ipv4/lab.ts";
import type { T1 } from "../ipv4/lab.ts";

/** `STATE mac` of an entry, or `none`. */
function entry(ns: NetNamespace, dev: string, addr: string): string {
  const n = ns.arp.lookup(device(ns, dev), ip(addr));
  if (n === undefined) return "none";
  return n.valid ? `${nudWord(n.state)} ${formatMac(n.lladdr)}` : nudWord(n.state);
}

const M1 = "02:00:00:00:00:c0";
const M2 = "02:00:00:00:00:c2";

describe("requests", () => {
  it("ask three times, a second apart, then every waiting packet fails with one 3/1", () => {
    const lab = t1(false);
    const out = capture(lab.r, "s0", "out");
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.77" }));
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.77" }));
    const back = capture(lab.r, "c0", "out");
    expect(out).toEqual(["arp who-has 10.2.0.77 tell 10.2.0.1"]);
    lab.world.clock.runUntil(2999);
    expect([out.length, back.length, entry(lab.r, "s0", "10.2.0.77")]).toEqual([3, 0, "INCOMPLETE"]);
    lab.world.clock.runUntil(3001);
    expect(back.filter((l) => l.includes("icmp 3/1"))).toHaveLength(2);
    expect(entry(lab.r, "s0", "10.2.0.77")).toBe("FAILED");
    expect(lab.drops).toEqual(["NEIGH_FAILED@arp_error_report", "NEIGH_FAILED@arp_error_report"]);
    send(lab.c, "e0", ipFrame({ dst: "10.2.0.77" }));
    expect([out.length, entry(lab.r, "s0", "10.2.0.77")]).toEqual([4, "INCOMPLETE"]);
  });

  it("a reply flushes the queue in order", () => {
    const lab = t1(false);
    const out = capture(lab.r, "s0", "out");
    for (const id of [1, 2, 3]) send(lab.c, "e0", ipFrame({ dst: "10.2.0.77", ttl: 60 + id, id }));
    send(lab.s, "e0", arpFrame({ op: 2, sip: "10.2.0.77", tip: "10.2.0.1", sha: M2, tha: MAC.rs, dst: MAC.rs }));
    expect(out.slice(1).map((l) => l.split("ttl ")[1])).toEqual(["60", "61", "62"]);
    expect(entry(lab.r, "s0", "10.2.0.77")).toBe(`REACHABLE ${M2}`);
  });

  it("the queue holds so many bytes; the oldest goes first", () => {
    const lab = t1(false);
    device(lab.r, "s0").inDev.arpParms.unres_qlen_bytes = 2 * (36 + 640);
    for (const id of [1, 2, 3]) send(lab.c, "e0", ipFrame({ dst: "10.2.0.77", id }));
    expect(lab.drops).toEqual(["NEIGH_QUEUEFULL@__neigh_event_send"]);
  });

  it.each([
    [0, "10.1.0.1"],
    [1, "10.2.0.1"],
    [2, "10.2.0.1"],
  ])("arp_announce %d asks from %s for a packet from 10.1.0.1", (announce, from) => {
    const lab = t1(false);
    sysctl(lab.r, "net.ipv4.conf.all.arp_announce", announce);
    const out = capture(lab.r, "s0", "out");
    // An answer from 10.1.0.1 to a foreign sender that r reaches through s0.
    apply(lab.r, { op: "route-add", dst: "10.7.0.0/16", via: "10.2.0.9" });
    send(lab.c, "e0", ipFrame({ src: "10.7.0.1", dst: "10.1.0.1" }));
    expect(out).toEqual([`arp who-has 10.2.0.9 tell ${from}`]);
  });
});

describe("states in time", () => {
  it("STALE is used at once, confirmed after five seconds by a unicast request", () => {
    const lab = t1(false);
    const out = capture(lab.r, "c0", "out");
    send(lab.c, "e0", arpFrame({ sip: "10.1.0.2", tip: "10.1.0.1" }));
    expect(entry(lab.r, "c0", "10.1.0.2")).toBe(`STALE ${M1}`);
    send(lab.c, "e0", ipFrame({ dst: "10.1.0.1" }));
    expect(entry(lab.r, "c0", "10.1.0.2")).toBe(`DELAY ${M1}`);
    lab.world.clock.runUntil(4999);
    expect(out.filter((l) => l.startsWith("arp who-has"))).toEqual([]);
    lab.world.clock.runUntil(5001);
    expect(out.at(-1)).toBe("arp who-has 10.1.0.2 tell 10.1.0.1 (unicast)");
    expect(entry(lab.r, "c0", "10.1.0.2")).toBe(`REACHABLE ${M1}`);
    // Unused, it grows old within 1.5 times the base time.
    lab.world.clock.runUntil(5001 + 45_001);
    expect(entry(lab.r, "c0", "10.1.0.2")).toBe(`STALE ${M1}`);
  });

  it("PROBE asks three times by unicast, then FAILED, then broadcasts again", () => {
    const lab = t1(false);
    send(lab.c, "e0", arpFrame({ sip: "10.1.0.2", tip: "10.1.0.1" }));
    apply(lab.c, { op: "link-set", dev: "e0", arp: false });
    send(lab.c, "e0", ipFrame({ dst: "10.1.0.1" }));
    const out = capture(lab.r, "c0", "out");
    lab.world.clock.runUntil(7900);
    expect([out, entry(lab.r, "c0", "10.1.0.2")]).toEqual([
      Array.from({ length: 3 }, () => "arp who-has 10.1.0.2 tell 10.1.0.1 (unicast)"),
      `PROBE ${M1}`,
    ]);
    lab.world.clock.runUntil(8001);
    expect(entry(lab.r, "c0", "10.1.0.2")).toBe("FAILED");
    send(lab.c, "e0", ipFrame({ dst: "10.1.0.1" }));
    expect(out.at(-1)).toBe("arp who-has 10.1.0.2 tell 10.1.0.1");
  });

  it("REACHABLE and in use becomes DELAY", () => {
    const lab = t1(false);
    device(lab.r, "c0").inDev.arpParms.base_reachable_time_ms = 1000;
    send(lab.c, "e0", ipFrame({ dst: "10.1.0.1" }));
    expect(entry(lab.r, "c0", "10.1.0.2")).toBe(`REACHABLE ${M1}`);
    lab.world.clock.runUntil(1600);
    expect(entry(lab.r, "c0", "10.1.0.2")).toBe(`DELAY ${M1}`);
  });
});

/** Answers that c sees on its wire to an ARP request. */
function arpAnswers(lab: T1, request: Parameters<typeof arpFrame>[0], at = 0): string[] {
  const out = capture(lab.r, "c0", "out");
  send(lab.c, "e0", arpFrame(request));
  lab.world.clock.runUntil(at);
  return out.filter((l) => l.includes("is-at"));
}

describe("replies", () => {
  const yes = (addr: string): string[] => [`arp ${addr} is-at ${MAC.rc}`];
  it.each([
    ["own address", "10.1.0.2", "10.1.0.1", {}, true],
    ["own address of another device", "10.1.0.2", "10.2.0.1", {}, true],
    ["… not with arp_ignore 1", "10.1.0.2", "10.2.0.1", { arp_ignore: 1 }, false],
    ["arp_ignore 1, own device", "10.1.0.2", "10.1.0.1", { arp_ignore: 1 }, true],
    ["arp_ignore 2, sender elsewhere", "10.7.0.2", "10.1.0.1", { arp_ignore: 2 }, false],
    ["arp_ignore 2, sender in the subnet", "10.1.0.2", "10.1.0.1", { arp_ignore: 2 }, true],
    ["arp_ignore 8", "10.1.0.2", "10.1.0.1", { arp_ignore: 8 }, false],
    ["arp_filter, way back elsewhere", "10.2.0.9", "10.1.0.1", { arp_filter: 1 }, false],
    ["arp_filter, way back here", "10.1.0.9", "10.1.0.1", { arp_filter: 1 }, true],
    ["rp_filter silences", "10.2.0.9", "10.1.0.1", { rp_filter: 1 }, false],
    ["sender is one of mine", "10.2.0.1", "10.1.0.1", {}, false],
    ["probe", "0.0.0.0", "10.1.0.1", {}, true],
    ["someone else", "10.1.0.2", "10.1.0.3", {}, false],
    ["multicast target", "10.1.0.2", "224.0.0.1", {}, false],
    ["127.0.0.1", "10.1.0.2", "127.0.0.1", {}, false],
    ["127.0.0.1 with route_localnet", "10.1.0.2", "127.0.0.1", { route_localnet: 1 }, true],
  ] as const)("%s", (_name, sip, tip, conf, answered) => {
    const lab = t1(false);
    for (const [key, value] of Object.entries(conf)) sysctl(lab.r, `net.ipv4.conf.c0.${key}`, value);
    expect(arpAnswers(lab, { sip, tip })).toEqual(answered ? yes(tip) : []);
  });

  it.each([
    ["unicast route elsewhere", "10.2.0.5", {}, { proxy_arp: 1 }, true],
    ["by all", "10.2.0.5", { proxy_arp: 1 }, {}, true],
    ["off", "10.2.0.5", {}, {}, false],
    ["no route", "169.254.1.1", {}, { proxy_arp: 1 }, false],
    ["same device", "10.1.0.5", {}, { proxy_arp: 1 }, false],
    ["same device with pvlan", "10.1.0.5", {}, { proxy_arp_pvlan: 1 }, true],
    ["forwarding off", "10.2.0.5", {}, { proxy_arp: 1, forwarding: 0 }, false],
  ] as const)("proxy: %s", (_name, tip, all, conf, answered) => {
    const lab = t1(false);
    for (const [key, value] of Object.entries(all)) sysctl(lab.r, `net.ipv4.conf.all.${key}`, value);
    for (const [key, value] of Object.entries(conf)) sysctl(lab.r, `net.ipv4.conf.c0.${key}`, value);
    expect(arpAnswers(lab, { sip: "10.1.0.2", tip, dst: MAC.rc })).toEqual(answered ? yes(tip) : []);
  });

  it("proxied broadcasts are answered after a delay of up to 0.8 s, proxied unicasts and delay 0 at once", () => {
    const lab = t1(false);
    sysctl(lab.r, "net.ipv4.conf.c0.proxy_arp", 1);
    expect(arpAnswers(lab, { sip: "10.1.0.2", tip: "10.2.0.5" })).toEqual([]);
    expect(arpAnswers(lab, { sip: "10.1.0.2", tip: "10.2.0.6" }, 800).sort()).toEqual(
      [...yes("10.2.0.5"), ...yes("10.2.0.6")].sort(),
    );
    sysctl(lab.r, "net.ipv4.neigh.c0.proxy_delay", 0);
    expect(arpAnswers(lab, { sip: "10.1.0.2", tip: "10.2.0.7" }, 800)).toEqual(yes("10.2.0.7"));
  });

  it("a proxy entry answers without proxy_arp", () => {
    const lab = t1(false);
    apply(lab.r, { op: "neigh-add", dev: "c0", dst: "10.2.0.5", lladdr: "", nud: "permanent", proxy: true });
    expect(arpAnswers(lab, { sip: "10.1.0.2", tip: "10.2.0.5", dst: MAC.rc })).toEqual(yes("10.2.0.5"));
  });
});

describe("learning", () => {
  const known = (lab: T1, nud: "stale" | "reachable" | "permanent" = "stale"): void => {
    apply(lab.r, { op: "neigh-replace", dev: "c0", dst: "10.1.0.2", lladdr: M1, nud });
  };
  type Arp = Parameters<typeof arpFrame>[0];
  const forMe: Arp = { sip: "10.1.0.2", tip: "10.1.0.1", sha: M2 };
  const third: Arp = { sip: "10.1.0.2", tip: "10.1.0.9", sha: M2 };
  const garp: Arp = { sip: "10.1.0.2", tip: "10.1.0.2", sha: M2 };
  const reply: Arp = { op: 2, sip: "10.1.0.2", tip: "10.1.0.1", sha: M2, tha: MAC.rc, dst: MAC.rc };
  const same: Arp = { ...garp, sha: M1 };

  it.each<[string, Arp, number, string, string]>([
    ["request for me", forMe, 0, `STALE ${M2}`, `STALE ${M2}`],
    ["request for a third, within locktime", third, 0, "none", `STALE ${M1}`],
    ["request for a third, later", third, 1100, "none", `STALE ${M2}`],
    ["gratuitous request", garp, 0, "none", `STALE ${M2}`],
    ["unsolicited reply, within locktime", reply, 0, "none", `STALE ${M1}`],
    ["unsolicited reply, later", reply, 1100, "none", `REACHABLE ${M2}`],
    ["same MAC", same, 1100, "none", `STALE ${M1}`],
  ])("%s", (_name, arp, later, fresh, after) => {
    const without = t1(false);
    send(without.c, "e0", arpFrame(arp));
    expect(entry(without.r, "c0", "10.1.0.2")).toBe(fresh);
    const lab = t1(false);
    known(lab);
    lab.world.clock.runUntil(later);
    send(lab.c, "e0", arpFrame(arp));
    expect(entry(lab.r, "c0", "10.1.0.2")).toBe(after);
  });

  it("a broadcast reply does not prove reachability; the known MAC again changes nothing", () => {
    const lab = t1(false);
    known(lab);
    lab.world.clock.runUntil(1100);
    send(lab.c, "e0", arpFrame({ ...reply, dst: MAC.all }));
    expect(entry(lab.r, "c0", "10.1.0.2")).toBe(`STALE ${M2}`);
    known(lab, "reachable");
    send(lab.c, "e0", arpFrame(same));
    expect(entry(lab.r, "c0", "10.1.0.2")).toBe(`REACHABLE ${M1}`);
  });

  it("arp_accept takes gratuitous requests as STALE and unsolicited replies as REACHABLE", () => {
    for (const [arp, state] of [
      [garp, "STALE"],
      [reply, "REACHABLE"],
    ] as const) {
      const lab = t1(false);
      sysctl(lab.r, "net.ipv4.conf.c0.arp_accept", 1);
      send(lab.c, "e0", arpFrame(arp));
      expect(entry(lab.r, "c0", "10.1.0.2")).toBe(`${state} ${M2}`);
    }
  });

  it("permanent entries are never touched", () => {
    const lab = t1(false);
    known(lab, "permanent");
    for (const arp of [forMe, garp, reply]) send(lab.c, "e0", arpFrame(arp));
    expect(entry(lab.r, "c0", "10.1.0.2")).toBe(`PERMANENT ${M1}`);
  });

  it("an address of ours that comes up says nothing; with arp_notify the link announces it", () => {
    const lab = t1(false);
    const out = capture(lab.r, "c0", "out");
    apply(lab.r, { op: "addr-add", dev: "c0", local: "10.1.0.50/24" });
    expect(out).toEqual([]);
    sysctl(lab.r, "net.ipv4.conf.c0.arp_notify", 1);
    apply(lab.r, { op: "link-set", dev: "c0", up: false }, { op: "link-set", dev: "c0", up: true });
    expect(out).toEqual(["arp who-has 10.1.0.1 tell 10.1.0.1", "arp who-has 10.1.0.50 tell 10.1.0.50"]);
  });
});

describe("table size", () => {
  const fill = (lab: T1, from: number, count: number): void => {
    for (let i = from; i < from + count; i++) send(lab.c, "e0", ipFrame({ dst: `10.2.${i >> 8}.${i & 255}` }));
  };

  it("gc_thresh3 bounds it while nothing can be collected; entries set by hand do not count", () => {
    const lab = t1(false);
    apply(lab.r, { op: "route-add", dst: "10.2.0.0/16", dev: "s0" });
    for (const name of ["gc_thresh2", "gc_thresh3"]) sysctl(lab.r, `net.ipv4.neigh.default.${name}`, 20);
    for (let i = 0; i < 30; i++)
      apply(lab.r, { op: "neigh-add", dev: "s0", dst: `10.2.9.${i}`, lladdr: M2, nud: "permanent" });
    fill(lab, 10, 25);
    expect(lab.r.arp.gcList.size).toBe(20);
    expect(lab.drops.filter((d) => d === "NEIGH_CREATEFAIL@ip_finish_output2")).toHaveLength(5);
    expect(lab.r.dmesg.at(-1)?.text).toBe("neighbour: arp_cache: neighbor table overflow!");
  });

  it("failed entries make room", () => {
    const lab = t1(false);
    apply(lab.r, { op: "route-add", dst: "10.2.0.0/16", dev: "s0" });
    for (const name of ["gc_thresh2", "gc_thresh3"]) sysctl(lab.r, `net.ipv4.neigh.default.${name}`, 20);
    fill(lab, 10, 20);
    lab.world.clock.runUntil(3100);
    lab.drops.length = 0;
    fill(lab, 50, 15);
    expect(lab.drops).toEqual([]);
    expect(lab.r.arp.gcList.size).toBe(20);
  });
});
