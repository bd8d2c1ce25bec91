// kernel-spec §6: life of entries, timeouts, INVALID, ICMP, zones, table full, clashes, accounting, checksums.

import { expect, test } from "vitest";
import {
  NF_ACCEPT,
  NF_DROP,
  NF_DROP_FREED,
  NF_INET_LOCAL_OUT,
  NF_INET_PRE_ROUTING,
} from "../../../src/netfilter/hooks.ts";
import { nfConntrackConfirm } from "../../../src/netfilter/conntrack/confirm.ts";
import {
  ctStateWord,
  nfConntrackIn,
  nfCtAttach,
  nfCtSetUntracked,
  nfCtTmplAlloc,
} from "../../../src/netfilter/conntrack/conntrack-core.ts";
import { IPS_DST_NAT_DONE, IPS_NAT_CLASH, IPS_SRC_NAT_DONE } from "../../../src/netfilter/conntrack/conntrack.ts";
import { formatEntry } from "../../../src/netfilter/conntrack/print.ts";
import type { Packet } from "../../../src/skb/packet.ts";
import { allocSkb } from "../../../src/skb/packet.ts";
import { fromHex, getU16, setU16 } from "../../../src/wire/bytes.ts";
import type { Bare } from "./bare-ns.ts";
import { bareNs, forward, hookState, icmpPacket, ip, ipPacket, tcpPacket, udpPacket } from "./bare-ns.ts";

const A = "10.0.0.1";
const B = "10.0.0.2";
const R = "10.0.0.254";

function see(bare: Bare, pkt: Packet): string {
  nfConntrackIn(hookState(bare.ns, NF_INET_PRE_ROUTING), pkt);
  const word = ctStateWord(pkt);
  if (pkt.ct !== null) nfConntrackConfirm(pkt);
  return word;
}

function lines(bare: Bare): string[] {
  return bare.ct.list().map((ct) => formatEntry(ct));
}

function wait(bare: Bare, seconds: number): void {
  bare.clock.runUntil(bare.clock.now + seconds * 1000);
}

/** ICMP error of `from` to `to` that quotes the first bytes of `quoted`. */
function icmpError(from: string, to: string, quoted: Packet, type = 3, code = 3): Packet {
  return icmpPacket(from, to, type, code, 0, quoted.bytes(quoted.nh).slice(0, 28));
}

test("a TCP connection from SYN to TIME_WAIT, as conntrack -L prints it", () => {
  const bare = bareNs();
  see(bare, tcpPacket(A, 1000, B, 80, { flags: "S", seq: 0 }));
  expect(lines(bare)).toEqual([
    "tcp      6 120 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1000 dport=80 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=80 dport=1000 mark=0 use=1",
  ]);
  see(bare, tcpPacket(B, 80, A, 1000, { flags: "SA", seq: 100, ack: 1 }));
  see(bare, tcpPacket(A, 1000, B, 80, { flags: "A", seq: 1, ack: 101 }));
  expect(lines(bare)).toEqual([
    "tcp      6 432000 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1000 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=1000 [ASSURED] mark=0 use=1",
  ]);
  // Data not yet acknowledged shortens the life to 300 s.
  see(bare, tcpPacket(A, 1000, B, 80, { flags: "PA", seq: 1, ack: 101, payload: new Uint8Array(10) }));
  expect(lines(bare)[0]).toContain("tcp      6 300 ESTABLISHED");
  see(bare, tcpPacket(B, 80, A, 1000, { flags: "A", seq: 101, ack: 11 }));
  expect(lines(bare)[0]).toContain("432000 ESTABLISHED");
  const closing: [string, string][] = [
    ["FA", "120 FIN_WAIT"],
    ["A", "60 CLOSE_WAIT"],
    ["FA", "30 LAST_ACK"],
    ["A", "120 TIME_WAIT"],
  ];
  const packets = [
    tcpPacket(A, 1000, B, 80, { flags: "FA", seq: 11, ack: 101 }),
    tcpPacket(B, 80, A, 1000, { flags: "A", seq: 101, ack: 12 }),
    tcpPacket(B, 80, A, 1000, { flags: "FA", seq: 101, ack: 12 }),
    tcpPacket(A, 1000, B, 80, { flags: "A", seq: 12, ack: 102 }),
  ];
  for (const [i, [, want]] of closing.entries()) {
    see(bare, packets[i] as Packet);
    expect(lines(bare)[0]).toContain(want);
  }
  wait(bare, 121);
  expect(lines(bare)).toEqual([]);
});

