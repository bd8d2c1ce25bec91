import fc from "fast-check";
import { expect, test } from "vitest";
import {
  cidrContains,
  cidrsOverlap,
  formatCidr,
  formatIPv4,
  hasHostBits,
  isIPv6,
  parseCidr,
  parseIPv4,
} from "../../src/index.ts";

const address = fc.integer({ min: 0, max: 0xffffffff });

test("addresses and networks survive print and parse", () => {
  fc.assert(
    fc.property(address, fc.integer({ min: 0, max: 32 }), (value, prefix) => {
      expect(parseIPv4(formatIPv4(value))).toBe(value);
      const cidr = parseCidr(`${formatIPv4(value)}/${prefix}`);
      if (cidr === undefined) throw new Error("refused");
      expect(cidrContains(cidr, value)).toBe(true);
      expect(parseCidr(formatCidr(cidr))).toEqual(cidr);
      expect(cidrsOverlap(cidr, { base: value, prefix: 32 })).toBe(true);
    }),
  );
});

test.each(["1.2.3", "1.2.3.256", "1.2.3.4/24", "01.2.3.4", "::1", "a.b.c.d", ""])("%j is no IPv4 address", (text) => {
  expect(parseIPv4(text)).toBeUndefined();
});

test.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "fd00::/8"])("%j is no IPv4 network", (text) => {
  expect(parseCidr(text)).toBeUndefined();
});

test("host bits and IPv6 are told apart", () => {
  expect(hasHostBits("10.1.5.1/24")).toBe(true);
  expect(hasHostBits("10.1.5.0/24")).toBe(false);
  expect(isIPv6("fe80::1")).toBe(true);
  expect(isIPv6("10.0.0.1:80")).toBe(false);
});
