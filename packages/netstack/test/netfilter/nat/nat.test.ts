// kernel-spec §7: which mapping a connection gets, and what happens to its packets and to ICMP errors about them.

import { beforeEach, describe, expect, test } from "vitest";
import { formatIpv4 } from "../../../src/addr/ipv4.ts";
import type { HookNum } from "../../../src/netfilter/hooks.ts";
import {
  NF_ACCEPT,
  NF_DROP,
  NF_DROP_FREED,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
} from "../../../src/netfilter/hooks.ts";
import { conntrackCommand } from "../../../src/netfilter/conntrack/command.ts";
import { nfCtGet } from "../../../src/netfilter/conntrack/conntrack-core.ts";
import {
  IPS_DST_NAT,
  IPS_NAT_DONE_MASK,
  IPS_NAT_MASK,
  IPS_SRC_NAT,
} from "../../../src/netfilter/conntrack/conntrack.ts";
import { formatEntry } from "../../../src/netfilter/conntrack/print.ts";
import type { NatRange } from "../../../src/netfilter/nat/nat-range.ts";
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from "../../../src/netfilter/nat/nat-range.ts";
import type { Packet } from "../../../src/skb/packet.ts";
import { getU16 } from "../../../src/wire/bytes.ts";
import { icmpCheckOk } from "../../../src/wire/icmp-fields.ts";
import { ipDaddr, ipSaddr } from "../../../src/wire/ipv4-fields.ts";
import { tcpCheckOk } from "../../../src/wire/tcp-fields.ts";
import type { Bare } from "../conntrack/bare-ns.ts";
import { bareNs, icmpPacket, ip, ROUTED, runHooks, tcpPacket, udpPacket } from "../conntrack/bare-ns.ts";

let bare: Bare;

function range(part: Partial<NatRange> & { readonly addr?: string; readonly to?: string }): NatRange {
  const min = part.addr === undefined ? null : ip(part.addr);
  const max = part.to === undefined ? min : ip(part.to);
  return {
    minAddr: min,
    maxAddr: max,
    minPort: null,
    maxPort: null,
    random: false,
    randomFully: false,
    persistent: false,
    ...part,
  };
}

function withNat(version?: "6.18" | "4.9"): Bare {
  const made = bareNs(version);
  made.ct.get();
  for (const hook of ROUTED) made.nat.registerChain(hook, () => NF_ACCEPT);
  return made;
}

/** A nat chain of one rule: packets to `dst` (or all) are mapped. */
function dnat(dst: string, r: NatRange): void {
  bare.nat.registerChain(
    NF_INET_PRE_ROUTING,
    (_s, pkt) => (ipDaddr(pkt.buf, pkt.nh) === ip(dst) ? bare.nat.setupPacket(pkt, r, NF_NAT_MANIP_DST) : NF_ACCEPT),
    -1,
  );
}
function snat(r: NatRange, src?: string): void {
  const wants = (pkt: Packet): boolean => src === undefined || ipSaddr(pkt.buf, pkt.nh) === ip(src);
  bare.nat.registerChain(
    NF_INET_POST_ROUTING,
    (_s, pkt) => (wants(pkt) ? bare.nat.setupPacket(pkt, r, NF_NAT_MANIP_SRC) : NF_ACCEPT),
    -1,
  );
}

function through(pkt: Packet, hooks: readonly HookNum[] = ROUTED): string {
  const verdict = runHooks(bare.ns, pkt, hooks);
  if (verdict === NF_DROP || verdict === NF_DROP_FREED) return "dropped";
  const th = pkt.nh + 20;
  return `${formatIpv4(ipSaddr(pkt.buf, pkt.nh))}:${getU16(pkt.buf, th)} > ${formatIpv4(ipDaddr(pkt.buf, pkt.nh))}:${getU16(pkt.buf, th + 2)}`;
}

function syn(src: string, sport: number, dst: string, dport: number, seq = 0): Packet {
  return tcpPacket(src, sport, dst, dport, { flags: "S", seq });
}

function portOf(text: string): number {
  return Number(text.split(" ")[0]?.split(":")[1]);
}

beforeEach(() => {
  bare = withNat();
});