test("a repeated SYN stays NEW and does not prolong the entry on 6.18, but does on older kernels", () => {
  for (const [version, rest] of [
    ["6.18", 110],
    ["4.9", 120],
  ] as const) {
    const bare = bareNs(version);
    see(bare, tcpPacket(A, 1000, B, 80, { flags: "S" }));
    wait(bare, 10);
    expect(see(bare, tcpPacket(A, 1000, B, 80, { flags: "S" }))).toBe("NEW");
    expect(lines(bare)[0]).toContain(`tcp      6 ${rest} SYN_SENT`);
  }
});

test("three identical ACKs without progress shorten the life to 300 s", () => {
  const bare = bareNs();
  see(bare, tcpPacket(A, 1, B, 80, { flags: "S", seq: 0 }));
  see(bare, tcpPacket(B, 80, A, 1, { flags: "SA", seq: 0, ack: 1 }));
  for (let i = 0; i < 3; i++) see(bare, tcpPacket(A, 1, B, 80, { flags: "A", seq: 1, ack: 1 }));
  expect(lines(bare)[0]).toContain("432000");
  see(bare, tcpPacket(A, 1, B, 80, { flags: "A", seq: 1, ack: 1 }));
  expect(lines(bare)[0]).toContain("tcp      6 300 ESTABLISHED");
});

test("window bounds: a little too far passes without refreshing, far is INVALID, be_liberal takes both", () => {
  const setup = (): Bare => {
    const bare = bareNs();
    see(bare, tcpPacket(A, 1, B, 80, { flags: "S", seq: 0, win: 1000 }));
    see(bare, tcpPacket(B, 80, A, 1, { flags: "SA", seq: 0, ack: 1, win: 1000 }));
    see(bare, tcpPacket(A, 1, B, 80, { flags: "A", seq: 1, ack: 1, win: 1000 }));
    wait(bare, 5);
    return bare;
  };
  const near = setup();
  expect(
    see(near, tcpPacket(A, 1, B, 80, { flags: "PA", seq: 1102, ack: 1, win: 1000, payload: new Uint8Array(1) })),
  ).toBe("ESTABLISHED");
  expect(lines(near)[0]).toContain("431995 ESTABLISHED");
  const far = setup();
  const beyond = (): Packet =>
    tcpPacket(A, 1, B, 80, { flags: "PA", seq: 9000, ack: 1, win: 1000, payload: new Uint8Array(1) });
  expect(see(far, beyond())).toBe("INVALID");
  expect(see(far, tcpPacket(A, 1, B, 80, { flags: "A", seq: 1, ack: 5000, win: 1000 }))).toBe("INVALID");
  far.ns.sysctl.set("net.netfilter.nf_conntrack_tcp_be_liberal", "1");
  expect(see(far, beyond())).toBe("ESTABLISHED");
});

test("window scale counts only when both SYNs offer it", () => {
  const scale = fromHex("01030307");
  for (const [server, word] of [
    [scale, "ESTABLISHED"],
    [new Uint8Array(), "INVALID"],
  ] as const) {
    const bare = bareNs();
    see(bare, tcpPacket(A, 1, B, 80, { flags: "S", seq: 0, win: 1000, options: scale }));
    see(bare, tcpPacket(B, 80, A, 1, { flags: "SA", seq: 0, ack: 1, win: 1000, options: server }));
    see(bare, tcpPacket(A, 1, B, 80, { flags: "A", seq: 1, ack: 1, win: 1000 }));
    see(bare, tcpPacket(B, 80, A, 1, { flags: "A", seq: 1, ack: 1, win: 1000 }));
    // Either side's data, against the window the other offered.
    const far = { flags: "PA", seq: 60000, ack: 1, win: 1000, payload: new Uint8Array(1) };
    expect([see(bare, tcpPacket(B, 80, A, 1, far)), see(bare, tcpPacket(A, 1, B, 80, far))]).toEqual([word, word]);
  }
});

