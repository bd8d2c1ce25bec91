// Source ports of connections that do not choose one.

import { describe, expect, it } from "vitest";
import { connectPort } from "../../src/sock/ports.ts";
import { twoHosts } from "./lab.ts";

const HASH = 0x1234_5678;
const anyFree = (): boolean => true;

describe("the port of the next connection to the same place", () => {
  it("has the parity of the range's low end and lies a little further on", () => {
    const { a } = twoHosts();
    const ports = Array.from({ length: 8 }, () => connectPort(a, HASH, anyFree));
    const gaps = ports.slice(1).map((port, index) => port - (ports[index] ?? 0));
    // A 6.18 kernel gave 49540, 49552, 49554, 49556, 49572, 49586, 49592, 49606.
    expect(gaps.every((gap) => gap >= 2 && gap <= 16 && gap % 2 === 0)).toBe(true);
    expect(ports.every((port) => port % 2 === 0)).toBe(true);
  });

  it("starts elsewhere for another destination", () => {
    const { a } = twoHosts();
    expect(connectPort(a, HASH, anyFree)).not.toBe(connectPort(a, HASH + 4711, anyFree));
  });

  it("wraps around and takes the other parity last; 0 when nothing is free", () => {
    const { a } = twoHosts();
    expect(connectPort(a, HASH, (port) => port === 32_768)).toBe(32_768);
    expect(connectPort(a, HASH, (port) => port === 60_999)).toBe(60_999);
    expect(connectPort(a, HASH, () => false)).toBe(0);
  });
});
