// UDP and ping between two hosts: delivery, choice of socket, errors, fragmentation.

import { describe, expect, it } from "vitest";
import { formatIpv4 } from "../../src/addr/ipv4.ts";
import { packetSend } from "../../src/sock/packet-socket.ts";
import type { PingError, PingReply } from "../../src/sock/ping.ts";
import { pingOpen } from "../../src/sock/ping.ts";
import type { UdpSock } from "../../src/sock/udp.ts";
import { udpOpen } from "../../src/sock/udp.ts";
import { fromHex } from "../../src/wire/bytes.ts";
import { addAddress, bytesOf, capture, run, text, twoHosts } from "./lab.ts";

describe("UDP", () => {
  it("asks and answers", () => {
    const lab = twoHosts();
    const lines = capture(lab.devA, { v: 2, time: "none" });
    const server = udpOpen(lab.b, {
      port: 53,
      onData: (bytes, from) => void server.sendTo(bytesOf(`re: ${text(bytes)}`), from.addr, from.port),
    });
    const got: string[] = [];
    const client = udpOpen(lab.a, {
      port: 40000,
      onData: (bytes, from, to) =>
        got.push(`${text(bytes)} ${formatIpv4(from.addr)}:${from.port} to ${formatIpv4(to)}`),
    });
    expect(client.sendTo(bytesOf("hello"), "10.0.0.2", 53)).toBeUndefined();
    run(lab, 1);
    expect(got).toEqual(["re: hello 10.0.0.2:53 to 10.0.0.1"]);
    // Partial checksums, DF set (path MTU discovery).
    expect(lines[0]).toMatch(
      /flags \[DF\], proto UDP \(17\), length 33\)\n {4}10\.0\.0\.1\.40000 > 10\.0\.0\.2\.53: \[bad udp cksum 0x1421 -> 0x[0-9a-f]{4}!\]/,
    );
    expect(lab.recorder.unfinished()).toEqual([]);
  });

  it("finds the most specific socket", () => {
    const lab = twoHosts();
    addAddress(lab.devB, "10.0.0.3/24");
    const got: string[] = [];
    const open = (name: string, options: object): UdpSock =>
      udpOpen(lab.b, { port: 99, onData: () => got.push(name), ...options });
    const any = open("any", {});
    expect(() => open("bound", { addr: "10.0.0.3" })).toThrow("Address already in use");
    any.close();
    open("bound", { addr: "10.0.0.3" });
    open("other", { addr: "10.0.0.2" });
    const client = udpOpen(lab.a, {});
    client.sendTo(bytesOf("x"), "10.0.0.3", 99);
    client.sendTo(bytesOf("x"), "10.0.0.2", 99);
    run(lab, 1);
    expect(got).toEqual(["bound", "other"]);
  });

  it("reports a closed port to connected sockets only", () => {
    const lab = twoHosts();
    const errors: string[] = [];
    const connected = udpOpen(lab.a, {
      connectTo: { addr: "10.0.0.2", port: 9 },
      onError: (errno) => errors.push(errno),
    });
    const open = udpOpen(lab.a, { onError: (errno) => errors.push(`unconnected ${errno}`) });
    const quiet = udpOpen(lab.a, { connectTo: { addr: "10.0.0.2", port: 9 } });
    for (const send of [
      () => connected.send(bytesOf("x")),
      () => open.sendTo(bytesOf("x"), "10.0.0.2", 9),
      () => quiet.send(bytesOf("x")),
    ])
      expect(send()).toBeUndefined();
    run(lab, 1);
    expect(errors).toEqual(["ECONNREFUSED"]);
    // Without a callback the next call gets the error, once.
    expect(quiet.send(bytesOf("x"))).toBe("ECONNREFUSED");
    expect(lab.recorder.unfinished()).toEqual([]);
  });

  it("refuses what cannot be sent", () => {
    const lab = twoHosts();
    const sk = udpOpen(lab.a, {});
    expect(sk.sendTo(new Uint8Array(65_508), "10.0.0.2", 9)).toBe("EMSGSIZE");
    expect(sk.sendTo(bytesOf("x"), "192.0.2.1", 9)).toBe("ENETUNREACH");
    expect(sk.sendTo(bytesOf("x"), "10.0.0.255", 9)).toBe("EACCES");
    expect(sk.send(bytesOf("x"))).toBe("EDESTADDRREQ");
    expect(udpOpen(lab.a, { pmtuDisc: "do" }).sendTo(new Uint8Array(1473), "10.0.0.2", 9)).toBe("EMSGSIZE");
  });

  it("cuts what is larger than the MTU and puts it together again", () => {
    const lab = twoHosts();
    const lines = capture(lab.devB, { v: 1, time: "none" });
    let got = 0;
    udpOpen(lab.b, { port: 9, onData: (bytes) => (got = bytes.length) });
    udpOpen(lab.a, {}).sendTo(new Uint8Array(4000).fill(7), "10.0.0.2", 9);
    run(lab, 1);
    expect(got).toBe(4000);
    expect(lines.map((l) => /offset \d+, flags \[.*?\]/.exec(l)?.[0])).toEqual([
      "offset 0, flags [+]",
      "offset 1480, flags [+]",
      "offset 2960, flags [none]",
    ]);
    expect(lab.recorder.unfinished()).toEqual([]);
  });

  it("takes a pinned port, then random ones of the range", () => {
    const lab = twoHosts();
    lab.a.sockets.pins = { sport: [50_001] };
    const ports = [1, 2, 3].map(() => udpOpen(lab.a, {}).sport);
    expect(ports[0]).toBe(50_001);
    for (const port of ports) expect(port).toBeGreaterThanOrEqual(32_768);
    expect(new Set(ports).size).toBe(3);
  });
});

