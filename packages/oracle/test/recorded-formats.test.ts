// A file that is not understood in full is refused, and a recording that says something else than happens is told.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { formatRecordedReport, readCorpus, verifyRecording } from "../src/recorded/verify.ts";

const folder = mkdtempSync(join(tmpdir(), "kubehop-recorded-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Json = { [key: string]: Json } & Json[] & string & number;

function load(name: string): Json {
  const file = fileURLToPath(new URL(`./data/${name}.json.gz`, import.meta.url));
  return JSON.parse(gunzipSync(readFileSync(file)).toString()) as Json;
}

function write(data: unknown): string {
  const file = join(folder, "recording.json");
  writeFileSync(file, JSON.stringify(data));
  return file;
}

/** A rule set of the file that has an event and counts something, alone. */
function oneRuleSet(): Json {
  const fuzz = load("rulefuzz-60211");
  return { ...fuzz, cases: [fuzz["cases"]?.[3]] } as unknown as Json;
}

describe("unknown fields", () => {
  it.each([
    ["dataset", "example20", (d: Json) => Object.assign(d["cases"]?.[0] as Json, { weather: 1 })],
    ["rulefuzz", "rulefuzz-60211", (d: Json) => Object.assign(d["cases"]?.[0] as Json, { weather: 1 })],
    ["sequences", "ct-tcp-sequences", (d: Json) => Object.assign(d, { weather: 1 })],
  ] as const)("%s", (_, name, spoil) => {
    const data = load(name);
    spoil(data);
    expect(() => readCorpus(write(data))).toThrow(/weather/);
  });

  it("a file of no known format", () => {
    expect(() => readCorpus(write({ cases: [] }))).toThrow(/none of its keys/);
  });
});

describe("a recording that says something else", () => {
  it("frames, per device, and the first difference side by side", () => {
    const data = oneRuleSet();
    const step = (data["cases"]?.[0]?.["steps"] as Json[]).find((s) => (s["out"] as Json).length > 0) as Json;
    const [dev, hex] = step["out"]?.[0] as unknown as [string, string];
    const ttl = hex.slice(0, 44) + "07" + hex.slice(46);
    Object.assign(step["out"]?.[0] as Json, [dev, ttl]);
    const text = formatRecordedReport(verifyRecording(write(data)));
    expect(text).toContain(`recorded  ${ttl}`);
    expect(text).toContain(`ours      ${hex}`);
    expect(text).toMatch(/0\/1 cases, 24 packets compared, 2 differences\n$/);
  });

  it("conntrack events and rule counters", () => {
    const data = oneRuleSet();
    const step = (data["cases"]?.[0]?.["steps"] as Json[]).find((s) => (s["ct"] as Json).length > 0) as Json;
    (step["ct"] as Json).pop();
    (data["cases"]?.[0]?.["counters"] as Json).push("[1:40] -A FORWARD -j DROP" as Json);
    const { cases } = verifyRecording(write(data));
    expect(cases[0]?.differences.map((d) => d.what)).toEqual(["events", "rules", "events", "rules"]);
  });

  it("a timeout that is off by more than a second, a state", () => {
    const { columns } = load("ct-tcp-sequences");
    const seq = { oS: ["SYN_SENT", true, [], 118], "oS rSA": ["ESTABLISHED", true, ["SEEN_REPLY"], 59] };
    const { cases } = verifyRecording(write({ columns, seq }));
    expect(cases.map((one) => one.differences.length)).toEqual([1, 1]);
  });

  it("an errno, a list of recent, a command that is not modelled", () => {
    const data = load("example20");
    const first = data["cases"]?.[0] as Json;
    Object.assign(first["steps"]?.[0]?.["inject"] as Json, { error: "EPERM" });
    Object.assign(first, { recent: { n1: { knock: [{ src: "10.0.0.1", ttl: 64 }] } } });
    const second = data["cases"]?.[1] as Json;
    Object.assign(second, { setup: [{ ns: "n1", cmd: "tc qdisc show" }] });
    const { cases } = verifyRecording(write(data));
    expect(cases[0]?.differences.map((d) => d.what)).toEqual(["errno", "recent"]);
    expect(cases[1]?.differences[0]).toMatchObject({ what: "refused", ours: expect.stringContaining("tc") as unknown });
  });
});