test("RST: exact closes, inexact in the window keeps ESTABLISHED for 10 s, old is INVALID", () => {
  const seqs: [number, string, string][] = [
    [1, "ESTABLISHED", "tcp      6 10 CLOSE"],
    [500, "ESTABLISHED", "tcp      6 10 ESTABLISHED"],
    [0xffffff00, "INVALID", "432000 ESTABLISHED"],
  ];
  for (const [seq, word, want] of seqs) {
    const bare = bareNs();
    see(bare, tcpPacket(A, 1, B, 80, { flags: "S", seq: 0 }));
    see(bare, tcpPacket(B, 80, A, 1, { flags: "SA", seq: 0, ack: 1 }));
    see(bare, tcpPacket(A, 1, B, 80, { flags: "A", seq: 1, ack: 1 }));
    expect(see(bare, tcpPacket(B, 80, A, 1, { flags: "R", seq }))).toBe(word);
    expect(lines(bare)[0]).toContain(want);
  }
});

test("flag combinations no host sends are INVALID", () => {
  for (const flags of ["", "F", "SF", "SR", "FPU", "P", "SFA", "RF"])
    expect(see(bareNs(), tcpPacket(A, 1, B, 80, { flags }))).toBe("INVALID");
  expect(see(bareNs(), tcpPacket(A, 1, B, 80, { flags: "SU" }))).toBe("NEW");
});

test("tcp_loose: a lone ACK is picked up, or not", () => {
  const bare = bareNs();
  expect(see(bare, tcpPacket(A, 1, B, 80, { flags: "A", seq: 5, ack: 9 }))).toBe("NEW");
  expect(lines(bare)[0]).toContain("tcp      6 300 ESTABLISHED");
  bare.ct.flush();
  bare.ns.sysctl.set("net.netfilter.nf_conntrack_tcp_loose", "0");
  expect(see(bare, tcpPacket(A, 1, B, 80, { flags: "A", seq: 5, ack: 9 }))).toBe("INVALID");
});

test("UDP: 30 s, a stream 120 s and ASSURED after two seconds; 180 s on older kernels", () => {
  for (const [version, stream] of [
    ["6.18", 120],
    ["4.9", 180],
  ] as const) {
    const bare = bareNs(version);
    expect(see(bare, udpPacket(A, 1000, B, 53))).toBe("NEW");
    expect(lines(bare)).toEqual([
      "udp      17 30 src=10.0.0.1 dst=10.0.0.2 sport=1000 dport=53 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=53 dport=1000 mark=0 use=1",
    ]);
    expect(see(bare, udpPacket(B, 53, A, 1000))).toBe("ESTABLISHED");
    expect(lines(bare)[0]).toBe(
      "udp      17 30 src=10.0.0.1 dst=10.0.0.2 sport=1000 dport=53 src=10.0.0.2 dst=10.0.0.1 sport=53 dport=1000 mark=0 use=1",
    );
    wait(bare, 2);
    see(bare, udpPacket(A, 1000, B, 53));
    expect(lines(bare)[0]).not.toContain("ASSURED");
    wait(bare, 0.5);
    see(bare, udpPacket(A, 1000, B, 53));
    expect(lines(bare)[0]).toContain(`udp      17 ${stream} `);
    expect(lines(bare)[0]).toContain("[ASSURED]");
  }
});

test("ICMP: queries begin connections, answers and unknown types do not", () => {
  const table: [number, string][] = [
    [8, "NEW"],
    [13, "NEW"],
    [15, "NEW"],
    [17, "NEW"],
    [0, "INVALID"],
    [14, "INVALID"],
    [9, "INVALID"],
    [10, "INVALID"],
    [40, "INVALID"],
  ];
  for (const [type, word] of table) expect([type, see(bareNs(), icmpPacket(A, B, type, 0, 7))]).toEqual([type, word]);
  const bare = bareNs();
  see(bare, icmpPacket(A, B, 8, 0, 7));
  expect(see(bare, icmpPacket(B, A, 0, 0, 7))).toBe("ESTABLISHED");
  expect(lines(bare)).toEqual([
    "icmp     1 30 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=7 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=7 mark=0 use=1",
  ]);
});

