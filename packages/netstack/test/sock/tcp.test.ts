// TCP between two hosts on the virtual clock: opening, data, loss, closing, errors.

import { describe, expect, it } from "vitest";
import type { TcpCallbacks, TcpSock } from "../../src/sock/tcp-sock.ts";
import type { KernelVersion } from "../../src/netns/flavour.ts";
import { tcpConnect, tcpListen } from "../../src/sock/tcp.ts";
import { TCP_SYN } from "../../src/wire/tcp-fields.ts";
import type { Lab } from "./lab.ts";
import { bytesOf, capture, delayAt, loseAt, run, tcpOf, text, twoHosts } from "./lab.ts";

interface Log {
  readonly events: string[];
  received: string;
  readonly on: TcpCallbacks & { drained?: (sk: TcpSock) => void };
}

function log(name: string, more: TcpCallbacks = {}): Log {
  const l: Log = {
    events: [],
    received: "",
    on: {
      connected: (sk) => {
        l.events.push(`${name} connected`);
        more.connected?.(sk);
      },
      data: (bytes, sk) => {
        l.received += text(bytes);
        more.data?.(bytes, sk);
      },
      closed: (sk) => {
        l.events.push(`${name} closed`);
        more.closed?.(sk);
      },
      error: (errno, sk) => {
        l.events.push(`${name} ${errno}`);
        more.error?.(errno, sk);
      },
    },
  };
  return l;
}

/** Invariant of every run: no packet vanishes. */
function settled(lab: Lab): void {
  expect(lab.recorder.unfinished().map((j) => j.steps.map((s) => `${s.fn} ${s.kind}`))).toEqual([]);
}

/** b:80 answers every request line with `answer` and closes. */
function serve(lab: Lab, answer: string): Log {
  const server = log("server", {
    data: (_bytes, sk) => {
      sk.send(bytesOf(answer));
      sk.close();
    },
  });
  tcpListen(lab.b, { port: 80, onConnection: () => server.on });
  return server;
}

describe("a connection", () => {
  it("opens, carries a request and an answer, and closes", () => {
    const lab = twoHosts();
    const lines = capture(lab.devB);
    const server = serve(lab, "hello");
    const client = log("client", {
      connected: (sk) => void sk.send(bytesOf("GET / HTTP/1.1\r\n\r\n")),
      closed: (sk) => sk.close(),
    });
    lab.a.sockets.pins = { isn: [1000], sport: [40000], ipId: [7], tsBase: 500 };
    lab.b.sockets.pins = { isn: [9000], ipId: [70], tsBase: 900 };
    tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: client.on });
    run(lab, 100);
    expect(client.events).toEqual(["client connected", "client closed"]);
    expect(client.received).toBe("hello");
    expect(server.received).toBe("GET / HTTP/1.1\r\n\r\n");
    const short = lines.map((l) => l.replace(/^\S+ IP /, "").replace(/, options \[nop,nop,TS val \d+ ecr \d+\]/, ""));
    expect(short).toEqual([
      "10.0.0.1.40000 > 10.0.0.2.80: Flags [S], seq 1000, win 64240, options [mss 1460,sackOK,TS val 500 ecr 0,nop,wscale 10], length 0",
      "10.0.0.2.80 > 10.0.0.1.40000: Flags [S.], seq 9000, ack 1001, win 65160, options [mss 1460,sackOK,TS val 900 ecr 500,nop,wscale 10], length 0",
      "10.0.0.1.40000 > 10.0.0.2.80: Flags [.], ack 1, win 63, length 0",
      "10.0.0.1.40000 > 10.0.0.2.80: Flags [P.], seq 1:19, ack 1, win 63, length 18: HTTP: GET / HTTP/1.1",
      "10.0.0.2.80 > 10.0.0.1.40000: Flags [.], ack 19, win 64, length 0",
      "10.0.0.2.80 > 10.0.0.1.40000: Flags [P.], seq 1:6, ack 19, win 64, length 5: HTTP",
      "10.0.0.1.40000 > 10.0.0.2.80: Flags [.], ack 6, win 63, length 0",
      "10.0.0.2.80 > 10.0.0.1.40000: Flags [F.], seq 6, ack 19, win 64, length 0",
      "10.0.0.1.40000 > 10.0.0.2.80: Flags [F.], seq 19, ack 7, win 63, length 0",
      "10.0.0.2.80 > 10.0.0.1.40000: Flags [.], ack 20, win 64, length 0",
    ]);
    settled(lab);
  });

  it("leaves the side that closed first in TIME_WAIT for 60 s", () => {
    const lab = twoHosts();
    serve(lab, "x");
    tcpConnect(lab.a, {
      dst: "10.0.0.2",
      dport: 80,
      on: { connected: (sk) => void sk.send(bytesOf("q")), closed: (sk) => sk.close() },
    });
    run(lab, 1000);
    expect([...lab.b.sockets.tcp.list()].length).toBe(2);
    expect([...lab.a.sockets.tcp.list()].length).toBe(0);
    run(lab, 59_500);
    expect([...lab.b.sockets.tcp.list()].length).toBe(1);
  });

  it.each(["client", "server", "both"] as const)("is closed first by %s", (who) => {
    const lab = twoHosts();
    const ends: string[] = [];
    const close = (name: string) => (sk: TcpSock) => {
      ends.push(name);
      sk.close();
    };
    tcpListen(lab.b, {
      port: 80,
      onConnection: (sk) => {
        if (who !== "client") sk.close();
        return { closed: close("server") };
      },
    });
    tcpConnect(lab.a, {
      dst: "10.0.0.2",
      dport: 80,
      on: { connected: (sk) => who !== "server" && sk.close(), closed: close("client") },
    });
    run(lab, 200_000);
    expect([...lab.a.sockets.tcp.list()]).toEqual([]);
    expect([...lab.b.sockets.tcp.list()].length).toBe(1);
    settled(lab);
  });

  it("reads on after shutdown", () => {
    const lab = twoHosts();
    const server = log("server", {
      closed: (sk) => {
        sk.send(bytesOf("late"));
        sk.close();
      },
    });
    tcpListen(lab.b, { port: 80, onConnection: () => server.on });
    const client = log("client", {
      connected: (sk) => {
        sk.send(bytesOf("q"));
        sk.shutdown();
      },
    });
    tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: client.on });
    run(lab, 1000);
    expect([server.received, client.received]).toEqual(["q", "late"]);
    expect(client.events).toEqual(["client connected", "client closed"]);
  });
});

