// Four tests per header around fixed bytes: fields read in place, fields written in place, value from bytes, bytes from value.
// The bytes, checksums included, were computed by a program of their own; tcpdump calls them correct.

import { describe, expect, it } from "vitest";
import type { Ipv4 } from "../../src/addr/ipv4.ts";
import { parseIpv4 } from "../../src/addr/ipv4.ts";
import type { Mac } from "../../src/addr/mac.ts";
import { emitArp, parseArp } from "../../src/testing/arp.ts";
import { arpOp, arpSha, arpSip, arpTha, arpTip, arpWrite } from "../../src/wire/arp-fields.ts";
import { fromHex, toHex } from "../../src/wire/bytes.ts";
import { emitEthernet, parseEthernet } from "../../src/testing/ethernet.ts";
import { ethDst, ethProto, ethSrc, ethWrite } from "../../src/wire/ethernet.ts";
import { emitIcmp, parseIcmp } from "../../src/testing/icmp.ts";
import { icmpCode, icmpId, icmpSeq, icmpSetCheck, icmpType, icmpWrite } from "../../src/wire/icmp-fields.ts";
import { emitIpv4Packet, parseIpv4Packet } from "../../src/testing/ipv4.ts";
import {
  ipDaddr,
  ipFragOff,
  ipHdrLen,
  ipId,
  ipProto,
  ipSaddr,
  ipTos,
  ipTotLen,
  ipTtl,
  ipVersion,
  ipWrite,
} from "../../src/wire/ipv4-fields.ts";
import { emitTcp, parseTcp } from "../../src/testing/tcp.ts";
import {
  newTcpOptions,
  tcpAckSeq,
  tcpDport,
  tcpFlags,
  tcpHdrLen,
  tcpParseOptions,
  tcpSeq,
  tcpSetCheck,
  tcpSport,
  tcpWindow,
  tcpWrite,
} from "../../src/wire/tcp-fields.ts";
import { emitUdp, parseUdp } from "../../src/testing/udp.ts";
import { udpCheck, udpDport, udpLen, udpSetCheck, udpSport, udpWrite } from "../../src/wire/udp-fields.ts";
import { emitVxlan, parseVxlan } from "../../src/testing/vxlan.ts";
import { vxlanFlags, vxlanVni, vxlanWrite } from "../../src/wire/vxlan-fields.ts";

const ip = (text: string): Ipv4 => parseIpv4(text) as Ipv4;
const A = ip("10.1.5.4");
const B = ip("10.1.6.5");
const MAC_A = 0x0a58646036f0 as Mac;
const MAC_B = 0x0a5864603601 as Mac;
const NONE = new Uint8Array(0);

describe("Ethernet", () => {
  const bytes = fromHex("0a58646036010a58646036f00800" + "45aa");
  it("is read in place", () =>
    expect([ethDst(bytes, 0), ethSrc(bytes, 0), ethProto(bytes, 0)]).toEqual([MAC_B, MAC_A, 0x0800]));
  it("is written in place", () => {
    const b = new Uint8Array(14);
    ethWrite(b, 0, MAC_B, MAC_A, 0x0800);
    expect(toHex(b)).toBe(toHex(bytes.subarray(0, 14)));
  });
  it("is parsed", () => {
    expect(parseEthernet(bytes)).toEqual({ dst: MAC_B, src: MAC_A, ethertype: 0x0800, payload: fromHex("45aa") });
    expect(parseEthernet(bytes.subarray(0, 13))).toBeUndefined();
  });
  it("is emitted", () =>
    expect(toHex(emitEthernet({ dst: MAC_B, src: MAC_A, ethertype: 0x0800, payload: fromHex("45aa") }))).toBe(
      toHex(bytes),
    ));
});

describe("ARP", () => {
  const bytes = fromHex("0001080006040001" + "0a58646036f00a010504" + "0000000000000a010501");
  const repr = { op: 1, sha: MAC_A, sip: A, tha: 0 as Mac, tip: ip("10.1.5.1") };
  it("is read in place", () =>
    expect([arpOp(bytes, 0), arpSha(bytes, 0), arpSip(bytes, 0), arpTha(bytes, 0), arpTip(bytes, 0)]).toEqual([
      1,
      MAC_A,
      A,
      0,
      repr.tip,
    ]));
  it("is written in place", () => {
    const b = new Uint8Array(28);
    arpWrite(b, 0, repr.op, repr.sha, repr.sip, repr.tha, repr.tip);
    expect(toHex(b)).toBe(toHex(bytes));
  });
  it("is parsed", () => {
    expect(parseArp(bytes)).toEqual(repr);
    expect(parseArp(bytes.subarray(0, 27))).toBeUndefined();
    expect(parseArp(fromHex(toHex(bytes).replace(/^0001/, "0006")))).toBeUndefined();
  });
  it("is emitted", () => expect(toHex(emitArp(repr))).toBe(toHex(bytes)));
});