test("ICMP errors belong to the connection they quote, if the addressee fits", () => {
  const bare = bareNs();
  const sent = udpPacket(A, 1000, B, 53);
  see(bare, sent);
  for (const [type, code] of [
    [3, 3],
    [3, 4],
    [11, 0],
    [12, 0],
    [4, 0],
    [5, 1],
  ] as const) {
    expect(see(bare, icmpError(R, A, sent, type, code))).toBe("RELATED");
  }
  // Not to the sender of what is quoted; about nothing known.
  expect(see(bare, icmpError(R, B, sent))).toBe("INVALID");
  expect(see(bare, icmpError(R, A, udpPacket(A, 1001, B, 53)))).toBe("INVALID");
  expect(lines(bare)[0]).toContain("udp      17 30 ");
  expect(lines(bare)[0]).toContain("[UNREPLIED]");
});

test("other protocols are known by their addresses; PPTP without GRE payload is refused", () => {
  const bare = bareNs();
  expect(
    see(
      bare,
      ipPacket(A, "224.0.0.1", 2, 8, () => undefined),
    ),
  ).toBe("NEW");
  expect(lines(bare)[0]).toBe(
    "unknown  2 600 src=10.0.0.1 dst=224.0.0.1 [UNREPLIED] src=224.0.0.1 dst=10.0.0.1 mark=0 use=1",
  );
  expect(
    see(
      bare,
      ipPacket(A, B, 47, 8, () => undefined),
    ),
  ).toBe("NEW");
  expect(lines(bare)[1]).toBe(
    "gre      47 30 src=10.0.0.1 dst=10.0.0.2 srckey=0x0 dstkey=0x0 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 srckey=0x0 dstkey=0x0 mark=0 use=1",
  );
  see(
    bare,
    ipPacket(B, A, 47, 8, () => undefined),
  );
  see(
    bare,
    ipPacket(A, B, 47, 8, () => undefined),
  );
  expect(lines(bare)[1]).toMatch(/^gre {6}47 180 .*\[ASSURED\]/);
  expect(
    see(
      bare,
      ipPacket(A, B, 47, 8, (b, at) => setU16(b, at, 1)),
    ),
  ).toBe("INVALID");
});

test("checksums are verified on arrival only, and nf_conntrack_checksum turns that off", () => {
  const broken = (): Packet => {
    const pkt = udpPacket(A, 1000, B, 53);
    setU16(pkt.buf, pkt.nh + 26, getU16(pkt.buf, pkt.nh + 26) ^ 0x5555);
    return pkt;
  };
  expect(see(bareNs(), broken())).toBe("INVALID");
  const out = bareNs();
  const pkt = broken();
  nfConntrackIn(hookState(out.ns, NF_INET_LOCAL_OUT), pkt);
  expect(ctStateWord(pkt)).toBe("NEW");
  const off = bareNs();
  off.ns.sysctl.set("net.netfilter.nf_conntrack_checksum", "0");
  expect(see(off, broken())).toBe("NEW");
  expect(see(bareNs(), udpPacket(A, 1000, B, 53, new Uint8Array(3), false))).toBe("NEW");
});

test("an unconfirmed connection leaves no trace", () => {
  const bare = bareNs();
  nfConntrackIn(hookState(bare.ns, NF_INET_PRE_ROUTING), tcpPacket(A, 1, B, 80, { flags: "S" }));
  expect(bare.ct.count).toBe(0);
});

test("untracked packets and zones", () => {
  const bare = bareNs();
  const raw = udpPacket(A, 1, B, 2);
  nfCtSetUntracked(raw);
  expect(see(bare, raw)).toBe("UNTRACKED");
  for (const zone of [0, 7]) {
    const pkt = udpPacket(A, 1, B, 2);
    if (zone !== 0) pkt.ct = nfCtTmplAlloc(bare.ns, zone);
    expect(see(bare, pkt)).toBe("NEW");
  }
  expect(see(bare, udpPacket(B, 2, A, 1))).toBe("ESTABLISHED");
  expect(lines(bare).map((l) => /zone=7/.test(l))).toEqual([false, true]);
  expect(lines(bare)[1]).toContain("[UNREPLIED]");
});