describe("data", () => {
  /** Pattern that shows gaps and repetitions. */
  const big = Array.from({ length: 40_000 }, (_, i) => String(i).padStart(7, "0")).join("");

  function transfer(lab: Lab, ms: number): { received: string; events: string[] } {
    const server = log("server");
    tcpListen(lab.b, { port: 80, onConnection: () => server.on });
    const client = log("client", { connected: (sk) => void sk.send(bytesOf(big)) });
    // An orphan has less patience: close when all is acknowledged.
    client.on.drained = (sk) => sk.close();
    tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: client.on });
    run(lab, ms);
    settled(lab);
    return { received: server.received, events: [...client.events, ...server.events] };
  }

  it("larger than the window arrives whole", () => {
    expect(transfer(twoHosts(), 10_000)).toEqual({ received: big, events: ["client connected", "server closed"] });
  });

  it("arrives whole over a slow cable", () => {
    const lab = twoHosts();
    delayAt(lab.devB, 20);
    delayAt(lab.devA, 20);
    expect(transfer(lab, 60_000).received).toBe(big);
  });

  it.each([3, 7, 10, 23])("arrives whole when every %ith segment is lost, both ways", (n) => {
    const lab = twoHosts();
    let i = 0;
    const lose = (): boolean => ++i % n === 0;
    loseAt(lab.devB, (pkt) => tcpOf(pkt) !== null && lose());
    loseAt(lab.devA, (pkt) => tcpOf(pkt) !== null && lose());
    expect(transfer(lab, 3_000_000).received).toBe(big);
  });

  it.each(["s1", "s2", "s3", "s4"])("arrives whole under random loss and delay, seed %s", (seed) => {
    const lab = twoHosts({ seed });
    const random = lab.world.random.fork("loss");
    delayAt(lab.devA, 15);
    loseAt(lab.devB, (pkt) => tcpOf(pkt) !== null && random.below(100) < 8);
    expect(transfer(lab, 5_000_000).received).toBe(big);
  });

  it("waits while the reader does not read, and goes on when it does", () => {
    const lab = twoHosts();
    let reader: TcpSock | undefined;
    const server = log("server");
    tcpListen(lab.b, {
      port: 80,
      onConnection: (sk) => {
        reader = sk;
        sk.pause();
        return server.on;
      },
    });
    tcpConnect(lab.a, {
      dst: "10.0.0.2",
      dport: 80,
      on: {
        connected: (sk) => {
          sk.send(bytesOf(big));
          sk.close();
        },
      },
    });
    run(lab, 300_000);
    expect(server.received).toBe("");
    expect(reader?.unreadBytes).toBeGreaterThan(60_000);
    // Rounding up to the scale lets the edge creep, as in Linux.
    expect(reader?.unreadBytes).toBeLessThan(100_000);
    expect(reader?.rcvWnd).toBe(0);
    reader?.resume();
    run(lab, 300_000);
    expect(server.received).toBe(big);
    expect(server.events).toEqual(["server closed"]);
    settled(lab);
  });

  it("is given up after about 15 minutes of silence", () => {
    const lab = twoHosts();
    const client = log("client", {
      connected: (sk) => {
        loseAt(lab.devB, () => true);
        sk.send(bytesOf("anybody?"));
      },
    });
    tcpListen(lab.b, { port: 80, onConnection: () => ({}) });
    tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: client.on });
    run(lab, 900_000);
    expect(client.events).toEqual(["client connected"]);
    run(lab, 200_000);
    expect(client.events[1]).toMatch(/ETIMEDOUT|EHOSTUNREACH/);
  });
});

