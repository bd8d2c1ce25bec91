// Local output: source selection, errors, loopback, rerouting: kernel-spec R1.19, R1.32–R1.34, R1.42–R1.44 (E1, E19, E32, E36).
import { beforeEach, describe, expect, it } from "vitest";
import { formatIpv4 } from "../../src/addr/ipv4.ts";
import { ipLocalOut } from "../../src/ipv4/ip-output.ts";
import { flowKey, ipRouteMeHarder, ipRouteOutput } from "../../src/ipv4/route.ts";
import type { HookState } from "../../src/netfilter/hooks.ts";
import {
  NF_ACCEPT,
  NF_DROP,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NFPROTO_IPV4,
} from "../../src/netfilter/hooks.ts";
import type { NetNamespace } from "../../src/netns/net-namespace.ts";
import { World } from "../../src/netns/world.ts";
import type { ConfigOp } from "../../src/rtnl/batch.ts";
import type { Packet } from "../../src/skb/packet.ts";
import { allocSkb } from "../../src/skb/packet.ts";
import { setU32 } from "../../src/wire/bytes.ts";
import { ipSaddr, ipSendCheck, ipWrite } from "../../src/wire/ipv4-fields.ts";
import { apply, capture, ip, newNs, sysctl, t1 } from "./lab.ts";

let ns: NetNamespace;

const device = (name: string, ...locals: string[]): void => {
  apply(ns, { op: "link-add", name, link: { type: "dummy" } }, { op: "link-set", dev: name, up: true });
  for (const local of locals) apply(ns, { op: "addr-add", dev: name, local });
};

beforeEach(() => {
  ns = newNs(new World(1), "a");
});

/** Source that a connection to `dst` gets, or the errno. */
function source(dst: string, from = "0.0.0.0"): string {
  const key = flowKey(ip(dst), { saddr: ip(from) });
  const route = ipRouteOutput(ns, key);
  return typeof route === "string" ? route : formatIpv4(key.saddr);
}

describe("source selection", () => {
  it("takes the route's src, else the address whose subnet holds the gateway, else the first", () => {
    device("d0", "10.1.0.1/24", "10.2.0.1/24", "10.2.0.2/24");
    apply(
      ns,
      { op: "route-add", dst: "10.8.0.0/16", via: "10.2.0.9" },
      { op: "route-add", dst: "10.9.0.0/16", via: "10.2.0.9", src: "10.2.0.2" },
      { op: "route-add", dst: "10.7.0.0/16", dev: "d0" },
    );
    expect([source("10.8.0.1"), source("10.9.0.1"), source("10.7.0.1"), source("10.1.0.7")]).toEqual([
      "10.2.0.1",
      "10.2.0.2",
      "10.1.0.1",
      "10.1.0.1",
    ]);
  });

  it("a tunnel device with a /32 gives that address", () => {
    device("u0", "192.168.50.1/24");
    device("flannel.1", "10.244.1.0/32");
    apply(ns, { op: "route-add", dst: "10.244.2.0/24", via: "10.244.2.0", dev: "flannel.1", onlink: true });
    expect(source("10.244.2.11")).toBe("10.244.1.0");
  });

  it("a device without addresses borrows the first global one, lo before all", () => {
    device("u0", "192.168.50.1/24");
    device("cali1");
    apply(ns, { op: "route-add", dst: "10.244.1.5/32", dev: "cali1" });
    expect(source("10.244.1.5")).toBe("192.168.50.1");
    apply(ns, { op: "addr-add", dev: "lo", local: "9.9.9.9/32" });
    expect(source("10.244.1.5")).toBe("9.9.9.9");
  });

  it("own addresses are their own source", () => {
    device("d0", "10.1.0.1/24", "10.1.0.2/24");
    expect([source("10.1.0.1"), source("127.0.0.5"), source("0.0.0.0")]).toEqual([
      "10.1.0.1",
      "127.0.0.1",
      "127.0.0.1",
    ]);
    // A secondary's local route names the primary.
    expect(source("10.1.0.2")).toBe("10.1.0.1");
  });

  it.each([
    ["10.1.0.9", "10.3.0.1", "ENETUNREACH"],
    ["10.1.0.9", "127.0.0.1", "EINVAL"],
    ["10.1.0.9", "224.0.0.1", "EINVAL"],
    ["0.1.2.3", "0.0.0.0", "ENETUNREACH"],
    ["10.50.0.1", "0.0.0.0", "EINVAL"],
    ["10.51.0.1", "0.0.0.0", "EHOSTUNREACH"],
    ["10.52.0.1", "0.0.0.0", "EACCES"],
    ["10.53.0.1", "0.0.0.0", "ENETUNREACH"],
    ["8.8.8.8", "0.0.0.0", "ENETUNREACH"],
  ])("to %s from %s: %s", (dst, from, errno) => {
    device("d0", "10.1.0.1/24");
    const special: ConfigOp[] = (["blackhole", "unreachable", "prohibit", "throw"] as const).map((type, i) => ({
      op: "route-add",
      dst: `10.5${i}.0.0/16`,
      type,
    }));
    apply(ns, ...special);
    expect(source(dst, from)).toBe(errno);
  });

  it("127/8 may leave with route_localnet", () => {
    device("d0", "10.1.0.1/24");
    sysctl(ns, "net.ipv4.conf.d0.route_localnet", 1);
    expect(source("10.1.0.9", "127.0.0.1")).toBe("127.0.0.1");
  });

  it("bound to a device, everything is on its link", () => {
    device("d0", "10.1.0.1/24");
    const key = flowKey(ip("8.8.8.8"), { oif: ns.devices.byName("d0")?.ifindex ?? 0 });
    const route = ipRouteOutput(ns, key);
    expect(typeof route === "string" ? route : [route.dev.name, route.gateway, formatIpv4(key.saddr)]).toEqual([
      "d0",
      0,
      "10.1.0.1",
    ]);
  });
});