test("DNAT and SNAT together, and the answer back", () => {
  dnat("10.96.0.1", range({ addr: "10.2.0.2", minPort: 8080, maxPort: 8080 }));
  snat(range({ addr: "10.2.0.1" }));
  expect(through(syn("10.1.0.2", 4000, "10.96.0.1", 80))).toBe("10.2.0.1:4000 > 10.2.0.2:8080");
  expect(bare.ct.list().map((ct) => formatEntry(ct))).toEqual([
    "tcp      6 120 SYN_SENT src=10.1.0.2 dst=10.96.0.1 sport=4000 dport=80 [UNREPLIED] src=10.2.0.2 dst=10.2.0.1 sport=8080 dport=4000 mark=0 use=1",
  ]);
  const answer = tcpPacket("10.2.0.2", 8080, "10.2.0.1", 4000, { flags: "SA", ack: 1 });
  // The destination is turned back before routing, the source behind it.
  expect(through(answer, [NF_INET_PRE_ROUTING])).toBe("10.2.0.2:8080 > 10.1.0.2:4000");
  expect(through(answer, [NF_INET_POST_ROUTING])).toBe("10.96.0.1:80 > 10.1.0.2:4000");
  expect(tcpCheckOk(answer.buf, answer.nh + 20, 20, ip("10.96.0.1"), ip("10.1.0.2"))).toBe(true);
});

test("chains see first packets only; later packets follow the entry", () => {
  let seen = 0;
  bare.nat.registerChain(NF_INET_PRE_ROUTING, () => (seen++, NF_ACCEPT));
  for (let i = 0; i < 3; i++) through(syn("10.1.0.2", 4000, "10.2.0.2", 80));
  expect(seen).toBe(1);
  dnat("10.2.0.2", range({ addr: "10.2.0.9" }));
  expect(through(syn("10.1.0.2", 4000, "10.2.0.2", 80))).toBe("10.1.0.2:4000 > 10.2.0.2:80");
});

test("without conntrack nat chains do nothing", () => {
  bare.ct.put();
  dnat("10.96.0.1", range({ addr: "10.2.0.2" }));
  expect(through(syn("10.1.0.2", 4000, "10.96.0.1", 80))).toBe("10.1.0.2:4000 > 10.96.0.1:80");
});

test("INVALID packets are never translated", () => {
  dnat("10.96.0.1", range({ addr: "10.2.0.2" }));
  expect(through(tcpPacket("10.1.0.2", 1, "10.96.0.1", 80, { flags: "SA" }))).toBe("10.1.0.2:1 > 10.96.0.1:80");
});