describe("opening", () => {
  it.each([
    ["6.18", [1, 2, 3, 4, 5, 7, 11, 19, 35, 67], 131],
    ["4.9", [1, 3, 7, 15, 31, 63], 127],
  ] as const)("on %s repeats the SYN and gives up", (flavour, schedule, end) => {
    const lab = twoHosts({ flavour });
    // The host is there, its answers are not.
    loseAt(lab.devA, (pkt) => tcpOf(pkt) !== null);
    tcpListen(lab.b, { port: 80, onConnection: () => ({}) });
    const syns: number[] = [];
    lab.devA.taps.push((f) => {
      if (f.out && tcpOf(f.pkt)?.flags === TCP_SYN) syns.push(lab.world.now / 1000);
    });
    let failed = 0;
    const client = log("client", { error: () => (failed = lab.world.now / 1000) });
    tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: client.on });
    run(lab, 200_000);
    expect(syns).toEqual([0, ...schedule]);
    expect(failed).toBe(end);
    expect(client.events).toEqual(["client ETIMEDOUT"]);
  });

  it("is refused by a closed port at once", () => {
    const lab = twoHosts();
    const lines = capture(lab.devB, { v: 2, time: "none" });
    const client = log("client");
    lab.a.sockets.pins = { isn: [1000], sport: [40000] };
    tcpConnect(lab.a, { dst: "10.0.0.2", dport: 81, on: client.on });
    run(lab, 1);
    expect(client.events).toEqual(["client ECONNREFUSED"]);
    expect(lines[1]).toMatch(
      /^IP \(tos 0x0, ttl 64, id 0, offset 0, flags \[DF\], proto TCP \(6\), length 40\)\n.*Flags \[R\.\], cksum 0x[0-9a-f]{4} \(correct\), seq 0, ack 1001, win 0, length 0$/,
    );
    settled(lab);
  });

  it("repeats the SYN-ACK when the last segment of the handshake is lost", () => {
    const lab = twoHosts();
    const server = log("server");
    tcpListen(lab.b, { port: 80, onConnection: () => server.on });
    const synAcks: number[] = [];
    lab.devB.taps.push((f) => {
      if (f.out && ((tcpOf(f.pkt)?.flags ?? 0) & TCP_SYN) !== 0) synAcks.push(lab.world.now / 1000);
    });
    loseAt(lab.devB, (pkt) => tcpOf(pkt) !== null && ((tcpOf(pkt)?.flags ?? 0) & TCP_SYN) === 0);
    tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: {} });
    run(lab, 100_000);
    expect(synAcks).toEqual([0, 1, 3, 7, 15, 31]);
    settled(lab);
  });

  it("fails at once without a route", () => {
    const lab = twoHosts();
    const client = log("client");
    tcpConnect(lab.a, { dst: "192.0.2.1", dport: 80, on: client.on });
    run(lab, 1);
    expect(client.events).toEqual(["client ENETUNREACH"]);
  });

  it("fails when the neighbour does not answer", () => {
    const lab = twoHosts();
    const client = log("client");
    tcpConnect(lab.a, { dst: "10.0.0.77", dport: 80, on: client.on });
    run(lab, 10_000);
    expect(client.events).toEqual(["client EHOSTUNREACH"]);
    settled(lab);
  });

  it("works over loopback with the sizes of loopback", () => {
    const lab = twoHosts();
    const lines = capture(lab.a.lo);
    tcpListen(lab.a, { addr: "127.0.0.1", port: 80, onConnection: () => ({}) });
    const client = log("client");
    tcpConnect(lab.a, { dst: "127.0.0.1", dport: 80, on: client.on });
    run(lab, 1);
    expect(client.events).toEqual(["client connected"]);
    expect(lines[0]).toContain("win 65495, options [mss 65495,");
    settled(lab);
  });
});

