// Listings and refusals recorded from iproute2 6.1 on Linux 6.18 (R1.20, R1.21, R1.26–R1.31).
import { beforeEach, describe, expect, it } from "vitest";
import type { NetNamespace } from "../../src/netns/net-namespace.ts";
import { NetNamespace as Ns } from "../../src/netns/net-namespace.ts";
import { KERNEL_FLAVOURS } from "../../src/netns/flavour.ts";
import { World } from "../../src/netns/world.ts";
import { dumpAddrs, printAddrs } from "../../src/rtnl/addr.ts";
import type { ConfigOp } from "../../src/rtnl/batch.ts";
import { printNeighs, printProxies } from "../../src/rtnl/neigh.ts";
import { dumpRoutes, printRoutes } from "../../src/rtnl/route.ts";
import type { RouteGetQuery } from "../../src/rtnl/route-get.ts";
import { routeGet } from "../../src/rtnl/route-get.ts";
import { dumpRules, printRules } from "../../src/rtnl/rule.ts";
import { apply, ip, newNs, sysctl, tryOp } from "../ipv4/lab.ts";

let world: World;
let ns: NetNamespace;
let far: NetNamespace;

const addr = (local: string, part: Partial<Extract<ConfigOp, { op: "addr-add" | "addr-del" }>> = {}): ConfigOp => ({
  op: "addr-add",
  dev: "v0",
  local,
  ...part,
});

beforeEach(() => {
  world = new World(1);
  ns = newNs(world, "a");
  far = newNs(world, "b");
  apply(
    ns,
    {
      op: "link-add",
      name: "v0",
      address: "de:f8:40:23:2a:21",
      link: { type: "veth", peer: { name: "v1", netns: "b" } },
    },
    { op: "link-set", dev: "v0", up: true },
  );
  apply(far, { op: "link-set", dev: "v1", up: true });
});

function addresses(): void {
  apply(
    ns,
    addr("10.5.0.1/24", { broadcast: "+" }),
    addr("10.5.0.2/24"),
    addr("10.6.0.1/32", { noprefixroute: true }),
    addr("169.254.3.3/16", { scope: "link", label: "v0:x" }),
  );
}

function routes(): void {
  apply(
    ns,
    { op: "route-add", dst: "default", via: "10.5.0.9" },
    {
      op: "route-add",
      dst: "10.9.0.0/16",
      via: "10.5.0.9",
      dev: "v0",
      src: "10.5.0.2",
      metric: 5,
      mtu: 1400,
      advmss: 1300,
      protocol: "static",
    },
    { op: "route-add", dst: "10.50.0.0/24", type: "blackhole" },
    { op: "route-add", dst: "10.60.0.0/24", nexthops: [{ via: "10.5.0.9", weight: 2 }, { via: "10.5.0.10" }] },
    { op: "route-add", dst: "10.61.0.0/24", via: "172.16.0.1", dev: "v0", onlink: true, tos: 16 },
    { op: "route-add", dst: "10.70.0.0/24", dev: "v0", table: "100", protocol: "bird" },
  );
}

const MAIN = `default via 10.5.0.9 dev v0 
10.5.0.0/24 dev v0 proto kernel scope link src 10.5.0.1 
10.9.0.0/16 via 10.5.0.9 dev v0 proto static src 10.5.0.2 metric 5 mtu 1400 advmss 1300 
blackhole 10.50.0.0/24 
10.60.0.0/24 
	nexthop via 10.5.0.9 dev v0 weight 2 
	nexthop via 10.5.0.10 dev v0 weight 1 
10.61.0.0/24 tos 0x10 via 172.16.0.1 dev v0 onlink 
169.254.0.0/16 dev v0 proto kernel scope link src 169.254.3.3 
`;

const LOCAL = `local 10.5.0.1 dev v0 proto kernel scope host src 10.5.0.1 
local 10.5.0.2 dev v0 proto kernel scope host src 10.5.0.1 
broadcast 10.5.0.255 dev v0 proto kernel scope link src 10.5.0.1 
local 10.6.0.1 dev v0 proto kernel scope host src 10.6.0.1 
local 127.0.0.0/8 dev lo proto kernel scope host src 127.0.0.1 
local 127.0.0.1 dev lo proto kernel scope host src 127.0.0.1 
broadcast 127.255.255.255 dev lo proto kernel scope link src 127.0.0.1 
local 169.254.3.3 dev v0 proto kernel scope host src 169.254.3.3 
broadcast 169.254.255.255 dev v0 proto kernel scope link src 169.254.3.3 
`;

