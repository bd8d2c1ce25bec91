// Translating a packet and translating it back gives the original bytes, checksums included (full, partial, UDP without one).

import fc from "fast-check";
import { expect, test } from "vitest";
import { nfNatIpv4ManipPkt } from "../../../src/netfilter/nat/nat-proto.ts";
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from "../../../src/netfilter/nat/nat-range.ts";
import { nfCtGetTuple, Tuple } from "../../../src/netfilter/conntrack/tuple.ts";
import { sctpComputeCheck, sctpSetCheck } from "../../../src/netfilter/conntrack/sctp-crc.ts";
import type { Packet } from "../../../src/skb/packet.ts";
import { CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../../../src/skb/packet.ts";
import { getU32, setU16 } from "../../../src/wire/bytes.ts";
import { csumFold, csumPartial } from "../../../src/wire/checksum.ts";
import { icmpCheckOk } from "../../../src/wire/icmp-fields.ts";
import { ipDaddr, ipSaddr } from "../../../src/wire/ipv4-fields.ts";
import { tcpCheckOk, tcpSetPartialCheck } from "../../../src/wire/tcp-fields.ts";
import { udpCheck, udpCheckOk, udpSetPartialCheck } from "../../../src/wire/udp-fields.ts";
import { formatIpv4 } from "../../../src/addr/ipv4.ts";
import { icmpPacket, ipPacket, tcpPacket, udpPacket } from "../conntrack/bare-ns.ts";

const kinds = ["tcp", "tcp-partial", "udp", "udp-partial", "udp-none", "icmp", "sctp"] as const;
const addr = fc.integer({ min: 1, max: 0xfffffffe });
const port = fc.integer({ min: 0, max: 65535 });
const flow = fc.record({
  kind: fc.constantFrom(...kinds),
  src: addr,
  dst: addr,
  sport: port,
  dport: port,
  payload: fc.uint8Array({ maxLength: 60 }),
  newAddr: addr,
  newPort: port,
  manip: fc.constantFrom(NF_NAT_MANIP_SRC, NF_NAT_MANIP_DST),
});
type Flow = typeof flow extends fc.Arbitrary<infer T> ? T : never;

function build(f: Flow): Packet {
  const [src, dst] = [formatIpv4(f.src), formatIpv4(f.dst)];
  switch (f.kind) {
    case "tcp":
    case "tcp-partial":
      return partial(
        tcpPacket(src, f.sport, dst, f.dport, { flags: "PA", seq: 7, ack: 9, payload: f.payload }),
        f,
        tcpSetPartialCheck,
      );
    case "udp":
    case "udp-partial":
      return partial(udpPacket(src, f.sport, dst, f.dport, f.payload), f, udpSetPartialCheck);
    case "udp-none":
      return udpPacket(src, f.sport, dst, f.dport, f.payload, false);
    case "icmp":
      return icmpPacket(src, dst, 8, 0, f.sport, f.payload);
    case "sctp":
      return ipPacket(src, dst, 132, 12 + f.payload.length, (buf, at) => {
        setU16(buf, at, f.sport);
        setU16(buf, at + 2, f.dport);
        buf.set(f.payload, at + 12);
        sctpSetCheck(buf, at, at + 12 + f.payload.length);
      });
  }
}

function partial(
  pkt: Packet,
  f: Flow,
  set: (b: Uint8Array, o: number, len: number, saddr: number, daddr: number) => void,
): Packet {
  if (!f.kind.endsWith("partial")) return pkt;
  pkt.ipSummed = CHECKSUM_PARTIAL;
  set(pkt.buf, pkt.nh + 20, pkt.tail - pkt.nh - 20, f.src, f.dst);
  return pkt;
}

function tupleOf(pkt: Packet): Tuple {
  const t = new Tuple();
  nfCtGetTuple(pkt.buf, pkt.nh, pkt.nh + 20, pkt.tail, t);
  return t;
}

/** Every checksum of the packet fits its bytes. */
function checksumsFit(pkt: Packet, f: Flow): boolean {
  const th = pkt.nh + 20;
  const len = pkt.tail - th;
  const [s, d] = [ipSaddr(pkt.buf, pkt.nh), ipDaddr(pkt.buf, pkt.nh)];
  if (csumFold(csumPartial(pkt.buf, pkt.nh, 20)) !== 0) return false;
  if (f.kind === "tcp") return tcpCheckOk(pkt.buf, th, len, s, d);
  if (f.kind === "udp") return udpCheck(pkt.buf, th) !== 0 && udpCheckOk(pkt.buf, th, len, s, d);
  if (f.kind === "udp-none") return udpCheck(pkt.buf, th) === 0;
  if (f.kind === "icmp") return icmpCheckOk(pkt.buf, th, len);
  if (f.kind === "sctp") return getU32(pkt.buf, th + 8) === sctpComputeCheck(pkt.buf, th, pkt.tail);
  const want = pkt.copy();
  (f.kind === "tcp-partial" ? tcpSetPartialCheck : udpSetPartialCheck)(want.buf, th, len, s, d);
  return csumFold(csumPartial(want.buf, th, len)) === csumFold(csumPartial(pkt.buf, th, len));
}

test("there and back again", () => {
  fc.assert(
    fc.property(flow, (f) => {
      const pkt = build(f);
      const original = pkt.bytes();
      const back = tupleOf(pkt);
      const there = Object.assign(new Tuple(), back);
      if (f.manip === NF_NAT_MANIP_SRC || f.kind === "icmp") there.sport = f.newPort;
      else there.dport = f.newPort;
      if (f.manip === NF_NAT_MANIP_SRC) there.src = f.newAddr;
      else there.dst = f.newAddr;
      expect(nfNatIpv4ManipPkt(pkt, pkt.nh, there, f.manip)).toBe(true);
      expect(tupleOf(pkt)).toEqual(there);
      expect(checksumsFit(pkt, f)).toBe(true);
      expect(nfNatIpv4ManipPkt(pkt, pkt.nh, back, f.manip)).toBe(true);
      expect(pkt.bytes()).toEqual(original);
    }),
    { numRuns: 2000 },
  );
});

test("a UDP checksum that comes out as zero is written as ffff: zero would mean there is none", () => {
  const pkt = udpPacket("10.0.0.1", 1000, "10.0.0.2", 53);
  const t = tupleOf(pkt);
  // The port that adds what is missing to the checksum.
  t.sport = (1000 + udpCheck(pkt.buf, pkt.nh + 20)) % 0xffff;
  nfNatIpv4ManipPkt(pkt, pkt.nh, t, NF_NAT_MANIP_SRC);
  expect(udpCheck(pkt.buf, pkt.nh + 20)).toBe(0xffff);
});

test("CRC32c of 32 zero bytes is the known 8a9136aa, stored least significant byte first", () => {
  expect(sctpComputeCheck(new Uint8Array(32), 0, 32)).toBe(0xaa36918a);
});

test("a quoted TCP header of 8 bytes has no checksum to mend", () => {
  const pkt = tcpPacket("10.0.0.1", 1, "10.0.0.2", 2, { flags: "S" });
  pkt.trim(28);
  pkt.ipSummed = CHECKSUM_NONE;
  const t = Object.assign(tupleOf(pkt), { src: 0x0a000009, sport: 77 });
  expect(nfNatIpv4ManipPkt(pkt, pkt.nh, t, NF_NAT_MANIP_SRC)).toBe(true);
  expect(tupleOf(pkt)).toEqual(t);
});
