// Segments made by hand against sockets in each state: who answers what (R10.6–R10.9, RFC 9293 §3.10.7).

import { describe, expect, it } from "vitest";
import type { Mac } from "../../src/addr/mac.ts";
import { parseIpv4 } from "../../src/addr/ipv4.ts";
import type { Ipv4 } from "../../src/addr/ipv4.ts";
import { applyBatch } from "../../src/rtnl/apply.ts";
import { packetSend } from "../../src/sock/packet-socket.ts";
import { tcpListen } from "../../src/sock/tcp.ts";
import type { TcpSock } from "../../src/sock/tcp-sock.ts";
import { emitEthernet } from "../../src/testing/ethernet.ts";
import { emitIpv4Packet } from "../../src/testing/ipv4.ts";
import { emitTcp } from "../../src/testing/tcp.ts";
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN } from "../../src/wire/tcp-fields.ts";
import type { Lab } from "./lab.ts";
import { bytesOf, run, text, twoHosts } from "./lab.ts";
import { TcpdumpPrinter, tcpdumpTap } from "../../src/trace/tcpdump.ts";

// An address nobody has, so that host a does not answer in its own name.
const PEER = parseIpv4("10.0.0.9") as Ipv4;
const B = parseIpv4("10.0.0.2") as Ipv4;

interface Seg {
  readonly flags: number;
  readonly seq: number;
  readonly ack?: number;
  readonly data?: string;
  readonly dport?: number;
  readonly sport?: number;
  readonly window?: number;
}

/** A host b that listens on port 80; `send` puts a segment on its cable and says what b answered. */
function bench(): { lab: Lab; send: (seg: Seg) => string[]; accepted: TcpSock[]; got: string[] } {
  const lab = twoHosts();
  const answers: string[] = [];
  const printer = new TcpdumpPrinter({ S: true, time: "none" });
  const tap = tcpdumpTap(printer, false, (line) => {
    if (!line.includes("ARP"))
      answers.push(
        line
          .replace(/^IP 10\.0\.0\.2\.\d+ > 10\.0\.0\.9\.\d+: /, "")
          .replace(/, options \[.*\]/, "")
          .replace(/, win \d+/, ""),
      );
  });
  lab.devB.taps.push((f) => f.out && tap(f));
  lab.b.sockets.pins = { isn: [5000, 6000, 7000] };
  const accepted: TcpSock[] = [];
  const got: string[] = [];
  tcpListen(lab.b, {
    port: 80,
    onConnection: (sk) => {
      accepted.push(sk);
      return {
        data: (bytes) => got.push(text(bytes)),
        closed: () => got.push("closed"),
        error: (errno) => got.push(errno),
      };
    },
  });
  const neigh = {
    op: "neigh-replace",
    dev: "eth0",
    dst: "10.0.0.9",
    lladdr: "02:00:00:00:00:09",
    nud: "permanent",
  } as const;
  expect(applyBatch(lab.b, { agent: "test", ops: [neigh] })).toBeNull();
  const send = (seg: Seg): string[] => {
    answers.length = 0;
    const segment = emitTcp(
      {
        sport: seg.sport ?? 4000,
        dport: seg.dport ?? 80,
        seq: seg.seq,
        ack: seg.ack ?? 0,
        flags: seg.flags,
        window: seg.window ?? 1000,
        urgent: 0,
        options: new Uint8Array(0),
        payload: bytesOf(seg.data ?? ""),
      },
      PEER,
      B,
    );
    const packet = emitIpv4Packet({
      src: PEER,
      dst: B,
      proto: 6,
      ttl: 64,
      tos: 0,
      id: 1,
      df: true,
      mf: false,
      fragOffset: 0,
      options: new Uint8Array(0),
      payload: segment,
    });
    packetSend(
      lab.devA,
      emitEthernet({ dst: lab.devB.addr, src: 0x020000000009 as Mac, ethertype: 0x0800, payload: packet }),
    );
    run(lab, 1);
    return [...answers];
  };
  return { lab, send, accepted, got };
}

