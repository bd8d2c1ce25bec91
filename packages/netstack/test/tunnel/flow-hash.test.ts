import { expect, test } from "vitest";
import { ecnDecapsulate, ecnEncapsulate } from "../../src/tunnel/ecn.ts";
import { flowHash, udpFlowSrcPort } from "../../src/tunnel/flow-hash.ts";
import { ALL, frame, HOST } from "../dev/lab.ts";
import type { UdpPacket } from "../dev/ip-frame.ts";
import { ipFrame } from "../dev/ip-frame.ts";

function hashOf(p: UdpPacket): number {
  const b = ipFrame(HOST(2), HOST(1), p);
  return flowHash(b, 0, 14, b.length, 0x0800);
}

const FLOW = { src: "10.0.0.1", dst: "10.0.0.2", sport: 1000, dport: 53 };

test("R4.10: one flow has one hash, whatever it carries, and so has its way back", () => {
  expect(hashOf({ ...FLOW, payload: 100, id: 7, ttl: 3 })).toBe(hashOf(FLOW));
  expect(hashOf({ src: "10.0.0.2", dst: "10.0.0.1", sport: 53, dport: 1000 })).toBe(hashOf(FLOW));
  expect(hashOf({ src: "10.0.0.1", dst: "10.0.0.1", sport: 5, dport: 9 })).toBe(
    hashOf({ src: "10.0.0.1", dst: "10.0.0.1", sport: 9, dport: 5 }),
  );
});

test("ports matter, but not for fragments", () => {
  expect(hashOf({ ...FLOW, sport: 1001 })).not.toBe(hashOf(FLOW));
  expect(hashOf({ ...FLOW, frag: 0x2000 })).toBe(hashOf({ ...FLOW, frag: 100, sport: 7 }));
  expect(hashOf({ ...FLOW, frag: 0x2000 })).not.toBe(hashOf(FLOW));
});

test("other frames are told apart by their addresses", () => {
  const one = flowHash(frame(ALL, HOST(1)), 0, 14, 60, 0x88b5);
  const two = flowHash(frame(ALL, HOST(2)), 0, 14, 60, 0x88b5);
  expect(one).not.toBe(two);
});

test("source ports spread over the range and stay within", () => {
  const ports = new Set<number>();
  for (let i = 0; i < 2000; i++) ports.add(udpFlowSrcPort(hashOf({ ...FLOW, sport: 1024 + i }), 32768, 60999));
  expect(ports.size).toBeGreaterThan(1800);
  for (const port of ports) expect(port >= 32768 && port < 60999).toBe(true);
});

// RFC 6040 §4.2, figure 4; rows inner, columns outer.
test.each([
  { inner: 0, outer: 0, out: 0 },
  { inner: 0, outer: 1, out: 0 },
  { inner: 0, outer: 2, out: 0 },
  { inner: 0, outer: 3, out: -1 },
  { inner: 2, outer: 0, out: 2 },
  { inner: 2, outer: 1, out: 1 },
  { inner: 2, outer: 3, out: 3 },
  { inner: 1, outer: 2, out: 1 },
  { inner: 3, outer: 0, out: 3 },
])("ECN $inner inside, $outer outside: $out", ({ inner, outer, out }) => {
  expect(ecnDecapsulate(outer, 0xb8 | inner)).toBe(out);
});

test("the outer header takes the inner ECN, CE becomes ECT(0)", () => {
  expect([0, 1, 2, 3].map((ecn) => ecnEncapsulate(0, 0x10 | ecn))).toEqual([0, 1, 2, 2]);
});