describe("ip addr", () => {
  it("lists wider scopes last, secondaries at the end", () => {
    addresses();
    const text = printAddrs(ns, { version: "6.1" }, "v0");
    expect(text.split("\n").slice(2).join("\n")).toBe(`    inet 169.254.3.3/16 scope link v0:x
       valid_lft forever preferred_lft forever
    inet 10.5.0.1/24 brd 10.5.0.255 scope global v0
       valid_lft forever preferred_lft forever
    inet 10.6.0.1/32 scope global noprefixroute v0
       valid_lft forever preferred_lft forever
    inet 10.5.0.2/24 scope global secondary v0
       valid_lft forever preferred_lft forever
`);
    expect(dumpAddrs(ns, "v0")[0]?.addr_info[3]).toEqual({
      family: "inet",
      local: "10.5.0.2",
      prefixlen: 24,
      scope: "global",
      secondary: true,
      label: "v0",
      valid_life_time: 4294967295,
      preferred_life_time: 4294967295,
    });
  });

  it.each<[ConfigOp, string]>([
    [addr("10.5.0.1/24"), "Error: ipv4: Address already assigned."],
    [{ op: "addr-del", dev: "v0", local: "10.5.0.77/24" }, "Error: ipv4: Address not found."],
    [{ op: "addr-add", dev: "nope", local: "10.5.0.1/24" }, 'Cannot find device "nope"'],
    [addr("10.5.0.300/24"), 'Error: any valid prefix is expected rather than "10.5.0.300/24".'],
  ])("%o → %s", (op, message) => {
    addresses();
    expect(tryOp(ns, op)).toBe(message);
  });

  it("deleting a primary takes its secondaries along, or promotes the first", () => {
    addresses();
    apply(ns, { op: "addr-del", dev: "v0", local: "10.5.0.1/24" });
    expect(dumpAddrs(ns, "v0")[0]?.addr_info.map((a) => a.local)).toEqual(["169.254.3.3", "10.6.0.1"]);
    apply(ns, addr("10.5.0.1/24"), addr("10.5.0.2/24"), addr("10.5.0.3/24"));
    sysctl(ns, "net.ipv4.conf.v0.promote_secondaries", 1);
    apply(ns, { op: "addr-del", dev: "v0", local: "10.5.0.1/24" });
    expect(dumpAddrs(ns, "v0")[0]?.addr_info.map((a) => `${a.local} ${String(a.secondary)}`)).toEqual([
      "169.254.3.3 undefined",
      "10.6.0.1 undefined",
      "10.5.0.2 undefined",
      "10.5.0.3 true",
    ]);
    expect(printRoutes(ns)).toContain("10.5.0.0/24 dev v0 proto kernel scope link src 10.5.0.2 \n");
    expect(printRoutes(ns, { table: "local" })).toContain(
      "local 10.5.0.3 dev v0 proto kernel scope host src 10.5.0.2 \n",
    );
    expect(printRoutes(ns, { table: "local" })).not.toContain("10.5.0.1");
  });

  it("rows of a broadcast address that two subnets share belong to their primaries", () => {
    apply(ns, addr("10.5.0.1/24"), addr("10.5.0.129/25"));
    const rows = (): string[] =>
      printRoutes(ns, { table: "local" })
        .split("\n")
        .filter((l) => l.startsWith("broadcast 10."));
    expect(rows()).toEqual([
      "broadcast 10.5.0.255 dev v0 proto kernel scope link src 10.5.0.1 ",
      "broadcast 10.5.0.255 dev v0 proto kernel scope link src 10.5.0.129 ",
    ]);
    apply(ns, { op: "addr-del", dev: "v0", local: "10.5.0.1/24" });
    expect(rows()).toEqual(["broadcast 10.5.0.255 dev v0 proto kernel scope link src 10.5.0.129 "]);
  });

  it("one local address with two prefixes keeps its rows until the last goes", () => {
    apply(ns, addr("10.5.0.1/24"), addr("10.5.0.1/25"), { op: "addr-del", dev: "v0", local: "10.5.0.1/24" });
    expect(printRoutes(ns)).toBe("10.5.0.0/25 dev v0 proto kernel scope link src 10.5.0.1 \n");
    expect(printRoutes(ns, { table: "local" })).toContain("local 10.5.0.1 dev v0");
  });

  it("a route of main goes with its preferred source, other tables keep theirs", () => {
    apply(
      ns,
      addr("10.5.0.1/24"),
      { op: "addr-add", dev: "lo", local: "6.6.6.6/32" },
      { op: "route-add", dst: "8.0.0.0/8", dev: "v0", src: "6.6.6.6" },
      { op: "route-add", dst: "8.0.0.0/8", dev: "v0", src: "6.6.6.6", table: "9" },
      { op: "addr-del", dev: "lo", local: "6.6.6.6/32" },
    );
    expect(printRoutes(ns, { table: "all" }).match(/^8.*$/gm)).toEqual([
      "8.0.0.0/8 dev v0 table 9 scope link src 6.6.6.6 ",
    ]);
  });

  it("older kernels have a broadcast route for the network address", () => {
    const old = new Ns(world, "old", KERNEL_FLAVOURS["4.9"]);
    apply(
      old,
      { op: "link-add", name: "d0", link: { type: "dummy" } },
      { op: "link-set", dev: "d0", up: true },
      { op: "addr-add", dev: "d0", local: "10.5.0.1/24" },
    );
    expect(
      printRoutes(old, { table: "local" })
        .split("\n")
        .filter((l) => l.includes("broadcast 10.")),
    ).toEqual([
      "broadcast 10.5.0.0 dev d0 proto kernel scope link src 10.5.0.1 ",
      "broadcast 10.5.0.255 dev d0 proto kernel scope link src 10.5.0.1 ",
    ]);
  });
});