describe("a port without a socket", () => {
  it.each([
    ["SYN", { flags: TCP_SYN, seq: 100 }, "Flags [R.], seq 0, ack 101, length 0"],
    ["SYN with data", { flags: TCP_SYN, seq: 100, data: "abc" }, "Flags [R.], seq 0, ack 104, length 0"],
    ["SYN-ACK", { flags: TCP_SYN | TCP_ACK, seq: 100, ack: 77 }, "Flags [R], seq 77, length 0"],
    ["FIN-ACK", { flags: TCP_FIN | TCP_ACK, seq: 100, ack: 77 }, "Flags [R], seq 77, length 0"],
    ["data", { flags: TCP_PSH | TCP_ACK, seq: 100, ack: 77, data: "abc" }, "Flags [R], seq 77, length 0"],
    ["no flags", { flags: 0, seq: 100 }, "Flags [R.], seq 0, ack 100, length 0"],
    ["FIN", { flags: TCP_FIN, seq: 100 }, "Flags [R.], seq 0, ack 101, length 0"],
    ["RST", { flags: TCP_RST, seq: 100 }, undefined],
  ] as const)("%s", (_name, seg, wanted) => {
    const { send, lab } = bench();
    expect(send({ ...seg, dport: 81 })).toEqual(wanted === undefined ? [] : [wanted]);
    expect(lab.recorder.unfinished()).toEqual([]);
  });
});

describe("a listener", () => {
  it.each([
    ["ACK", { flags: TCP_ACK, seq: 100, ack: 77 }, "Flags [R], seq 77, length 0"],
    ["SYN-ACK", { flags: TCP_SYN | TCP_ACK, seq: 100, ack: 77 }, "Flags [R], seq 77, length 0"],
    ["FIN-ACK", { flags: TCP_FIN | TCP_ACK, seq: 100, ack: 77 }, "Flags [R], seq 77, length 0"],
    ["FIN", { flags: TCP_FIN, seq: 100 }, undefined],
    ["SYN-FIN", { flags: TCP_SYN | TCP_FIN, seq: 100 }, undefined],
    ["RST", { flags: TCP_RST, seq: 100 }, undefined],
    ["no flags", { flags: 0, seq: 100 }, undefined],
    ["SYN", { flags: TCP_SYN, seq: 100 }, "Flags [S.], seq 5000, ack 101, length 0"],
  ] as const)("%s", (_name, seg, wanted) => {
    const { send, lab } = bench();
    expect(send(seg)).toEqual(wanted === undefined ? [] : [wanted]);
    expect(lab.recorder.unfinished()).toEqual([]);
  });
});

describe("a half-open connection", () => {
  const half = (): ReturnType<typeof bench> => {
    const b = bench();
    b.send({ flags: TCP_SYN, seq: 100 });
    return b;
  };

  it("resets a wrong ACK and goes on waiting", () => {
    const { send, accepted } = half();
    expect(send({ flags: TCP_ACK, seq: 101, ack: 4000 })).toEqual(["Flags [R], seq 4000, length 0"]);
    send({ flags: TCP_ACK, seq: 101, ack: 5001 });
    expect(accepted.length).toBe(1);
  });

  it("repeats the SYN-ACK for a repeated SYN, not more often than every half second", () => {
    const { send, lab } = half();
    expect(send({ flags: TCP_SYN, seq: 100 })).toEqual(["Flags [S.], seq 5000, ack 101, length 0"]);
    expect(send({ flags: TCP_SYN, seq: 100 })).toEqual([]);
    run(lab, 500);
    expect(send({ flags: TCP_SYN, seq: 100 })).toEqual(["Flags [S.], seq 5000, ack 101, length 0"]);
  });

  it("is ended by a reset, and by a SYN inside the window", () => {
    const first = half();
    first.send({ flags: TCP_RST, seq: 101 });
    expect(first.send({ flags: TCP_ACK, seq: 101, ack: 5001 })).toEqual(["Flags [R], seq 5001, length 0"]);
    const second = half();
    expect(second.send({ flags: TCP_SYN, seq: 150 })).toEqual(["Flags [R.], seq 0, ack 151, length 0"]);
  });

  it("takes data that comes with the last segment of the handshake", () => {
    const { send, got } = half();
    expect(send({ flags: TCP_ACK | TCP_PSH, seq: 101, ack: 5001, data: "hello" })).toEqual([
      "Flags [.], ack 106, length 0",
    ]);
    expect(got).toEqual(["hello"]);
  });
});