describe("source ports", () => {
  test("are kept while the answer's tuple is free, for every destination anew", () => {
    snat(range({ addr: "10.2.0.1" }));
    expect(through(syn("10.1.0.2", 4000, "10.2.0.2", 80))).toBe("10.2.0.1:4000 > 10.2.0.2:80");
    expect(through(syn("10.1.0.3", 4000, "10.2.0.3", 80))).toBe("10.2.0.1:4000 > 10.2.0.3:80");
  });

  test("change within their class on a clash", () => {
    snat(range({ addr: "10.2.0.1" }));
    for (const [port, min, max] of [
      [300, 1, 511],
      [700, 600, 1023],
      [2000, 1024, 65535],
    ] as const) {
      through(syn("10.1.0.2", port, "10.2.0.2", 80));
      const moved = portOf(through(syn("10.1.0.3", port, "10.2.0.2", 80)));
      expect(moved).not.toBe(port);
      expect(moved).toBeGreaterThanOrEqual(min);
      expect(moved).toBeLessThanOrEqual(max);
    }
  });

  test("one client keeps its mapped port for other destinations", () => {
    snat(range({ addr: "10.2.0.1" }));
    through(syn("10.1.0.2", 2000, "10.2.0.2", 80));
    const moved = portOf(through(syn("10.1.0.3", 2000, "10.2.0.2", 80)));
    expect(portOf(through(syn("10.1.0.3", 2000, "10.2.0.9", 80)))).toBe(moved);
  });

  test("--random and --random-fully always draw", () => {
    for (const flag of ["random", "randomFully"] as const) {
      bare = withNat();
      snat(range({ addr: "10.2.0.1", [flag]: true }));
      expect(portOf(through(syn("10.1.0.2", 4000, "10.2.0.2", 80)))).not.toBe(4000);
    }
  });

  test("a given range is searched until it is used up, then the packet dies", () => {
    snat(range({ addr: "10.2.0.1", minPort: 5000, maxPort: 5001 }));
    const ports = [2, 3].map((host) => portOf(through(syn(`10.1.0.${host}`, 4000, "10.2.0.2", 80))));
    expect(ports.sort((a, b) => a - b)).toEqual([5000, 5001]);
    expect(through(syn("10.1.0.4", 4000, "10.2.0.2", 80))).toBe("dropped");
    expect(bare.ct.stats.insertFailed).toBe(1);
  });

  test("a new SYN evicts a TIME_WAIT connection it has passed", () => {
    snat(range({ addr: "10.2.0.1", minPort: 5000, maxPort: 5000, random: true }));
    through(syn("10.1.0.2", 4000, "10.2.0.2", 80, 0));
    through(tcpPacket("10.2.0.2", 80, "10.2.0.1", 5000, { flags: "SA", seq: 0, ack: 1 }));
    through(tcpPacket("10.1.0.2", 4000, "10.2.0.2", 80, { flags: "FA", seq: 1, ack: 1 }));
    through(tcpPacket("10.2.0.2", 80, "10.2.0.1", 5000, { flags: "FA", seq: 1, ack: 2 }));
    through(tcpPacket("10.1.0.2", 4000, "10.2.0.2", 80, { flags: "A", seq: 2, ack: 2 }));
    expect(formatEntry(bare.ct.list()[0] as never)).toContain("TIME_WAIT");
    expect(through(syn("10.1.0.3", 4001, "10.2.0.2", 80, 0x80000001))).toBe("dropped");
    expect(through(syn("10.1.0.3", 4002, "10.2.0.2", 80, 1000))).toBe("10.2.0.1:5000 > 10.2.0.2:80");
    expect(bare.ct.count).toBe(1);
  });

  test("a null binding moves the port when the backend is reached by two ways", () => {
    dnat("10.96.0.1", range({ addr: "10.2.0.2", minPort: 9, maxPort: 9 }));
    expect(through(udpPacket("10.1.0.2", 4000, "10.2.0.2", 9))).toBe("10.1.0.2:4000 > 10.2.0.2:9");
    const text = through(udpPacket("10.1.0.2", 4000, "10.96.0.1", 53));
    expect(text).toMatch(/^10\.1\.0\.2:\d+ > 10\.2\.0\.2:9$/);
    expect(portOf(text)).toBeGreaterThanOrEqual(1024);
    expect(portOf(text)).not.toBe(4000);
    expect(bare.ct.list()[1]?.status).toSatisfy((s: number) => (s & IPS_NAT_MASK) === IPS_NAT_MASK);
  });

  test("the ICMP id moves on a clash and comes back", () => {
    snat(range({ addr: "10.2.0.1" }));
    through(icmpPacket("10.1.0.2", "10.2.0.2", 8, 0, 7));
    const second = icmpPacket("10.1.0.3", "10.2.0.2", 8, 0, 7);
    through(second);
    const id = getU16(second.buf, second.nh + 24);
    expect(id).not.toBe(7);
    expect(icmpCheckOk(second.buf, second.nh + 20, 16)).toBe(true);
    const answer = icmpPacket("10.2.0.2", "10.2.0.1", 0, 0, id);
    through(answer);
    expect(formatIpv4(ipDaddr(answer.buf, answer.nh))).toBe("10.1.0.3");
    expect(getU16(answer.buf, answer.nh + 24)).toBe(7);
  });
});

describe("destinations", () => {
  test("a single port never checks for clashes, no range keeps the port", () => {
    dnat("10.96.0.1", range({ addr: "10.2.0.2" }));
    expect(through(syn("10.1.0.2", 1, "10.96.0.1", 99))).toBe("10.1.0.2:1 > 10.2.0.2:99");
  });

  test("a port range begins at its first port on 6.18, anywhere on older kernels", () => {
    const r = range({ addr: "10.2.0.2", minPort: 9000, maxPort: 9999 });
    dnat("10.96.0.1", r);
    expect(through(syn("10.1.0.2", 1, "10.96.0.1", 80))).toBe("10.1.0.2:1 > 10.2.0.2:9000");
    expect(through(syn("10.1.0.2", 1, "10.96.0.1", 81))).toBe("10.1.0.2:1 > 10.2.0.2:9001");
    bare = withNat("4.9");
    dnat("10.96.0.1", r);
    expect(through(syn("10.1.0.2", 1, "10.96.0.1", 80))).not.toContain(":9000");
  });

  test("a shifted range keeps the distance to its base", () => {
    dnat("10.96.0.1", range({ addr: "10.2.0.2", minPort: 8000, maxPort: 8010, basePort: 80 }));
    expect(through(syn("10.1.0.2", 1, "10.96.0.1", 83))).toBe("10.1.0.2:1 > 10.2.0.2:8003");
  });

  test("several addresses: the same client gets the same one, all are used", () => {
    dnat("10.96.0.1", range({ addr: "10.2.0.2", to: "10.2.0.5" }));
    const used = new Set<string>();
    for (let host = 1; host <= 60; host++) {
      const [first, second] = [1, 2].map(
        (sport) => through(syn(`10.1.0.${host}`, sport, "10.96.0.1", 80)).split(" > ")[1],
      );
      expect(first).toBe(second);
      used.add(first ?? "");
    }
    expect([...used].sort()).toEqual(["10.2.0.2:80", "10.2.0.3:80", "10.2.0.4:80", "10.2.0.5:80"]);
  });
});