describe("ip route", () => {
  it("prints main and local as the tool does", () => {
    addresses();
    routes();
    expect(printRoutes(ns)).toBe(MAIN);
    expect(printRoutes(ns, { table: "local" })).toBe(LOCAL);
    const all = printRoutes(ns, { table: "all" });
    expect(all).toBe(
      `10.70.0.0/24 dev v0 table 100 proto bird scope link \n${MAIN}${LOCAL.replace(/ dev (\w+) /g, " dev $1 table local ")}`,
    );
    expect(printRoutes(ns, {}, true).split("\n")[2]).toBe(
      "unicast 10.9.0.0/16 via 10.5.0.9 dev v0 proto static scope global src 10.5.0.2 metric 5 mtu 1400 advmss 1300 ",
    );
    expect(dumpRoutes(ns).slice(2, 6)).toEqual([
      {
        dst: "10.9.0.0/16",
        gateway: "10.5.0.9",
        dev: "v0",
        protocol: "static",
        prefsrc: "10.5.0.2",
        metric: 5,
        flags: [],
        metrics: [{ mtu: 1400, advmss: 1300 }],
      },
      { type: "blackhole", dst: "10.50.0.0/24", flags: [] },
      {
        dst: "10.60.0.0/24",
        flags: [],
        nexthops: [
          { gateway: "10.5.0.9", dev: "v0", weight: 2, flags: [] },
          { gateway: "10.5.0.10", dev: "v0", weight: 1, flags: [] },
        ],
      },
      { dst: "10.61.0.0/24", tos: "0x10", gateway: "172.16.0.1", dev: "v0", flags: ["onlink"] },
    ]);
  });

  it("orders rows of one prefix by TOS, metric, and time", () => {
    addresses();
    apply(
      ns,
      { op: "route-add", dst: "10.80.0.0/16", via: "1.2.3.4", dev: "v0", onlink: true, mtu: 1300, metric: 7 },
      { op: "route-add", dst: "10.80.0.0/24", dev: "v0", metric: 3 },
      { op: "route-add", dst: "10.80.0.0/24", dev: "v0" },
      { op: "route-add", dst: "10.80.0.0/32", dev: "v0" },
      { op: "route-add", dst: "10.80.0.0/24", dev: "v0", tos: 8 },
      { op: "route-append", dst: "10.80.0.0/24", via: "10.5.0.7" },
      { op: "route-prepend", dst: "10.80.0.0/24", via: "10.5.0.6" },
    );
    expect(
      printRoutes(ns)
        .split("\n")
        .filter((l) => l.startsWith("10.80")),
    ).toEqual([
      "10.80.0.0 dev v0 scope link ",
      "10.80.0.0/24 tos 0x08 dev v0 scope link ",
      "10.80.0.0/24 via 10.5.0.6 dev v0 ",
      "10.80.0.0/24 dev v0 scope link ",
      "10.80.0.0/24 via 10.5.0.7 dev v0 ",
      "10.80.0.0/24 dev v0 scope link metric 3 ",
      "10.80.0.0/16 via 1.2.3.4 dev v0 metric 7 onlink mtu 1300 ",
    ]);
    apply(ns, { op: "route-replace", dst: "10.80.0.0/24", via: "10.5.0.8" });
    expect(printRoutes(ns)).toContain("10.80.0.0/24 via 10.5.0.8 dev v0 \n10.80.0.0/24 dev v0 scope link \n");
    expect(printRoutes(ns)).not.toContain("10.5.0.6");
  });

  it("carrier loss marks, link down removes, up brings kernel rows back", () => {
    addresses();
    routes();
    apply(far, { op: "link-set", dev: "v1", up: false });
    expect(printRoutes(ns).split("\n")[0]).toBe("default via 10.5.0.9 dev v0 linkdown ");
    expect(printRoutes(ns).split("\n")[4]).toBe("10.60.0.0/24 ");
    apply(far, { op: "link-set", dev: "v1", up: true });
    expect(printRoutes(ns)).toBe(MAIN);
    apply(ns, { op: "link-set", dev: "v0", up: false });
    expect(printRoutes(ns)).toBe("blackhole 10.50.0.0/24 \n");
    expect(printRoutes(ns, { table: "local" })).toBe(
      LOCAL.split("\n")
        .filter((l) => !l.startsWith("broadcast 1") || l.includes(" lo "))
        .join("\n"),
    );
    apply(ns, { op: "link-set", dev: "v0", up: true });
    expect(printRoutes(ns)).toBe(
      "10.5.0.0/24 dev v0 proto kernel scope link src 10.5.0.1 \nblackhole 10.50.0.0/24 \n169.254.0.0/16 dev v0 proto kernel scope link src 169.254.3.3 \n",
    );
    expect(printRoutes(ns, { table: "local" })).toBe(LOCAL);
  });

  it.each<[ConfigOp, string | null]>([
    [{ op: "route-add", dst: "1.0.0.0/8", via: "99.9.9.9" }, "Error: Nexthop has invalid gateway."],
    [{ op: "route-add", dst: "1.0.0.0/8", via: "10.5.0.9", src: "9.9.9.9" }, "Error: Invalid prefsrc address."],
    [{ op: "route-add", dst: "1.0.0.1/8", via: "10.5.0.9" }, "Error: Invalid prefix for given prefix length."],
    [{ op: "route-add", dst: "1.0.0.0/8", dev: "nope" }, 'Cannot find device "nope"'],
    [{ op: "route-add", dst: "1.0.0.0/8" }, "RTNETLINK answers: No such device"],
    [{ op: "route-del", dst: "1.0.0.0/8" }, "RTNETLINK answers: No such process"],
    [{ op: "route-add", dst: "10.50.0.0/24", type: "blackhole" }, "RTNETLINK answers: File exists"],
    [{ op: "route-add", dst: "10.50.0.0/24", via: "10.5.0.9" }, "RTNETLINK answers: File exists"],
    [
      { op: "route-add", dst: "1.0.0.0/8", type: "blackhole", dev: "v0" },
      "Error: Gateway, device and multipath can not be specified for this route type.",
    ],
    [{ op: "route-add", dst: "1.0.0.0/8", via: "10.5.0.9", dev: "lo" }, "Error: Nexthop has invalid gateway."],
    [{ op: "route-add", dst: "foo", via: "10.5.0.9" }, 'Error: any valid prefix is expected rather than "foo".'],
    [
      { op: "route-add", dst: "66.0.0.0/8", via: "10.5.0.9", table: "blah" },
      'Error: argument "blah" is wrong: "table" value is invalid\n',
    ],
    [{ op: "route-add", dst: "77.0.0.0/8", via: "10.5.0.1" }, null],
    [{ op: "route-replace", dst: "default", via: "10.5.0.10" }, null],
    [{ op: "route-del", dst: "default" }, null],
  ])("%o → %s", (op, message) => {
    addresses();
    routes();
    expect(tryOp(ns, op)).toBe(message);
  });
});

