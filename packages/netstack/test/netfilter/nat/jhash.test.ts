// Which address of a range a client gets, as Linux 6.18 chose: clients 10.1.0.1–6 to servers 10.2.7.2–4, ranges of ten addresses.

import { expect, test } from "vitest";
import { jhashInetAddr, reciprocalScale, swabWord } from "../../../src/netfilter/nat/jhash.ts";

/** Offsets in the range, clients in rows, servers in columns; SNAT and DNAT chose alike. */
const BY_SERVER = [
  [1, 6, 5],
  [7, 8, 1],
  [2, 0, 4],
  [8, 9, 0],
  [2, 1, 7],
  [9, 3, 3],
];
/** --persistent: the server does not matter. */
const PERSISTENT = [1, 1, 8, 8, 5, 2];

test("recorded choices", () => {
  for (let client = 1; client <= 6; client++) {
    const word = swabWord(0x0a010000 + client);
    const offsets = [2, 3, 4].map((server) => reciprocalScale(jhashInetAddr(word, swabWord(0x0a020700 + server)), 10));
    expect(offsets).toEqual(BY_SERVER[client - 1]);
    expect(reciprocalScale(jhashInetAddr(word, 0), 10)).toBe(PERSISTENT[client - 1]);
  }
});
