// Frames made for the purpose, and what tcpdump 4.99.3 printed for them (data/tcpdump-4.99.3.json), switch by switch.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { TcpdumpOptions } from "../../src/trace/tcpdump.ts";
import { TcpdumpPrinter } from "../../src/trace/tcpdump.ts";
import { fromHex } from "../../src/wire/bytes.ts";

interface Golden {
  readonly frames: readonly { readonly name: string; readonly hex: string }[];
  /** Microseconds since 1970. */
  readonly times: readonly number[];
  /** By switches. */
  readonly text: Readonly<Record<string, string>>;
}

const golden = JSON.parse(readFileSync(new URL("data/tcpdump-4.99.3.json", import.meta.url), "utf8")) as Golden;

/** Protocols that are named but not decoded, and a name compressed into garbage. */
const NOT_DECODED = new Set(["sctp", "gre", "igmp", "v6", "dnscname"]);

const SWITCHES: Readonly<Record<string, TcpdumpOptions>> = {
  "-n": {},
  "-ne": { e: true },
  "-nv": { v: 1 },
  "-nvv": { v: 2 },
  "-nvve": { v: 2, e: true },
  "-nq": { q: true },
  "-neq": { e: true, q: true },
  "-nS": { S: true },
  "-ntt": { time: "epoch" },
  "-ntttt": { time: "date" },
};

/** Records of a listing: each begins with its time stamp. */
function records(text: string): string[] {
  return text.replace(/\n$/, "").split(/\n(?=(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.|\d{10}\.\d{6} )/);
}

describe.each(Object.entries(SWITCHES))("tcpdump %s", (switches, options) => {
  const printer = new TcpdumpPrinter({ ...options, epochUs: 0 });
  const wanted = records(golden.text[switches] ?? "");
  it("has one record per frame", () => expect(wanted.length).toBe(golden.frames.length));
  // In order: relative sequence numbers depend on what came before.
  const ours = golden.frames.map((f, i) => printer.print((golden.times[i] as number) / 1000, fromHex(f.hex)));
  it.each(golden.frames.map((f, i) => [f.name, i] as const).filter(([name]) => !NOT_DECODED.has(name)))(
    "%s",
    (_name, i) => {
      expect(ours[i]).toBe(wanted[i]);
    },
  );
});
