// Two packets of one flow that pass conntrack's lookup before either is confirmed: hooks, NAT and confirmation as they are registered.
// Figures of 6.18 are those of a real kernel (6.18.44, NFQUEUE in mangle PREROUTING or in filter FORWARD holds both packets):
//   udp, DNAT to one endpoint     both answered, one entry, clash_resolve=1 insert_failed=0 drop=0
//   udp, DNAT to two endpoints    both answered, one entry listed, clash_resolve=1
//   icmp echo                     one answered, clash_resolve=0 insert_failed=1 drop=1
// Those of 4.9: nf_ct_resolve_clash of v4.9 (insert_failed in any case, drop when NAT has looked at the entry); before it, insert_failed alone.
import { describe, expect, test } from "vitest";
import { parseIpv4 } from "../../src/addr/ipv4.ts";
import type { HeldAt } from "../../src/netfilter/race.ts";
import { PacketRace } from "../../src/netfilter/race.ts";
import type { KernelVersion } from "../../src/netns/flavour.ts";
import { KERNEL_FLAVOURS } from "../../src/netns/flavour.ts";
import { NetNamespace } from "../../src/netns/net-namespace.ts";
import { World } from "../../src/netns/world.ts";
import { applyBatch } from "../../src/rtnl/apply.ts";
import type { ConfigOp } from "../../src/rtnl/batch.ts";
import type { Packet } from "../../src/skb/packet.ts";
import { pingOpen } from "../../src/sock/ping.ts";
import type { UdpSock } from "../../src/sock/udp.ts";
import { udpOpen } from "../../src/sock/udp.ts";
import { ipDaddr, ipProto } from "../../src/wire/ipv4-fields.ts";

const VIP = "10.96.0.10";

/** client – router – server with two addresses; the router forwards and translates. */
class Lab {
  readonly world = new World(1);
  readonly drops: string[] = [];
  readonly client: NetNamespace;
  readonly router: NetNamespace;
  readonly server: NetNamespace;
  readonly answers: string[] = [];

  constructor(kernel: KernelVersion) {
    const ns = (name: string): NetNamespace => new NetNamespace(this.world, name, KERNEL_FLAVOURS[kernel]);
    [this.client, this.router, this.server] = [ns("c"), ns("r"), ns("s")];
    this.world.onDrop = (where, _pkt, reason) => void this.drops.push(`${where.name} ${reason}`);
    this.#wire("c", "c0", "10.1.0.1/24");
    this.#wire("s", "s0", "10.2.0.1/24");
    this.#end(this.client, "10.1.0.2/24", "10.1.0.1");
    this.#end(this.server, "10.2.0.2/24", "10.2.0.1");
    this.apply(this.server, { op: "addr-add", dev: "e0", local: "10.2.0.3/24" });
    this.apply(this.router, { op: "sysctl", key: "net.ipv4.ip_forward", value: "1" });
    for (const addr of ["10.2.0.2", "10.2.0.3"]) this.#echo(addr);
    this.#warmUp();
  }

  apply(ns: NetNamespace, ...ops: ConfigOp[]): void {
    const error = applyBatch(ns, { agent: "test", ops });
    if (error !== null) throw new Error(error.message);
  }

  iptables(words: string): void {
    this.apply(this.router, { op: "iptables", args: words.split(" ") });
  }

  /** `count` queries of one socket; what is answered, and by whom. */
  ask(count: number): UdpSock {
    const sock = udpOpen(this.client, {
      port: 5000,
      connectTo: { addr: VIP, port: 53 },
      onData: (bytes) => this.answers.push(new TextDecoder().decode(bytes)),
    });
    for (let i = 1; i <= count; i++) sock.send(new TextEncoder().encode(`query ${i}`));
    this.world.clock.runUntil(this.world.now + 100);
    return sock;
  }

  race(at: HeldAt, proto: number): PacketRace {
    const meant = (pkt: Packet): boolean =>
      ipProto(pkt.buf, pkt.nh) === proto && ipDaddr(pkt.buf, pkt.nh) !== parseIpv4("10.1.0.2");
    return new PacketRace(this.router, at, meant, meant);
  }

  counters(): readonly number[] {
    const { insertFailed, drop, clashResolve } = this.router.ct.stats;
    return [insertFailed, drop, clashResolve];
  }