test("a full table evicts what is not assured near by, else drops and says so", () => {
  const bare = bareNs();
  bare.ns.sysctl.set("net.netfilter.nf_conntrack_max", "1");
  see(bare, tcpPacket(A, 1, B, 80, { flags: "S", seq: 0 }));
  see(bare, tcpPacket(B, 80, A, 1, { flags: "SA", seq: 0, ack: 1 }));
  see(bare, tcpPacket(A, 1, B, 80, { flags: "A", seq: 1, ack: 1 }));
  expect(forward(bare, udpPacket(A, 1, B, 2))).toBe(NF_DROP);
  expect(bare.dmesg).toEqual(["nf_conntrack: nf_conntrack: table full, dropping packet"]);
  expect([bare.ct.stats.drop, bare.ct.count]).toEqual([1, 1]);
});

test("answers attached by REJECT are RELATED and do not confirm", () => {
  const bare = bareNs();
  const syn = tcpPacket(A, 1, B, 80, { flags: "S" });
  nfConntrackIn(hookState(bare.ns, NF_INET_PRE_ROUTING), syn);
  const rst = tcpPacket(B, 80, A, 1, { flags: "RA", ack: 1 });
  nfCtAttach(rst, syn);
  expect(see(bare, rst)).toBe("RELATED");
  expect(bare.ct.count).toBe(0);
});

/** Two first packets of one flow, both tracked before either is confirmed. */
function race(bare: Bare, make: () => Packet): [Packet, Packet] {
  const first = make();
  const second = make();
  for (const pkt of [first, second]) nfConntrackIn(hookState(bare.ns, NF_INET_PRE_ROUTING), pkt);
  return [first, second];
}

test("clash of equal UDP flows: the second packet takes the first one's entry; TCP is dropped", () => {
  const bare = bareNs();
  const [first, second] = race(bare, () => udpPacket(A, 1, B, 53));
  expect([nfConntrackConfirm(first), nfConntrackConfirm(second)]).toEqual([NF_ACCEPT, NF_ACCEPT]);
  expect(second.ct).toBe(first.ct);
  expect([bare.ct.stats.clashResolve, bare.ct.count]).toEqual([1, 1]);
  const [syn, again] = race(bare, () => tcpPacket(A, 1, B, 53, { flags: "S" }));
  expect([nfConntrackConfirm(syn), nfConntrackConfirm(again)]).toEqual([NF_ACCEPT, NF_DROP_FREED]);
  expect(bare.ct.stats.insertFailed).toBe(1);
});

test("clash of UDP flows to different backends: the loser is hidden for a second and found by answers", () => {
  const bare = bareNs();
  const [first, second] = race(bare, () => udpPacket(A, 1, "10.96.0.10", 53));
  for (const [pkt, backend] of [
    [first, "10.1.0.1"],
    [second, "10.1.0.2"],
  ] as const) {
    if (pkt.ct === null) throw new Error("not tracked");
    pkt.ct.reply.src = ip(backend);
    pkt.ct.status |= IPS_DST_NAT_DONE | IPS_SRC_NAT_DONE;
    expect(nfConntrackConfirm(pkt)).toBe(NF_ACCEPT);
  }
  expect(second.ct?.has(IPS_NAT_CLASH)).toBe(true);
  expect(lines(bare)).toHaveLength(1);
  expect(see(bare, udpPacket("10.1.0.2", 53, A, 1))).toBe("ESTABLISHED");
  wait(bare, 1);
  expect(see(bare, udpPacket("10.1.0.2", 53, A, 1))).toBe("NEW");
});

test("accounting is kept for entries made while it is on", () => {
  const bare = bareNs();
  bare.ns.sysctl.set("net.netfilter.nf_conntrack_acct", "1");
  see(bare, udpPacket(A, 1, B, 2));
  see(bare, udpPacket(B, 2, A, 1));
  expect(lines(bare)[0]).toBe(
    "udp      17 30 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 packets=1 bytes=32 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 packets=1 bytes=32 mark=0 use=1",
  );
});

test("expired entries are swept while others are added", () => {
  const bare = bareNs();
  for (let i = 0; i < 2000; i++) see(bare, udpPacket(A, i, B, 53));
  wait(bare, 31);
  for (let i = 0; i < 4000; i++) see(bare, udpPacket(A, 10000 + i, B, 53));
  expect(bare.ct.count).toBe(4000);
});

test("too short for a transport header: INVALID", () => {
  const pkt = allocSkb(20);
  pkt.buf.set(udpPacket(A, 1, B, 2).bytes().slice(0, 20), pkt.head);
  expect(see(bareNs(), pkt)).toBe("INVALID");
});