describe("IPv4", () => {
  const bytes = fromHex("45c0001e303940004011eacb0a0105040a010605" + "c001c0ffeec0ffee0001");
  const repr = {
    src: A,
    dst: B,
    proto: 17,
    ttl: 64,
    tos: 0xc0,
    id: 12345,
    df: true,
    mf: false,
    fragOffset: 0,
    options: NONE,
    payload: bytes.slice(20),
  };
  it("is read in place", () => {
    expect([
      ipVersion(bytes, 0),
      ipHdrLen(bytes, 0),
      ipTos(bytes, 0),
      ipTotLen(bytes, 0),
      ipId(bytes, 0),
      ipFragOff(bytes, 0),
    ]).toEqual([4, 20, 0xc0, 30, 12345, 0x4000]);
    expect([ipTtl(bytes, 0), ipProto(bytes, 0), ipSaddr(bytes, 0), ipDaddr(bytes, 0)]).toEqual([64, 17, A, B]);
  });
  it("is written in place", () => {
    const b = new Uint8Array(20);
    ipWrite(b, 0, { tos: 0xc0, totLen: 30, id: 12345, fragOff: 0x4000, ttl: 64, proto: 17, saddr: A, daddr: B });
    expect(toHex(b)).toBe(toHex(bytes.subarray(0, 20)));
  });
  it("is parsed", () => {
    expect(parseIpv4Packet(bytes)).toEqual(repr);
    // Padding of a short frame is not payload.
    expect(parseIpv4Packet(Uint8Array.from([...bytes, 0, 0, 0]))).toEqual(repr);
    const broken = (at: number, value: number): Uint8Array => bytes.with(at, value);
    expect(parseIpv4Packet(bytes.subarray(0, 19))).toBe("truncated");
    expect(parseIpv4Packet(broken(0, 0x65))).toBe("version");
    expect(parseIpv4Packet(broken(0, 0x44))).toBe("header length");
    expect(parseIpv4Packet(broken(3, 31))).toBe("total length");
    expect(parseIpv4Packet(broken(8, 63))).toBe("checksum");
  });
  it("is emitted, with options too", () => {
    expect(toHex(emitIpv4Packet(repr))).toBe(toHex(bytes));
    const options = fromHex("94040000");
    const fragment = { ...repr, df: false, mf: true, fragOffset: 1480, options };
    expect(parseIpv4Packet(emitIpv4Packet(fragment))).toEqual(fragment);
    expect(() => emitIpv4Packet({ ...repr, options: fromHex("9404") })).toThrow(RangeError);
  });
});

describe("ICMP", () => {
  const bytes = fromHex("0800e3c612340001" + "00010203");
  const repr = { type: 8, code: 0, info: 0x12340001, payload: fromHex("00010203") };
  it("is read in place", () =>
    expect([icmpType(bytes, 0), icmpCode(bytes, 0), icmpId(bytes, 0), icmpSeq(bytes, 0)]).toEqual([8, 0, 0x1234, 1]));
  it("is written in place", () => {
    const b = Uint8Array.from([...new Uint8Array(8), 0, 1, 2, 3]);
    icmpWrite(b, 0, 8, 0, 0x12340001);
    icmpSetCheck(b, 0, b.length);
    expect(toHex(b)).toBe(toHex(bytes));
  });
  it("is parsed", () => {
    expect(parseIcmp(bytes)).toEqual(repr);
    expect(parseIcmp(bytes.subarray(0, 7))).toBe("truncated");
    expect(parseIcmp(bytes.with(11, 4))).toBe("checksum");
  });
  it("is emitted", () => expect(toHex(emitIcmp(repr))).toBe(toHex(bytes)));
});