test("a range of source addresses: --persistent gives a client one address for all servers", () => {
  for (const [persistent, size] of [
    [true, 1],
    [false, 3],
  ] as const) {
    bare = withNat();
    snat(range({ addr: "10.3.0.10", to: "10.3.0.19", persistent }));
    const used = [2, 3, 4].map(
      (server) => through(syn("10.1.0.1", 4000 + server, `10.2.7.${server}`, 80)).split(":")[0],
    );
    expect(new Set(used).size).toBe(size);
  }
});

test("a mapping that is gone is nobody's model", () => {
  snat(range({ addr: "10.2.0.1" }));
  through(syn("10.1.0.2", 2000, "10.2.0.2", 80));
  expect(portOf(through(syn("10.1.0.3", 2000, "10.2.0.2", 80)))).not.toBe(2000);
  bare.ct.flush();
  expect(portOf(through(syn("10.1.0.3", 2000, "10.2.0.9", 80)))).toBe(2000);
});

test("a new destination in PREROUTING forgets the route, an old one keeps it", () => {
  dnat("10.96.0.1", range({ addr: "10.2.0.2" }));
  const route = {} as NonNullable<Packet["route"]>;
  const [changed, same] = [syn("10.1.0.2", 1, "10.96.0.1", 80), syn("10.1.0.2", 1, "10.2.0.9", 80)];
  for (const pkt of [changed, same]) {
    pkt.route = route;
    runHooks(bare.ns, pkt, [NF_INET_PRE_ROUTING]);
  }
  expect([changed.route, same.route]).toEqual([null, route]);
});

test("conntrack -L -n, -g, -j list what was translated", () => {
  dnat("10.96.0.1", range({ addr: "10.2.0.2" }));
  snat(range({ addr: "10.2.0.1" }), "10.1.0.9");
  through(syn("10.1.0.2", 1, "10.96.0.1", 80));
  through(syn("10.1.0.9", 2, "10.2.0.7", 80));
  through(syn("10.1.0.8", 3, "10.2.0.7", 80));
  const ports = (args: string): string[] => {
    const { stdout } = conntrackCommand(bare.ns, ["-L", ...args.split(" ")]);
    return [...stdout.matchAll(/ sport=(\d+) dport=80 /g)].map((m) => m[1] ?? "");
  };
  expect([ports("-g"), ports("-n"), ports("-j")]).toEqual([["1"], ["2"], ["1", "2"]]);
  expect([ports("-g 10.2.0.2"), ports("-g 10.2.0.3"), ports("-n 10.2.0.1"), ports("-g 10.2.0.2:80")]).toEqual([
    ["1"],
    [],
    ["2"],
    ["1"],
  ]);
});

test("status bits tell what really changed", () => {
  dnat("10.96.0.1", range({ addr: "10.2.0.2" }));
  through(syn("10.1.0.2", 1, "10.96.0.1", 80));
  through(syn("10.1.0.2", 1, "10.2.0.9", 80));
  expect(bare.ct.list().map((ct) => ct.status & IPS_NAT_MASK)).toEqual([IPS_DST_NAT, 0]);
  expect(bare.ct.list().every((ct) => (ct.status & IPS_NAT_DONE_MASK) === IPS_NAT_DONE_MASK)).toBe(true);
});

test("NETMAP keeps the host bits", () => {
  const netmap = range({ addr: "172.16.5.0", to: "172.16.5.255" });
  bare.nat.registerChain(NF_INET_PRE_ROUTING, (s, pkt) => bare.nat.netmap(pkt, netmap, s.hook), -1);
  expect(through(syn("10.1.0.2", 1, "10.96.7.77", 80))).toBe("10.1.0.2:1 > 172.16.5.77:80");
});

test("REDIRECT without an address on the ingress device drops", () => {
  bare.nat.registerChain(NF_INET_PRE_ROUTING, (s, pkt) => bare.nat.redirect(pkt, range({}), s.hook), -1);
  expect(through(syn("10.1.0.2", 1, "10.96.7.77", 80))).toBe("dropped");
});