describe("ip route get", () => {
  const get = (dst: string, part: Partial<RouteGetQuery> = {}): string => {
    const result = routeGet(ns, { dst: ip(dst), ...part });
    return "text" in result ? result.text : result.message;
  };

  it("answers as the tool does", () => {
    addresses();
    routes();
    expect(get("10.9.1.1")).toBe("10.9.1.1 via 10.5.0.9 dev v0 src 10.5.0.2 uid 0 \n    cache mtu 1400 advmss 1300 \n");
    expect(get("10.5.0.7", { mark: 4 })).toBe("10.5.0.7 dev v0 src 10.5.0.1 mark 4 uid 0 \n    cache \n");
    expect(get("10.5.0.1")).toBe("local 10.5.0.1 dev lo src 10.5.0.1 uid 0 \n    cache <local> \n");
    expect(get("10.5.0.255")).toBe("broadcast 10.5.0.255 dev v0 src 10.5.0.1 uid 0 \n    cache <local,brd> \n");
    expect(get("10.50.0.1")).toBe("RTNETLINK answers: Invalid argument");
    expect(get("10.5.0.7", { from: ip("10.5.0.2") })).toBe("10.5.0.7 from 10.5.0.2 dev v0 uid 0 \n    cache \n");
    expect(get("8.8.8.8", { from: ip("4.4.4.4") })).toBe("RTNETLINK answers: Network is unreachable");
    expect(get("11.5.0.7", { uid: 5 })).toBe("11.5.0.7 via 10.5.0.9 dev v0 src 10.5.0.1 uid 5 \n    cache \n");
    sysctl(ns, "net.ipv4.ip_forward", 1);
    expect(get("10.5.0.7", { from: ip("10.5.0.77"), iif: "v0" })).toBe(
      "10.5.0.7 from 10.5.0.77 dev v0 \n    cache <redirect> iif v0 \n",
    );
    expect(get("10.5.0.1", { from: ip("10.5.0.77"), iif: "v0" })).toBe(
      "local 10.5.0.1 from 10.5.0.77 dev lo \n    cache <local> iif v0 \n",
    );
    expect(get("10.50.0.7", { from: ip("10.5.0.77"), iif: "v0" })).toBe("RTNETLINK answers: Invalid argument");
  });

  it("prefers a route of the packet's TOS", () => {
    addresses();
    apply(
      ns,
      { op: "route-add", dst: "10.80.0.0/24", via: "10.5.0.7", tos: 8 },
      { op: "route-add", dst: "10.80.0.0/24", via: "10.5.0.6" },
    );
    expect(get("10.80.0.1")).toContain("via 10.5.0.6");
    expect(get("10.80.0.1", { tos: 8 })).toContain("via 10.5.0.7");
  });

  it("takes no address of host scope for a destination elsewhere", () => {
    apply(ns, addr("10.4.0.1/32", { scope: "host" }), addr("10.5.0.1/24"), {
      op: "route-add",
      dst: "10.80.0.0/24",
      dev: "v0",
    });
    expect(get("10.80.0.1")).toContain("src 10.5.0.1");
  });

  it("names the table once own rules have parted local and main", () => {
    addresses();
    apply(ns, { op: "rule-add", fwmark: 16, table: "100" });
    expect(get("10.5.0.1")).toBe("local 10.5.0.1 dev lo table local src 10.5.0.1 uid 0 \n    cache <local> \n");
  });
});

