import { describe, expect, test } from "vitest";
import { CniError, HostLocal } from "../../src/index.ts";

/** Allocate for containers c1, c2 … */
function take(ipam: HostLocal, count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, i) => ipam.allocate(`c${from + i}`));
}

describe("host-local", () => {
  test("gives the first address to the gateway and the rest in turn", () => {
    const ipam = new HostLocal("10.244.1.0/24");
    expect([ipam.gateway, ipam.len]).toEqual(["10.244.1.1", 24]);
    expect(take(ipam, 3)).toEqual(["10.244.1.2", "10.244.1.3", "10.244.1.4"]);
  });

  test("gives a freed address again only after a whole turn", () => {
    const ipam = new HostLocal("10.0.0.0/29");
    expect(take(ipam, 3)).toEqual(["10.0.0.2", "10.0.0.3", "10.0.0.4"]);
    ipam.release("c1");
    expect(take(ipam, 3, 4)).toEqual(["10.0.0.5", "10.0.0.6", "10.0.0.2"]);
    ipam.release("c2");
    ipam.release("c4");
    expect(take(ipam, 2, 7)).toEqual(["10.0.0.3", "10.0.0.5"]);
  });

  test("ends at the address before the broadcast address, and says when nothing is left", () => {
    const ipam = new HostLocal("10.0.0.0/24");
    expect(take(ipam, 253).at(-1)).toBe("10.0.0.254");
    const more = (): string => ipam.allocate("one too many");
    expect(more).toThrow(CniError);
    expect(more).toThrow(
      /^failed to allocate for range 0: no IP addresses available in range set: 10\.0\.0\.1-10\.0\.0\.254$/,
    );
    ipam.release("c100");
    expect(more()).toBe("10.0.0.101");
  });

  test("gives a wanted address, and goes on where the round was", () => {
    const ipam = new HostLocal("10.0.0.0/24");
    expect(ipam.allocate("a", "10.0.0.3")).toBe("10.0.0.3");
    expect(take(ipam, 2)).toEqual(["10.0.0.2", "10.0.0.4"]);
  });

  test.each([
    { wanted: "10.0.0.9", why: "requested IP address 10.0.0.9 is not available in range set 10.0.0.1-10.0.0.254" },
    { wanted: "10.0.0.1", why: "requested ip 10.0.0.1 is subnet's gateway" },
    { wanted: "10.0.0.0", why: "10.0.0.0 not in range set 10.0.0.1-10.0.0.254" },
    { wanted: "10.0.0.255", why: "10.0.0.255 not in range set 10.0.0.1-10.0.0.254" },
    { wanted: "10.0.1.2", why: "10.0.1.2 not in range set 10.0.0.1-10.0.0.254" },
  ])("does not give $wanted", ({ wanted, why }) => {
    const ipam = new HostLocal("10.0.0.0/24");
    ipam.allocate("a", "10.0.0.9");
    expect(() => ipam.allocate("b", wanted)).toThrow(`failed to allocate for range 0: ${why}`);
  });

  test("gives a container one address", () => {
    const ipam = new HostLocal("10.0.0.0/24");
    ipam.allocate("a");
    expect(() => ipam.allocate("a")).toThrow("10.0.0.2 has been allocated to a, duplicate allocation is not allowed");
    ipam.release("a");
    ipam.release("a");
    expect(ipam.allocate("a")).toBe("10.0.0.3");
  });

  test.each([
    { subnet: "10.0.0.0/31", why: "invalid range set 0: Network 10.0.0.0/31 too small to allocate from" },
    { subnet: "10.0.0.1/32", why: "invalid range set 0: Network 10.0.0.1/32 too small to allocate from" },
    {
      subnet: "10.0.0.1/24",
      why: "invalid range set 0: Network has host bits set. For a subnet mask of length 24 the network address is 10.0.0.0",
    },
    { subnet: "somewhere", why: "invalid CIDR address: somewhere" },
  ])("does not serve $subnet", ({ subnet, why }) => {
    expect(() => new HostLocal(subnet)).toThrow(why);
  });

  test("serves the one pod of a /30", () => {
    const ipam = new HostLocal("10.0.0.4/30");
    expect(take(ipam, 1)).toEqual(["10.0.0.6"]);
    expect(() => ipam.allocate("b")).toThrow("10.0.0.5-10.0.0.6");
  });
});