describe("ICMP errors", () => {
  /** An error of `router` about the packet as it left, sent to where that packet came from. */
  function errorAbout(router: string, sent: Packet, type = 11): Packet {
    return icmpPacket(router, formatIpv4(ipSaddr(sent.buf, sent.nh)), type, 0, 0, sent.bytes(sent.nh).slice(0, 28));
  }
  function outcome(pkt: Packet): string {
    if (through(pkt) === "dropped") return "dropped";
    const inner = pkt.nh + 28;
    expect(icmpCheckOk(pkt.buf, pkt.nh + 20, pkt.tail - pkt.nh - 20)).toBe(true);
    const quoted = `${formatIpv4(ipSaddr(pkt.buf, inner))}:${getU16(pkt.buf, inner + 20)} > ${formatIpv4(ipDaddr(pkt.buf, inner))}:${getU16(pkt.buf, inner + 22)}`;
    return `${formatIpv4(ipSaddr(pkt.buf, pkt.nh))} > ${formatIpv4(ipDaddr(pkt.buf, pkt.nh))} about ${quoted}`;
  }

  test("of a router about a DNATed connection come from the service address and quote what the client sent", () => {
    dnat("10.96.0.1", range({ addr: "10.2.0.2", minPort: 8080, maxPort: 8080 }));
    const sent = syn("10.1.0.2", 4000, "10.96.0.1", 80);
    through(sent);
    expect(outcome(errorAbout("10.9.9.9", sent))).toBe("10.96.0.1 > 10.1.0.2 about 10.1.0.2:4000 > 10.96.0.1:80");
  });

  test("about a SNATed connection keep the router's address", () => {
    snat(range({ addr: "10.2.0.1", minPort: 5000, maxPort: 5000 }));
    const sent = udpPacket("10.1.0.2", 4000, "10.2.0.2", 53);
    through(sent);
    expect(outcome(errorAbout("10.9.9.9", sent, 3))).toBe("10.9.9.9 > 10.1.0.2 about 10.1.0.2:4000 > 10.2.0.2:53");
  });

  test("redirects about translated connections are dropped, others pass", () => {
    dnat("10.96.0.1", range({ addr: "10.2.0.2" }));
    const sent = syn("10.1.0.2", 4000, "10.96.0.1", 80);
    through(sent);
    expect(outcome(errorAbout("10.9.9.9", sent, 5))).toBe("dropped");
    const plain = syn("10.1.0.2", 4000, "10.2.0.7", 80);
    through(plain);
    expect(outcome(errorAbout("10.9.9.9", plain, 5))).toBe("10.9.9.9 > 10.1.0.2 about 10.1.0.2:4000 > 10.2.0.7:80");
  });
});

test("an unknown protocol has nothing to tell two clients of one address apart: the second dies", () => {
  snat(range({ addr: "10.2.0.1" }));
  const packet = (src: string): Packet => {
    const pkt = icmpPacket(src, "10.2.0.2", 8, 0, 0);
    pkt.buf[pkt.nh + 9] = 50;
    return pkt;
  };
  expect(runHooks(bare.ns, packet("10.1.0.2"), ROUTED)).toBe(NF_ACCEPT);
  expect(runHooks(bare.ns, packet("10.1.0.3"), ROUTED)).toBe(NF_DROP_FREED);
});

test("a packet that comes by again with its finished connection is left as it is (loopback)", () => {
  dnat("10.96.0.1", range({ addr: "10.2.0.2" }));
  const pkt = syn("10.1.0.2", 4000, "10.96.0.1", 80);
  through(pkt);
  const before = pkt.bytes();
  through(pkt);
  expect(pkt.bytes()).toEqual(before);
  expect(nfCtGet(pkt)?.has(IPS_SRC_NAT)).toBe(false);
});

test("a masqueraded connection that would leave by another device is ended", () => {
  through(syn("10.1.0.2", 4000, "10.2.0.2", 80));
  const [ct] = bare.ct.list();
  if (ct === undefined) throw new Error("not tracked");
  ct.masqIndex = 5;
  const state = { ifindex: 6 } as never;
  const pkt = syn("10.1.0.2", 4000, "10.2.0.2", 80);
  runHooks(bare.ns, pkt, [NF_INET_PRE_ROUTING]);
  const post = bare.ns.hooks.list(0, NF_INET_POST_ROUTING)[0];
  expect(
    post?.fn({ ns: bare.ns, pf: 0, hook: NF_INET_POST_ROUTING, in: null, out: state, okfn: () => undefined }, pkt),
  ).toBe(NF_DROP);
  expect(bare.ct.count).toBe(0);
});