describe("UDP", () => {
  const bytes = fromHex("13881389000d75e6" + "68656c6c6f");
  const repr = { sport: 5000, dport: 5001, checksum: true, payload: fromHex("68656c6c6f") };
  it("is read in place", () =>
    expect([udpSport(bytes, 0), udpDport(bytes, 0), udpLen(bytes, 0), udpCheck(bytes, 0)]).toEqual([
      5000, 5001, 13, 0x75e6,
    ]));
  it("is written in place", () => {
    const b = Uint8Array.from(bytes);
    udpWrite(b, 0, 5000, 5001, 13);
    expect(udpCheck(b, 0)).toBe(0);
    udpSetCheck(b, 0, 13, A, B);
    expect(toHex(b)).toBe(toHex(bytes));
  });
  it("is parsed", () => {
    expect(parseUdp(bytes, A, B)).toEqual(repr);
    expect(parseUdp(bytes.with(6, 0).with(7, 0), A, B)).toEqual({ ...repr, checksum: false });
    expect(parseUdp(bytes.subarray(0, 7), A, B)).toBe("truncated");
    expect(parseUdp(bytes.with(5, 14), A, B)).toBe("length");
    expect(parseUdp(bytes.with(12, 0), A, B)).toBe("checksum");
  });
  it("is emitted; a sum of zero is written as ffff", () => {
    expect(toHex(emitUdp(repr, A, B))).toBe(toHex(bytes));
    // The payload makes up for everything else: the sum is zero.
    const zero = emitUdp({ ...repr, payload: fromHex("0000") }, A, B);
    const filler = emitUdp({ ...repr, payload: zero.slice(6, 8) }, A, B);
    expect(udpCheck(filler, 0)).toBe(0xffff);
    expect(parseUdp(filler, A, B)).toMatchObject({ sport: 5000 });
  });
});

describe("TCP", () => {
  const options = fromHex("0204058a0402080a0924476600000000" + "01030307");
  const bytes = fromHex("aa0e00501e2d4e5600000000a002fd5c" + "c4560000" + toHex(options));
  const repr = {
    sport: 43534,
    dport: 80,
    seq: 506285654,
    ack: 0,
    flags: 2,
    window: 64860,
    urgent: 0,
    options,
    payload: NONE,
  };
  it("is read in place, options too", () => {
    expect([
      tcpSport(bytes, 0),
      tcpDport(bytes, 0),
      tcpSeq(bytes, 0),
      tcpAckSeq(bytes, 0),
      tcpHdrLen(bytes, 0),
      tcpFlags(bytes, 0),
      tcpWindow(bytes, 0),
    ]).toEqual([43534, 80, 506285654, 0, 40, 2, 64860]);
    const out = newTcpOptions();
    tcpParseOptions(bytes, 0, out);
    expect(out).toMatchObject({ mss: 1418, sackOk: true, hasTs: true, tsVal: 0x09244766, tsEcr: 0, wscale: 7 });
  });
  it("is written in place", () => {
    const b = Uint8Array.from(bytes);
    tcpWrite(b, 0, { sport: 43534, dport: 80, seq: 506285654, ack: 0, hdrLen: 40, flags: 2, window: 64860 });
    tcpSetCheck(b, 0, 40, A, B);
    expect(toHex(b)).toBe(toHex(bytes));
  });
  it("is parsed", () => {
    expect(parseTcp(bytes, A, B)).toEqual(repr);
    expect(parseTcp(bytes.subarray(0, 19), A, B)).toBe("truncated");
    expect(parseTcp(bytes.with(12, 0x40), A, B)).toBe("header length");
    expect(parseTcp(bytes.with(12, 0xf0), A, B)).toBe("header length");
    expect(parseTcp(bytes.with(15, 0), A, B)).toBe("checksum");
  });
  it("is emitted", () => expect(toHex(emitTcp(repr, A, B))).toBe(toHex(bytes)));
  it("with broken options is read as far as it goes", () => {
    const out = newTcpOptions();
    for (const bad of ["0204058a08ff", "0204058a0800", "0204058a08"]) {
      const b = emitTcp({ ...repr, options: fromHex(bad.padEnd(16, "0")) }, A, B);
      tcpParseOptions(b, 0, out);
      expect([out.mss, out.hasTs]).toEqual([1418, false]);
    }
    // MSS, scale and SACK-permitted belong to SYNs.
    tcpParseOptions(emitTcp({ ...repr, flags: 16 }, A, B), 0, out);
    expect(out).toMatchObject({ mss: 0, wscale: -1, sackOk: false, hasTs: true });
  });
});

describe("VXLAN", () => {
  const bytes = fromHex("0800000000002a00" + "ff");
  it("is read in place", () => expect([vxlanFlags(bytes, 0), vxlanVni(bytes, 0)]).toEqual([0x08000000, 42]));
  it("is written in place", () => {
    const b = new Uint8Array(8);
    vxlanWrite(b, 0, 0xffffff);
    expect(toHex(b)).toBe("08000000ffffff00");
  });
  it("is parsed", () => {
    expect(parseVxlan(bytes)).toEqual({ vni: 42, payload: fromHex("ff") });
    expect(parseVxlan(bytes.subarray(0, 7))).toBe("truncated");
    expect(parseVxlan(bytes.with(0, 0))).toBe("flags");
    expect(parseVxlan(bytes.with(7, 1))).toBe("flags");
  });
  it("is emitted", () => expect(toHex(emitVxlan({ vni: 42, payload: fromHex("ff") }))).toBe(toHex(bytes)));
});