describe("ip rule", () => {
  it("numbers, orders and prints", () => {
    apply(
      ns,
      { op: "rule-add", fwmark: 0x10, fwmask: 0xff, table: "100" },
      {
        op: "rule-add",
        not: true,
        from: "10.0.0.0/8",
        to: "1.2.3.4",
        iif: "v0",
        tos: 0x10,
        table: "main",
        priority: 50,
        suppressPrefixlength: 0,
      },
      { op: "rule-add", from: "1.1.1.1", oif: "v0", ipproto: 6, dport: [80, 90], sport: [5, 5], action: "blackhole" },
      { op: "rule-add", priority: 40, goto: 50 },
    );
    expect(printRules(ns)).toBe(`0:	from all lookup local
40:	from all goto 50
49:	from 1.1.1.1 oif v0 ipproto tcp sport 5 dport 80-90 blackhole
50:	not from 10.0.0.0/8 to 1.2.3.4 tos 0x10 iif v0 lookup main suppress_prefixlength 0
32765:	from all fwmark 0x10/0xff lookup 100
32766:	from all lookup main
32767:	from all lookup default
`);
    expect(dumpRules(ns)[3]).toEqual({
      priority: 50,
      not: null,
      src: "10.0.0.0",
      srclen: 8,
      dst: "1.2.3.4",
      tos: "0x10",
      iif: "v0",
      table: "main",
      suppress_prefixlen: 0,
    });
    expect(tryOp(ns, { op: "rule-add", fwmark: 0x10, fwmask: 0xff, table: "100", priority: 32765 })).toBe(
      "RTNETLINK answers: File exists",
    );
    expect(tryOp(ns, { op: "rule-del", priority: 99 })).toBe("RTNETLINK answers: No such file or directory");
    expect(tryOp(ns, { op: "rule-add", goto: 1, priority: 10 })).toBe("Error: Backward goto not supported.");
    expect(tryOp(ns, { op: "rule-del", from: "1.1.1.1" })).toBeNull();
    expect(printRules(ns)).not.toContain("1.1.1.1");
  });

  it("decides by mark, source and suppression", () => {
    addresses();
    routes();
    const via = (part: Partial<RouteGetQuery>): string => {
      const result = routeGet(ns, { dst: ip("10.70.0.1"), ...part });
      return "text" in result ? (result.text.split("\n")[0] as string) : result.message;
    };
    apply(
      ns,
      { op: "rule-add", fwmark: 1, table: "100" },
      { op: "rule-add", from: "10.6.0.1", action: "unreachable" },
      { op: "rule-add", fwmark: 2, action: "prohibit" },
    );
    expect(via({})).toBe("10.70.0.1 via 10.5.0.9 dev v0 src 10.5.0.1 uid 0 ");
    expect(via({ mark: 1 })).toBe("10.70.0.1 dev v0 table 100 src 169.254.3.3 mark 1 uid 0 ");
    expect(via({ from: ip("10.6.0.1") })).toBe("RTNETLINK answers: Network is unreachable");
    expect(via({ mark: 2 })).toBe("RTNETLINK answers: Permission denied");
    apply(
      ns,
      { op: "rule-add", not: true, fwmark: 7, action: "prohibit", priority: 20 },
      { op: "rule-add", priority: 12, fwmark: 9, goto: 30 },
      { op: "rule-add", priority: 30, table: "100" },
    );
    expect(via({})).toBe("RTNETLINK answers: Permission denied");
    expect(via({ mark: 7 })).toContain("10.70.0.1 dev v0 table 100");
    expect(via({ mark: 9 })).toContain("10.70.0.1 dev v0 table 100");
    apply(
      ns,
      { op: "rule-add", table: "main", suppressPrefixlength: 0, priority: 10 },
      { op: "rule-add", action: "blackhole", priority: 11 },
    );
    expect(via({})).toBe("RTNETLINK answers: Invalid argument");
  });
});