describe("a reset", () => {
  it("comes from abort() and reaches the other side as ECONNRESET", () => {
    const lab = twoHosts();
    const server = log("server", { data: (_b, sk) => sk.abort() });
    tcpListen(lab.b, { port: 80, onConnection: () => server.on });
    const client = log("client", { connected: (sk) => void sk.send(bytesOf("q")) });
    tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: client.on });
    run(lab, 10);
    expect(client.events).toEqual(["client connected", "client ECONNRESET"]);
    settled(lab);
  });

  it("answers data for a program that has gone", () => {
    const lab = twoHosts();
    tcpListen(lab.b, {
      port: 80,
      onConnection: (sk) => {
        sk.close();
        return {};
      },
    });
    const client = log("client", { closed: (sk) => void sk.send(bytesOf("still here")) });
    tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: client.on });
    run(lab, 1000);
    expect(client.events).toEqual(["client connected", "client closed", "client EPIPE"]);
    settled(lab);
  });

  it("ends TIME_WAIT's patience only when it is exact; a new SYN may take the entry over", () => {
    const lab = twoHosts();
    serve(lab, "x");
    const connect = (): Log => {
      const client = log("client", { connected: (sk) => void sk.send(bytesOf("q")), closed: (sk) => sk.close() });
      tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, sport: 40000, on: client.on });
      run(lab, 2000);
      return client;
    };
    expect(connect().received).toBe("x");
    expect(connect().received).toBe("x");
    settled(lab);
  });
});

describe("a listener", () => {
  it("with a full queue drops SYNs silently", () => {
    const lab = twoHosts();
    const listener = tcpListen(lab.b, { port: 80, backlog: 1, onConnection: () => ({}) });
    listener.paused = true;
    const clients = [1, 2, 3].map(() => log("client"));
    for (const c of clients) {
      tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, on: c.on });
      run(lab, 10);
    }
    expect(clients.map((c) => c.events.length)).toEqual([1, 1, 0]);
    listener.resume();
    run(lab, 3000);
    expect(clients[2]?.events).toEqual(["client connected"]);
  });

  it("refuses an address in use and one that is not its own", () => {
    const lab = twoHosts();
    tcpListen(lab.b, { port: 80, onConnection: () => ({}) });
    expect(() => tcpListen(lab.b, { port: 80, onConnection: () => ({}) })).toThrow("Address already in use");
    expect(() => tcpListen(lab.b, { port: 81, addr: "192.0.2.1", onConnection: () => ({}) })).toThrow(
      "Cannot assign requested address",
    );
  });
});

describe("runs", () => {
  it("with the same seed are the same", () => {
    const once = (): string[] => {
      const lab = twoHosts({ seed: "same" });
      const lines = capture(lab.devA, { v: 2 });
      serve(lab, "hello");
      tcpConnect(lab.a, {
        dst: "10.0.0.2",
        dport: 80,
        on: { connected: (sk) => void sk.send(bytesOf("q")), closed: (sk) => sk.close() },
      });
      run(lab, 1000);
      return lines;
    };
    const first = once();
    expect(first.length).toBeGreaterThan(8);
    expect(first.some((l) => l.includes("Flags [F.]"))).toBe(true);
    expect(once()).toEqual(first);
  });
});

describe("a SYN that meets an old connection with the same ports", () => {
  /** Time from the second connect() to its success; the first connection is forgotten by its client. */
  const connectOver = (flavour: KernelVersion): { ms: number; flags: (string | undefined)[] } => {
    const lab = twoHosts({ flavour });
    tcpListen(lab.b, { port: 80, onConnection: () => ({}) });
    const old = tcpConnect(lab.a, { dst: "10.0.0.2", dport: 80, sport: 4000, on: {} });
    run(lab, 10);
    lab.a.sockets.tcp.unhash(old);
    const lines = capture(lab.devA, { time: "none" });
    const start = lab.world.now;
    let ms = -1;
    tcpConnect(lab.a, {
      dst: "10.0.0.2",
      dport: 80,
      sport: 4000,
      on: { connected: () => (ms = lab.world.now - start) },
    });
    run(lab, 3000);
    return { ms, flags: lines.map((line) => /Flags \[(.*?)\]/.exec(line)?.[1]) };
  };

  it("is repeated two jiffies behind the reset (Linux 6.18 with HZ=250)", () => {
    expect(connectOver("6.18")).toEqual({ ms: 8, flags: ["S", ".", "R", "S", "S.", "."] });
  });

  it("waits for its timer before 5.6", () => {
    expect(connectOver("4.9")).toEqual({ ms: 1000, flags: ["S", ".", "R", "S", "S.", "."] });
  });
});
