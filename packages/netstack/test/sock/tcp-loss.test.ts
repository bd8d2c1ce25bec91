// Data that never arrives: which segments go when. A real kernel (6.18, reno, HZ=250; a router that drops what is larger than 1400
// bytes and says nothing) sent, in ms from the first data; its timers are jiffies, so each is up to 12 ms later there:
//   one segment                           0 | 205 (loss probe) | 413 | 833 | 1665 | 3329
//   two                                   0 0 | 5–12 the second (loss probe) | 213 the first | 625 | 1457
//   nine and a short one that arrives     0×10, SACK | 7 the first | 215 | 635 | 1467
//   fourteen, window of ten               0×10 | 8 the eleventh (loss probe, new data) | 220 the first | 644 | 1476
//   tcp_retries2=5                        ETIMEDOUT after 13.5 s
import { describe, expect, test } from "vitest";
import type { KernelVersion } from "../../src/netns/flavour.ts";
import { tcpMtuReduced } from "../../src/sock/tcp-output.ts";
import { tcpConnect, tcpListen } from "../../src/sock/tcp.ts";
import { loseAt, run, tcpOf, twoHosts } from "./lab.ts";

const MSS = 1448;

/** `ms segment` of every data segment that left within three seconds, numbered from 1; those longer than 1400 bytes are lost. */
function sent(bytes: number, flavour: KernelVersion = "6.18"): string[] {
  const lab = twoHosts({ flavour });
  loseAt(lab.devB, (pkt) => pkt.len > 1400);
  tcpListen(lab.b, { port: 80, onConnection: () => ({ data: () => undefined }) });
  const lines: string[] = [];
  let start = -1;
  let base = -1;
  lab.devA.taps.push(({ pkt, out }) => {
    if (!out || (tcpOf(pkt)?.dataLen ?? 0) <= 0) return;
    const at = pkt.nh + 20 + 4;
    const seq = new DataView(pkt.buf.buffer, pkt.buf.byteOffset).getUint32(at);
    if (start < 0) [start, base] = [lab.world.now, seq];
    lines.push(`${Math.round(lab.world.now - start)} ${Math.floor(((seq - base) >>> 0) / MSS) + 1}`);
  });
  tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: { connected: (sk) => void sk.send(new Uint8Array(bytes)) } });
  run(lab, 3000);
  return lines;
}

/** Numbers 1 to `n`, all at once. */
function burst(n: number): string[] {
  return Array.from({ length: n }, (_, i) => `0 ${i + 1}`);
}

describe("data that never arrives", () => {
  test("one segment: a probe in the timeout's place, then the timeout, doubling", () => {
    expect(sent(MSS)).toEqual(["0 1", "200 1", "400 1", "800 1", "1600 1"]);
  });

  test("two: the last one is the probe", () => {
    expect(sent(2 * MSS)).toEqual([...burst(2), "8 2", "208 1", "608 1", "1408 1"]);
    expect(sent(2 * MSS, "4.9")).toEqual([...burst(2), "10 2", "210 1", "610 1", "1410 1"]);
  });

  test("the short end arrives: what is before it is lost after a moment", () => {
    expect(sent(9 * MSS + 100)).toEqual([...burst(10), "8 1", "208 1", "608 1", "1408 1"]);
  });

  test("more than the window: the probe is new data", () => {
    expect(sent(14 * MSS)).toEqual([...burst(10), "8 11", "208 1", "608 1", "1408 1"]);
  });

  test("is given up after the time that so many doublings would have taken", () => {
    const lab = twoHosts();
    lab.a.sysctl.set("net.ipv4.tcp_retries2", "5");
    loseAt(lab.devB, (pkt) => pkt.len > 1400);
    tcpListen(lab.b, { port: 80, onConnection: () => ({}) });
    const ends: string[] = [];
    tcpConnect(lab.a, {
      dst: "10.0.0.2",
      dport: 80,
      on: {
        connected: (sk) => void sk.send(new Uint8Array(MSS)),
        error: (errno) => void ends.push(`${errno} ${Math.round(lab.world.now)}`),
      },
    });
    run(lab, 30_000);
    expect(ends).toEqual(["ETIMEDOUT 12800"]);
  });
});

// A real kernel told of 1400 bytes after 5 full segments and a short one: 1:1349 1349:2697 2697:4045 4045:5393 5393:6741 6741:7241.
test("told of a smaller path, it cuts what it wrote anew from the beginning", () => {
  const lab = twoHosts();
  const seen: string[] = [];
  let base = -1;
  tcpListen(lab.b, { port: 80, onConnection: () => ({ data: () => undefined }) });
  const client = tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: {} });
  run(lab, 1);
  loseAt(lab.devB, (pkt) => pkt.len > 1400);
  lab.devA.taps.push(({ pkt, out }) => {
    const len = out ? (tcpOf(pkt)?.dataLen ?? 0) : 0;
    const seq = len > 0 ? new DataView(pkt.buf.buffer, pkt.buf.byteOffset).getUint32(pkt.nh + 24) : 0;
    if (base < 0) base = seq;
    if (len > 0) seen.push(`${seq - base + 1}:${seq - base + len + 1}`);
  });
  client.send(new Uint8Array(8000));
  seen.length = 0;
  lab.devA.mtu = 1400;
  tcpMtuReduced(client);
  expect(seen).toEqual(["1:1349", "1349:2697", "2697:4045", "4045:5393", "5393:6741", "6741:7241"]);
});

test("the tail comes back with the probe, and the connection goes on as if nothing had been", () => {
  const lab = twoHosts();
  let lost = 0;
  loseAt(lab.devB, (pkt) => (tcpOf(pkt)?.dataLen ?? 0) === MSS && lost++ === 1);
  let got = 0;
  tcpListen(lab.b, { port: 80, onConnection: () => ({ data: (bytes) => void (got += bytes.length) }) });
  tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: { connected: (sk) => void sk.send(new Uint8Array(2 * MSS)) } });
  // The first is acknowledged: the second is alone then, and its ACK may be a delayed one.
  run(lab, 199);
  expect(got).toBe(MSS);
  run(lab, 2);
  expect(got).toBe(2 * MSS);
});
