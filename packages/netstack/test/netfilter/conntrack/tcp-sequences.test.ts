// Every sequence of up to four TCP packets out of {S, SA, A, FA, R} × {original, reply}, against what Linux 6.18 said after each.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { NF_ACCEPT } from "../../../src/netfilter/hooks.ts";
import { IPS_ASSURED, IPS_SEEN_REPLY } from "../../../src/netfilter/conntrack/conntrack.ts";
import { ctStateName } from "../../../src/netfilter/conntrack/print.ts";
import { Tuple } from "../../../src/netfilter/conntrack/tuple.ts";
import type { Bare } from "./bare-ns.ts";
import { bareNs, forward, ip, tcpPacket } from "./bare-ns.ts";

type Row = readonly [state: string | null, forwarded: boolean, flags: readonly string[], timeout: number | null];
const FILE = new URL("../../data/ct-tcp-sequences.json.gz", import.meta.url);
const { seq } = JSON.parse(gunzipSync(readFileSync(FILE)).toString()) as { seq: Record<string, Row> };

const CLIENT = "192.168.120.252";
const SERVER = "10.1.5.5";

/** The recorder's numbering: SYN and FIN take one, and an ACK acknowledges all the other side ever sent. */
function play(bare: Bare, sport: number, words: readonly string[]): Row {
  const next = { o: 1000, r: 5000 };
  let forwarded = false;
  for (const word of words) {
    const dir = word[0] === "o" ? "o" : "r";
    const flags = word.slice(1);
    const ack = flags.includes("A") ? next[dir === "o" ? "r" : "o"] : 0;
    const fields = { flags, seq: next[dir], ack };
    const pkt =
      dir === "o" ? tcpPacket(CLIENT, sport, SERVER, 80, fields) : tcpPacket(SERVER, 80, CLIENT, sport, fields);
    if (flags.includes("S") || flags.includes("F")) next[dir]++;
    forwarded = forward(bare, pkt) === NF_ACCEPT;
  }
  return observe(bare, sport, forwarded);
}

function observe(bare: Bare, sport: number, forwarded: boolean): Row {
  const t = Object.assign(new Tuple(), { src: ip(CLIENT), dst: ip(SERVER), sport, dport: 80, proto: 6 });
  const ct = bare.ct.find(t)?.ct;
  if (ct === undefined) return [null, forwarded, [], null];
  const flags = [...(ct.has(IPS_ASSURED) ? ["ASSURED"] : []), ...(ct.has(IPS_SEEN_REPLY) ? ["SEEN_REPLY"] : [])];
  return [ctStateName(ct) ?? null, forwarded, flags, Math.floor(ct.remaining / 1000)];
}

function agrees(got: Row, want: Row): boolean {
  const times = got[3] === want[3] || (got[3] !== null && want[3] !== null && Math.abs(got[3] - want[3]) <= 1);
  return times && got[0] === want[0] && got[1] === want[1] && got[2].join() === want[2].join();
}

test("all recorded sequences", () => {
  const wrong: string[] = [];
  let n = 0;
  let bare = bareNs();
  for (const [key, want] of Object.entries(seq)) {
    if (n++ % 20000 === 0) bare = bareNs();
    const got = play(bare, 10000 + n, key.split(" "));
    if (!agrees(got, want)) wrong.push(`${key}: ${JSON.stringify(got)}, recorded ${JSON.stringify(want)}`);
  }
  expect(n).toBe(11110);
  expect(wrong.slice(0, 20)).toEqual([]);
});
