import { describe, expect, it } from "vitest";
import { compileFilter } from "../../src/index.ts";
import { Town } from "../support/town.ts";

/** Ethernet + IPv4/UDP 10.0.0.1:1000 > 10.0.0.2:53, or with changed bytes. */
function udpFrame(change: Readonly<Record<number, number>> = {}): Uint8Array {
  const frame = new Uint8Array(42);
  frame.set([
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 3,
    232, 0, 53, 0, 8,
  ]);
  for (const [at, value] of Object.entries(change)) frame[Number(at)] = value;
  return frame;
}

const ARP = new Uint8Array([
  255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0,
  0, 0, 0, 10, 0, 0, 2,
]);

describe("filters", () => {
  const test = (text: string, frame: Uint8Array): boolean =>
    compileFilter(text, (name) => (name === "web" ? (0x0a000002 as never) : undefined))(frame);

  it.each([
    ["", true, true],
    ["udp", true, false],
    ["tcp", false, false],
    ["arp", false, true],
    ["ip", true, false],
    ["host 10.0.0.1", true, true],
    ["10.0.0.1", true, true],
    ["host web", true, true],
    ["src host 10.0.0.2", false, false],
    ["dst host 10.0.0.2", true, true],
    ["src host 10.0.0.2 or dst host 10.0.0.2", true, true],
    ["src or dst host 10.0.0.2", true, true],
    ["src and dst host 10.0.0.2", false, false],
    ["ip host 10.0.0.1", true, false],
    ["arp host 10.0.0.1", false, true],
    ["net 10.0.0.0/24", true, true],
    ["dst net 10.1", false, false],
    ["net 10.0.0.0 mask 255.0.0.0", true, true],
    ["port 53", true, false],
    ["port domain", true, false],
    ["udp port 53", true, false],
    ["tcp port 53", false, false],
    ["src port 53", false, false],
    ["dst port 50 or 53", true, false],
    ["portrange 50-60", true, false],
    ["not arp", true, false],
    ["!arp and (port 1 or port 53)", true, false],
    ["arp or port 53 and host 10.9.9.9", false, false],
    ["ether src 02:00:00:00:00:01", true, true],
    ["ether broadcast", false, true],
    ["broadcast", false, true],
    ["ip proto 17", true, false],
  ])("%j", (text, udp, arp) => {
    expect([test(text, udpFrame()), test(text, ARP)]).toEqual([udp, arp]);
  });

  it("looks for ports only in first fragments", () => {
    expect(test("port 53", udpFrame({ 20: 0, 21: 1 }))).toBe(false);
  });

  it("does not mistake other protocols' bytes for ports", () => {
    expect(test("port 53", udpFrame({ 23: 1 }))).toBe(false);
  });

  it.each([
    ["host", "can't parse filter expression: syntax error"],
    ["foo bar", "can't parse filter expression: syntax error"],
    ["host 1.2.3.4 and (", "can't parse filter expression: syntax error"],
    ["port 99999", "illegal port number 99999 > 65535"],
    ["port nosuch", "unknown port 'nosuch'"],
    ["host nosuch", "unknown host 'nosuch'"],
    ["net 10.9.0.1/24", 'non-network bits set in "10.9.0.1/24"'],
    ["tcp[tcpflags] & tcp-syn != 0", "filter `tcp[tcpflags]' (packet bytes) is not modelled by kubehop"],
    ["vlan 5", "filter `vlan' is not modelled by kubehop"],
  ])("refuses %j", (text, message) => {
    expect(() => test(text, ARP)).toThrow(message);
  });
});

describe("tcpdump", () => {
  const town = new Town();

  it("prints frames until interrupted", () => {
    const dump = town.start(town.node, "tcpdump -n -i va icmp");
    town.run(town.a, "sleep 61; ping -c 1 10.1.0.1");
    dump.command.interrupt();
    expect(dump.out()).toMatch(
      /^00:01:01\.000000 IP 10\.1\.0\.2 > 10\.1\.0\.1: ICMP echo request, id \d+, seq 1, length 64\n00:01:01\.000000 IP 10\.1\.0\.1 > 10\.1\.0\.2: ICMP echo reply, id \d+, seq 1, length 64\n$/,
    );
    expect(dump.err()).toBe(
      "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\nlistening on va, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n\n2 packets captured\n2 packets received by filter\n0 packets dropped by kernel\n",
    );
    expect(dump.command.exitCode).toBe(0);
    expect(town.node.devices.byName("va")?.promisc).toBe(1);
  });

  it("ends behind -c packets", () => {
    const dump = town.start(town.node, "tcpdump -nn -v -c 1 -i br0 'arp or icmp'");
    town.run(town.a, "ping -c 1 10.1.0.1");
    expect(dump.command.exitCode).toBe(0);
    expect(dump.err()).toBe(
      "tcpdump: listening on br0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n1 packet captured\n1 packet received by filter\n0 packets dropped by kernel\n",
    );
  });

  it("names device and direction with -i any", () => {
    const dump = town.start(town.node, "tcpdump -n -t -i any icmp");
    town.run(town.a, "ping -c 1 10.1.0.1");
    dump.command.interrupt();
    expect(dump.out()).toMatch(/^va {4}P {3}IP 10\.1\.0\.2 > 10\.1\.0\.1: ICMP echo request.*\nbr0 {3}In {2}IP /);
  });

  it("sees one direction with -Q", () => {
    const dump = town.start(town.node, "tcpdump -n -Q out -i va icmp");
    town.run(town.a, "ping -c 1 10.1.0.1");
    dump.command.interrupt();
    expect(dump.out()).toContain("echo reply");
    expect(dump.out()).not.toContain("echo request");
  });

  it.each([
    ["tcpdump -i nosuch", "tcpdump: nosuch: No such device exists\n(No such device exists)\n", 1],
    ["tcpdump -i va 'host'", "tcpdump: can't parse filter expression: syntax error\n", 1],
    ["tcpdump -i va -w x.pcap", "tcpdump: option -w is not modelled by kubehop\n", 2],
    ["tcpdump -%", "tcpdump: invalid option -- '%'\n", 1],
    ["tcpdump -c x -i va", "tcpdump: invalid packet count x\n", 1],
  ])("refuses: %s", (line, err, code) => {
    const r = town.run(town.node, line);
    expect([r.out, r.err, r.code]).toEqual(["", err, code]);
  });
});