describe("ip neigh", () => {
  it("prints states, proxies and refusals", () => {
    addresses();
    const add: ConfigOp = {
      op: "neigh-add",
      dev: "v0",
      dst: "10.5.0.9",
      lladdr: "02:00:00:00:00:01",
      nud: "permanent",
    };
    apply(
      ns,
      add,
      { op: "neigh-add", dev: "v0", dst: "10.5.0.10", lladdr: "02:00:00:00:00:02", nud: "stale" },
      { ...add, dst: "10.5.0.99", proxy: true },
    );
    expect(printNeighs(ns)).toBe(
      "10.5.0.9 dev v0 lladdr 02:00:00:00:00:01 PERMANENT \n10.5.0.10 dev v0 lladdr 02:00:00:00:00:02 STALE \n",
    );
    expect(printNeighs(ns, "v0", { version: "4.11" })).toBe(
      "10.5.0.9 lladdr 02:00:00:00:00:01 PERMANENT\n10.5.0.10 lladdr 02:00:00:00:00:02 STALE\n",
    );
    expect(printProxies(ns)).toBe("10.5.0.99 dev v0 proxy \n");
    expect(tryOp(ns, add)).toBe("RTNETLINK answers: File exists");
    expect(tryOp(ns, { op: "neigh-del", dev: "v0", dst: "10.5.0.44" })).toBe(
      "RTNETLINK answers: No such file or directory",
    );
    expect(tryOp(ns, { ...add, dst: "10.5.0.34", lladdr: "zz" })).toBe('"zz" is invalid lladdr.');
    apply(ns, { op: "link-set", dev: "v0", up: false });
    expect(printNeighs(ns)).toBe("");
  });
});