describe("ping", () => {
  it("gets replies", () => {
    const lab = twoHosts();
    const lines = capture(lab.devA, { v: 1, time: "none" });
    const replies: PingReply[] = [];
    const sk = pingOpen(lab.a, { dst: "10.0.0.2", id: 0x1234, onReply: (r) => replies.push(r) });
    sk.send(1);
    run(lab, 1);
    sk.send(2);
    run(lab, 1);
    expect(replies.map((r) => [formatIpv4(r.from), r.seq, r.ttl, r.bytes.length])).toEqual([
      ["10.0.0.2", 1, 64, 56],
      ["10.0.0.2", 2, 64, 56],
    ]);
    expect(lines[0]).toContain(
      "flags [DF], proto ICMP (1), length 84)\n    10.0.0.1 > 10.0.0.2: ICMP echo request, id 4660, seq 1, length 64",
    );
    expect(lines[1]).toContain(
      "flags [none], proto ICMP (1), length 84)\n    10.0.0.2 > 10.0.0.1: ICMP echo reply, id 4660, seq 1, length 64",
    );
    expect(lab.recorder.unfinished()).toEqual([]);
  });

  it("hears that a host does not answer", () => {
    const lab = twoHosts();
    const errors: PingError[] = [];
    const sk = pingOpen(lab.a, { dst: "10.0.0.77", onError: (e) => errors.push(e) });
    sk.send(1);
    run(lab, 10_000);
    expect(errors.map((e) => [formatIpv4(e.from), e.seq, e.type, e.code, e.errno])).toEqual([
      ["10.0.0.1", 1, 3, 1, "EHOSTUNREACH"],
    ]);
  });

  it("is refused when too big to be sent whole", () => {
    const lab = twoHosts();
    expect(pingOpen(lab.a, { dst: "10.0.0.2", size: 1473, pmtuDisc: "do" }).send(1)).toBe("EMSGSIZE");
    expect(pingOpen(lab.a, { dst: "10.0.0.2", size: 1472, pmtuDisc: "do" }).send(1)).toBeUndefined();
  });
});

describe("a packet socket", () => {
  it("puts a frame on a device", () => {
    const lab = twoHosts();
    const lines = capture(lab.devB, { e: true, time: "none" });
    expect(packetSend(lab.devA, fromHex("02000000000202000000000188b5ffff"))).toBeUndefined();
    expect(lines[0]).toMatch(/^02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype Unknown \(0x88b5\), length 16:/);
    expect(packetSend(lab.devA, fromHex("0200"))).toBe("EINVAL");
    expect(lab.recorder.packets()[0]?.end).toBe("drop");
  });
});