/** A packet as a socket hands it over. */
function localPacket(
  from: NetNamespace,
  src: string,
  dst: string,
  proto = 200,
): { pkt: Packet; errno: string | undefined } {
  const pkt = from.world.adopt(allocSkb(28));
  ipWrite(pkt.buf, pkt.head, { tos: 0, totLen: 28, id: 1, fragOff: 0, ttl: 64, proto, saddr: ip(src), daddr: ip(dst) });
  const route = ipRouteOutput(from, flowKey(ip(dst), { saddr: ip(src) }));
  if (typeof route === "string") return { pkt, errno: route };
  pkt.route = route;
  const errno = ipLocalOut(from, null, pkt);
  from.world.softirq();
  return { pkt, errno };
}

const hook = (from: NetNamespace, num: 0 | 3 | 4, fn: (state: HookState, pkt: Packet) => 0 | 1): void => {
  from.hooks.register({ name: "test", pf: NFPROTO_IPV4, hook: num, priority: 0, fn });
};

describe("the way out", () => {
  it("own addresses leave by lo and come back on it, TTL untouched", () => {
    const lab = t1();
    const seen: string[] = [];
    for (const num of [NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING] as const) {
      hook(lab.r, num, (state) => {
        seen.push(`${num} in=${state.in?.name ?? ""} out=${state.out?.name ?? ""}`);
        return NF_ACCEPT;
      });
    }
    const frames = capture(lab.r, "lo", "in");
    localPacket(lab.r, "10.1.0.1", "10.2.0.1");
    expect(frames[0]).toBe("10.1.0.1 > 10.2.0.1 proto 200 len 28 ttl 64");
    expect(seen.slice(0, 3)).toEqual(["3 in= out=lo", "4 in= out=lo", "0 in=lo out="]);
  });

  it("a broadcast is also heard here", () => {
    const lab = t1();
    const out = capture(lab.r, "c0", "out");
    localPacket(lab.r, "10.1.0.1", "10.1.0.255");
    expect(out[0]).toBe("10.1.0.1 > 10.1.0.255 proto 200 len 28 ttl 64");
    expect(lab.r.ipv4.mib.IpExtInBcastPkts).toBe(1);
  });

  it("a drop in OUTPUT is EPERM; a new route that fails is its errno", () => {
    const lab = t1();
    hook(lab.r, NF_INET_LOCAL_OUT, () => NF_DROP);
    expect(localPacket(lab.r, "10.1.0.1", "10.1.0.2").errno).toBe("EPERM");
    const other = t1();
    hook(other.r, NF_INET_LOCAL_OUT, (_state, pkt) => {
      setU32(pkt.buf, pkt.nh + 16, ip("8.8.8.8"));
      return ipRouteMeHarder(other.r, pkt) === null ? NF_ACCEPT : NF_DROP;
    });
    expect(localPacket(other.r, "10.1.0.1", "10.1.0.2").errno).toBe("ENETUNREACH");
  });

  it("a changed destination is routed again, the source stays", () => {
    const lab = t1();
    const out = capture(lab.r, "s0", "out");
    hook(lab.r, NF_INET_LOCAL_OUT, (_state, pkt) => {
      setU32(pkt.buf, pkt.nh + 16, ip("10.2.0.2"));
      ipSendCheck(pkt.buf, pkt.nh);
      return ipRouteMeHarder(lab.r, pkt) === null ? NF_ACCEPT : NF_DROP;
    });
    localPacket(lab.r, "10.1.0.1", "10.1.0.2");
    expect(out[0]).toBe("10.1.0.1 > 10.2.0.2 proto 200 len 28 ttl 64");
  });

  it("a changed mark chooses another table", () => {
    const lab = t1();
    apply(
      lab.r,
      { op: "rule-add", fwmark: 9, table: "100" },
      { op: "route-add", dst: "10.1.0.0/24", via: "10.2.0.2", table: "100" },
    );
    const out = capture(lab.r, "s0", "out");
    hook(lab.r, NF_INET_LOCAL_OUT, (_state, pkt) => {
      pkt.mark = 9;
      return ipRouteMeHarder(lab.r, pkt) === null ? NF_ACCEPT : NF_DROP;
    });
    localPacket(lab.r, "10.1.0.1", "10.1.0.2");
    expect(out[0]).toBe("10.1.0.1 > 10.1.0.2 proto 200 len 28 ttl 64");
  });

  it("nobody there: the sender hears from its own address after three seconds", () => {
    const lab = t1(false);
    const heard: string[] = [];
    lab.r.ipv4.protocols[200] = {
      handler: () => undefined,
      errHandler: (pkt, type, code) => heard.push(`${formatIpv4(ipSaddr(pkt.buf, pkt.nh))} ${type}/${code}`),
    };
    localPacket(lab.r, "10.1.0.1", "10.1.0.99");
    lab.world.clock.runUntil(3001);
    expect(heard).toEqual(["10.1.0.1 3/1"]);
  });

  it("ids of one pair count up", () => {
    expect([1, 2, 3].map(() => ns.ipv4.selectIdent(ip("1.2.3.4"), ip("5.6.7.8"), 1))).toEqual([1, 2, 3]);
  });
});