  #wire(peerNs: string, name: string, local: string): void {
    const peer = { name: "e0", netns: peerNs };
    this.apply(
      this.router,
      { op: "link-add", name, link: { type: "veth", peer } },
      { op: "link-set", dev: name, up: true },
      { op: "addr-add", dev: name, local },
    );
  }

  #end(ns: NetNamespace, local: string, via: string): void {
    this.apply(
      ns,
      { op: "link-set", dev: "e0", up: true },
      { op: "addr-add", dev: "e0", local },
      { op: "route-add", dst: "default", via },
    );
  }

  #echo(addr: string): void {
    const sock = udpOpen(this.server, {
      addr,
      port: 53,
      onData: (bytes, from) => {
        const text = `${new TextDecoder().decode(bytes)} by ${addr}`;
        sock.sendTo(new TextEncoder().encode(text), from.addr, from.port);
      },
    });
  }

  /** Neighbours are known: nothing but conntrack makes a packet wait. */
  #warmUp(): void {
    for (const addr of ["10.2.0.2", "10.2.0.3"]) {
      const sock = udpOpen(this.client, { port: 4000, onData: () => undefined });
      sock.sendTo(new Uint8Array(1), addr, 53);
      this.world.clock.runUntil(this.world.now + 10);
      sock.close();
    }
  }
}

function lab(kernel: KernelVersion, ...dnat: readonly string[]): Lab {
  const made = new Lab(kernel);
  const [first = "", ...rest] = dnat;
  for (const other of rest)
    made.iptables(
      `-t nat -A PREROUTING -d ${VIP} -p udp -m statistic --mode nth --every 2 --packet 0 -j DNAT --to-destination ${other}:53`,
    );
  made.iptables(`-t nat -A PREROUTING -d ${VIP} -p udp -j DNAT --to-destination ${first}:53`);
  return made;
}

const UDP = 17;
const ICMP = 1;

describe.each(["lookup", "nat"] as const)("held behind %s", (at) => {
  test("6.18: the second joins the first one's entry", () => {
    const it = lab("6.18", "10.2.0.2");
    const race = it.race(at, UDP);
    it.ask(2);
    expect([race.met, race.late, it.drops]).toEqual([true, 0, []]);
    expect(it.answers).toEqual(["query 1 by 10.2.0.2", "query 2 by 10.2.0.2"]);
    expect([it.counters(), it.router.ct.list().filter(({ orig }) => orig.sport === 5000).length]).toEqual([
      [0, 0, 1],
      1,
    ]);
  });

  test("6.18: chosen for two endpoints both are answered", () => {
    const it = lab("6.18", "10.2.0.2", "10.2.0.3");
    it.race(at, UDP);
    it.ask(2);
    expect(it.answers.toSorted()).toEqual(["query 1 by 10.2.0.3", "query 2 by 10.2.0.2"]);
    expect([it.counters(), it.drops]).toEqual([[0, 0, 1], []]);
  });

  test.each([
    ["4.9", ["10.2.0.2"], [1, 1, 0]],
    ["4.9", ["10.2.0.2", "10.2.0.3"], [1, 1, 0]],
    ["3.10", ["10.2.0.2"], [1, 0, 0]],
  ] as const)("%s, DNAT to %j: the second is dropped, and one more comes through", (kernel, endpoints, counters) => {
    const it = lab(kernel, ...endpoints);
    const race = it.race(at, UDP);
    it.ask(2);
    expect(it.answers).toHaveLength(1);
    expect([it.counters(), it.drops]).toEqual([counters, ["r CONNTRACK_CLASH"]]);
    race.close();
  });

  test("4.9 without NAT: the second joins, and counts as insert_failed", () => {
    const it = new Lab("4.9");
    it.iptables("-A FORWARD -m conntrack --ctstate INVALID -j DROP");
    const race = it.race(at, UDP);
    const sock = udpOpen(it.client, { port: 5001, onData: (b) => it.answers.push(new TextDecoder().decode(b)) });
    for (const text of ["a", "b"]) sock.sendTo(new TextEncoder().encode(text), "10.2.0.2", 53);
    it.world.clock.runUntil(it.world.now + 100);
    expect([race.met, it.answers, it.counters()]).toEqual([true, ["a by 10.2.0.2", "b by 10.2.0.2"], [1, 0, 0]]);
  });

  test("6.18: the second echo request of a race is dropped", () => {
    const it = new Lab("6.18");
    it.iptables("-A FORWARD -m conntrack --ctstate INVALID -j DROP");
    it.race(at, ICMP);
    let answered = 0;
    const ping = pingOpen(it.client, { dst: "10.2.0.2", onReply: () => void answered++ });
    ping.send(1);
    ping.send(2);
    it.world.clock.runUntil(it.world.now + 100);
    expect([answered, it.counters(), it.drops]).toEqual([1, [1, 1, 0], ["r CONNTRACK_CLASH"]]);
  });
});

test("one packet alone goes on when the race is called off; a connection that is in the table has nothing to race for", () => {
  const it = lab("6.18", "10.2.0.2");
  const race = it.race("lookup", UDP);
  const sock = it.ask(1);
  expect([race.waiting, it.answers]).toEqual([true, []]);
  race.close();
  it.world.clock.runUntil(it.world.now + 10);
  expect([race.waiting, race.met, it.answers]).toEqual([false, false, ["query 1 by 10.2.0.2"]]);
  const again = it.race("lookup", UDP);
  sock.send(new Uint8Array(1));
  expect([again.late, again.waiting]).toEqual([1, false]);
});
