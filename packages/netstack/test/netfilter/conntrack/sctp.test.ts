// SCTP associations: states, verification tags, checksum (RFC 9260; R6.18).

import { expect, test } from "vitest";
import { NF_INET_PRE_ROUTING } from "../../../src/netfilter/hooks.ts";
import { nfConntrackConfirm } from "../../../src/netfilter/conntrack/confirm.ts";
import { ctStateWord, nfConntrackIn } from "../../../src/netfilter/conntrack/conntrack-core.ts";
import { formatEntry } from "../../../src/netfilter/conntrack/print.ts";
import { sctpSetCheck } from "../../../src/netfilter/conntrack/sctp-crc.ts";
import type { Packet } from "../../../src/skb/packet.ts";
import { setU16, setU32 } from "../../../src/wire/bytes.ts";
import type { Bare } from "./bare-ns.ts";
import { bareNs, hookState, ipPacket } from "./bare-ns.ts";

const CID = {
  DATA: 0,
  INIT: 1,
  INIT_ACK: 2,
  HEARTBEAT: 4,
  HEARTBEAT_ACK: 5,
  ABORT: 6,
  SHUTDOWN: 7,
  SHUTDOWN_ACK: 8,
  COOKIE_ECHO: 10,
  COOKIE_ACK: 11,
  SHUTDOWN_COMPLETE: 14,
};
/** Tags that packets to the client (C) and to the server (S) carry. */
const TAG = { C: 0xc1, S: 0x51 };

/** One chunk; INIT and INIT ACK carry `tag`. */
function sctp(fromClient: boolean, vtag: number, type: number, tag = 0): Packet {
  const chunkLen = type === CID.INIT || type === CID.INIT_ACK ? 20 : 4;
  const [src, dst] = fromClient ? ["10.0.0.1", "10.0.0.2"] : ["10.0.0.2", "10.0.0.1"];
  return ipPacket(src, dst, 132, 12 + chunkLen, (buf, at) => {
    setU16(buf, at, fromClient ? 5000 : 36412);
    setU16(buf, at + 2, fromClient ? 36412 : 5000);
    setU32(buf, at + 4, vtag);
    buf[at + 12] = type;
    setU16(buf, at + 14, chunkLen);
    if (chunkLen === 20) setU32(buf, at + 16, tag);
    sctpSetCheck(buf, at, at + 12 + chunkLen);
  });
}

function see(bare: Bare, pkt: Packet): string {
  nfConntrackIn(hookState(bare.ns, NF_INET_PRE_ROUTING), pkt);
  if (pkt.ct === null) return ctStateWord(pkt);
  nfConntrackConfirm(pkt);
  return /^sctp {5}132 (\d+ \S+)/.exec(formatEntry(pkt.ct))?.[1] ?? "";
}

function established(bare: Bare): void {
  see(bare, sctp(true, 0, CID.INIT, TAG.C));
  see(bare, sctp(false, TAG.C, CID.INIT_ACK, TAG.S));
  see(bare, sctp(true, TAG.S, CID.COOKIE_ECHO));
  see(bare, sctp(false, TAG.C, CID.COOKIE_ACK));
}

test("an association from INIT to SHUTDOWN COMPLETE", () => {
  const bare = bareNs();
  const story: [Packet, string][] = [
    [sctp(true, 0, CID.INIT, TAG.C), "10 CLOSED"],
    [sctp(false, TAG.C, CID.INIT_ACK, TAG.S), "3 COOKIE_WAIT"],
    [sctp(true, TAG.S, CID.COOKIE_ECHO), "3 COOKIE_ECHOED"],
    [sctp(false, TAG.C, CID.COOKIE_ACK), "210 ESTABLISHED"],
    [sctp(true, TAG.S, CID.DATA), "210 ESTABLISHED"],
    [sctp(true, TAG.S, CID.SHUTDOWN), "3 SHUTDOWN_SENT"],
    [sctp(false, TAG.C, CID.SHUTDOWN_ACK), "3 SHUTDOWN_ACK_SENT"],
    [sctp(true, TAG.S, CID.SHUTDOWN_COMPLETE), "10 CLOSED"],
  ];
  expect(story.map(([pkt]) => see(bare, pkt))).toEqual(story.map(([, want]) => want));
});

test("foreign verification tags are INVALID", () => {
  const bare = bareNs();
  established(bare);
  expect(formatEntry(bare.ct.list()[0] as never)).toContain("[ASSURED]");
  const types = [CID.DATA, CID.ABORT, CID.COOKIE_ECHO, CID.SHUTDOWN_COMPLETE, CID.SHUTDOWN];
  expect(types.map((type) => see(bare, sctp(true, 0xbad, type)))).toEqual(types.map(() => "INVALID"));
  expect(see(bare, sctp(true, 7, CID.INIT, TAG.C))).toBe("INVALID");
  expect(see(bare, sctp(true, TAG.S, CID.ABORT))).toBe("10 CLOSED");
});

test("what may begin an association, and a broken checksum", () => {
  const begins = (type: number): string => see(bareNs(), sctp(true, type === CID.INIT ? 0 : 9, type, 1));
  expect(begins(CID.HEARTBEAT)).toBe("30 HEARTBEAT_SENT");
  for (const type of [CID.ABORT, CID.SHUTDOWN_COMPLETE, CID.COOKIE_ACK]) expect(begins(type)).toBe("INVALID");
  const broken = sctp(true, 0, CID.INIT, 1);
  setU32(broken.buf, broken.nh + 28, 0);
  expect(see(bareNs(), broken)).toBe("INVALID");
});

test("a heartbeat with a foreign tag waits for its acknowledgement", () => {
  const bare = bareNs();
  established(bare);
  expect(see(bare, sctp(true, 0x77, CID.HEARTBEAT))).toBe("210 ESTABLISHED");
  expect(see(bare, sctp(false, 0x88, CID.HEARTBEAT_ACK))).toBe("210 ESTABLISHED");
  // From now on the acknowledged tags hold.
  expect(see(bare, sctp(false, 0x88, CID.DATA))).toBe("210 ESTABLISHED");
  expect(see(bare, sctp(false, TAG.C, CID.DATA))).toBe("INVALID");
});

test("a repeated INIT does not prolong the entry", () => {
  const bare = bareNs();
  see(bare, sctp(true, 0, CID.INIT, TAG.C));
  bare.clock.runUntil(4000);
  expect(see(bare, sctp(true, 0, CID.INIT, TAG.C))).toBe("6 CLOSED");
});