describe("an established connection", () => {
  const open = (): ReturnType<typeof bench> => {
    const b = bench();
    b.send({ flags: TCP_SYN, seq: 100 });
    b.send({ flags: TCP_ACK, seq: 101, ack: 5001 });
    expect(b.accepted.length).toBe(1);
    return b;
  };
  const CHALLENGE = "Flags [.], ack 101, length 0";

  it("believes a reset only with the exact next number", () => {
    const { send, got, lab } = open();
    expect(send({ flags: TCP_RST, seq: 102 })).toEqual([CHALLENGE]);
    run(lab, 1000);
    expect(send({ flags: TCP_RST, seq: 100 })).toEqual([]);
    expect(send({ flags: TCP_RST, seq: 200_000 })).toEqual([]);
    expect(got).toEqual([]);
    expect(send({ flags: TCP_RST, seq: 101 })).toEqual([]);
    expect(got).toEqual(["ECONNRESET"]);
  });

  it("answers a SYN with a challenge, one per half second", () => {
    const { send, lab } = open();
    expect(send({ flags: TCP_SYN, seq: 101 })).toEqual([CHALLENGE]);
    expect(send({ flags: TCP_SYN, seq: 101 })).toEqual([]);
    run(lab, 500);
    expect(send({ flags: TCP_SYN, seq: 101 })).toEqual([CHALLENGE]);
  });

  it("acknowledges old data again and keeps data beyond a gap", () => {
    const { send, got } = open();
    expect(send({ flags: TCP_ACK, seq: 104, ack: 5001, data: "def" })).toEqual([CHALLENGE]);
    expect(got).toEqual([]);
    expect(send({ flags: TCP_ACK, seq: 101, ack: 5001, data: "abc" })).toEqual(["Flags [.], ack 107, length 0"]);
    expect(got.join("")).toBe("abcdef");
    expect(send({ flags: TCP_ACK, seq: 101, ack: 5001, data: "abc" })).toEqual(["Flags [.], ack 107, length 0"]);
    // A part is new.
    expect(send({ flags: TCP_ACK, seq: 105, ack: 5001, data: "efgh" })).toEqual(["Flags [.], ack 109, length 0"]);
    expect(got.join("")).toBe("abcdefgh");
  });

  it("drops what acknowledges bytes never sent", () => {
    const { send, got, lab } = open();
    expect(send({ flags: TCP_ACK, seq: 101, ack: 9999, data: "abc" })).toEqual([]);
    expect(got).toEqual([]);
    expect(lab.recorder.packets().at(-1)?.end).toBe("drop");
  });

  it("delays the ACK of a FIN for the program's own, at most 40 ms", () => {
    const quiet = open();
    expect(quiet.send({ flags: TCP_FIN | TCP_ACK, seq: 101, ack: 5001 })).toEqual([]);
    expect(quiet.got).toEqual(["closed"]);
    const seen: string[] = [];
    quiet.lab.devB.taps.push((f) => f.out && seen.push("out"));
    run(quiet.lab, 40);
    expect(seen.length).toBe(1);
    const closing = open();
    closing.send({ flags: TCP_FIN | TCP_ACK, seq: 101, ack: 5001 });
    const answers: string[] = [];
    const printer = new TcpdumpPrinter({ S: true, time: "none" });
    closing.lab.devB.taps.push(tcpdumpTap(printer, false, (line) => answers.push(line)));
    closing.accepted[0]?.close();
    expect(answers.map((l) => /Flags.*?ack \d+/.exec(l)?.[0])).toEqual(["Flags [F.], seq 5001, ack 102"]);
  });
});

describe("TIME_WAIT", () => {
  /** b has closed first and everything is acknowledged. */
  const waiting = (): ReturnType<typeof bench> => {
    const b = bench();
    b.send({ flags: TCP_SYN, seq: 100 });
    b.send({ flags: TCP_ACK, seq: 101, ack: 5001 });
    b.accepted[0]?.close();
    b.send({ flags: TCP_ACK, seq: 101, ack: 5002 });
    expect(b.send({ flags: TCP_FIN | TCP_ACK, seq: 101, ack: 5002 })).toEqual(["Flags [.], ack 102, length 0"]);
    return b;
  };

  it("acknowledges a repeated FIN with a complete checksum", () => {
    const { send } = waiting();
    expect(send({ flags: TCP_FIN | TCP_ACK, seq: 101, ack: 5002 })).toEqual(["Flags [.], ack 102, length 0"]);
  });

  it("says nothing to a bare ACK in sequence", () => {
    const { send } = waiting();
    expect(send({ flags: TCP_ACK, seq: 102, ack: 5002 })).toEqual([]);
    expect(send({ flags: TCP_ACK, seq: 102, ack: 5002, data: "x" })).toEqual(["Flags [.], ack 102, length 0"]);
  });

  it("gives way to a newer SYN, whose answer begins beyond the old numbers", () => {
    const { send } = waiting();
    expect(send({ flags: TCP_SYN, seq: 102 })).toEqual(["Flags [.], ack 102, length 0"]);
    expect(send({ flags: TCP_SYN, seq: 500 })).toEqual([`Flags [S.], seq ${5002 + 65537}, ack 501, length 0`]);
  });

  it("ends with an exact reset", () => {
    const { send, lab } = waiting();
    send({ flags: TCP_RST, seq: 102 });
    expect(send({ flags: TCP_ACK, seq: 102, ack: 5002 })).toEqual(["Flags [R], seq 5002, length 0"]);
    expect(lab.recorder.unfinished()).toEqual([]);
  });
});
