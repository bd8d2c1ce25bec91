// A file that is not understood in full is refused, and a recording that says something else than happens is told.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import type { RecordedLink, Recording as Recorded } from "../src/recorded/format.ts";
import { vethOps } from "../src/recorded/veth-pairs.ts";
import { formatRecordedReport, readCorpus, verifyRecording } from "../src/recorded/verify.ts";

const folder = mkdtempSync(join(tmpdir(), "kubehop-recorded-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Step {
  readonly out: [string, string][];
  readonly ct: unknown[];
  readonly inject: object;
}
interface Case {
  readonly steps: Step[];
  readonly counters: string[];
}
interface Recording {
  readonly columns: unknown;
  readonly cases: Case[];
}

function load(name: string): Recording {
  const file = fileURLToPath(new URL(`./data/${name}.json.gz`, import.meta.url));
  return JSON.parse(gunzipSync(readFileSync(file)).toString()) as Recording;
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the recording is not what this test expects");
  return value;
}

function write(data: unknown): string {
  const file = join(folder, "recording.json");
  writeFileSync(file, JSON.stringify(data));
  return file;
}

/** One rule set alone, in which frames leave and conntrack tells of them. */
function oneRuleSet(): Recording {
  const fuzz = load("rulefuzz-60211");
  return { ...fuzz, cases: [there(fuzz.cases[3])] };
}

describe("unknown fields", () => {
  it.each([
    ["dataset", "example20", (d: Recording) => there(d.cases[0])],
    ["rule sets", "rulefuzz-60211", (d: Recording) => there(d.cases[0]?.steps[0])],
    ["sequences", "ct-tcp-sequences", (d: Recording) => d],
  ] as const)("%s", (_, name, part) => {
    const data = load(name);
    Object.assign(part(data), { weather: 1 });
    expect(() => readCorpus(write(data))).toThrow(/weather/);
  });

  it("a file of no known format", () => {
    expect(() => readCorpus(write({ cases: [] }))).toThrow(/none of its keys/);
  });
});

describe("a recording that says something else", () => {
  it("frames, per device, and the first difference side by side", () => {
    const data = oneRuleSet();
    const sent = there(there(data.cases[0]).steps.find((step) => step.out.length > 0)?.out[0]);
    const hex = sent[1];
    sent[1] = `${hex.slice(0, 44)}07${hex.slice(46)}`;
    const text = formatRecordedReport(verifyRecording(write(data)));
    expect(text).toContain(`recorded  ${sent[1]}`);
    expect(text).toContain(`ours      ${hex}`);
    expect(text).toMatch(/0\/1 cases, 24 packets compared, 2 differences\n$/);
  });

  it("conntrack events and rule counters, on both back ends", () => {
    const data = oneRuleSet();
    const one = there(data.cases[0]);
    there(one.steps.find((step) => step.ct.length > 0)).ct.pop();
    one.counters.push("[1:40] -A FORWARD -j DROP");
    const { cases } = verifyRecording(write(data));
    expect(cases[0]?.differences.map((d) => d.what)).toEqual(["events", "rules", "events", "rules"]);
  });

  it("a timeout that is off by two seconds, a state; one second is nothing", () => {
    const { columns } = load("ct-tcp-sequences");
    const seq = {
      oS: ["SYN_SENT", true, [], 118],
      "oS rSA": ["ESTABLISHED", true, ["SEEN_REPLY"], 60],
      "oS rSA oA": ["ESTABLISHED", true, ["ASSURED", "SEEN_REPLY"], 431_999],
    };
    const { cases } = verifyRecording(write({ columns, seq }));
    expect(cases.map((one) => one.differences.length)).toEqual([1, 1, 0]);
  });

  it("an errno, a list of recent, a command that is not modelled", () => {
    const data = load("example20");
    const [first, second] = [there(data.cases[0]), there(data.cases[1])];
    Object.assign(there(first.steps[0]).inject, { error: "EPERM" });
    Object.assign(first, { recent: { n1: { knock: [{ src: "10.0.0.1", ttl: 64 }] } } });
    Object.assign(second, { setup: [{ ns: "n1", cmd: "tc qdisc show" }] });
    const { cases } = verifyRecording(write(data));
    expect(cases[0]?.differences.map((d) => d.what)).toEqual(["errno", "recent"]);
    expect(cases[1]?.differences[0]).toMatchObject({ what: "refused", ours: expect.stringContaining("tc") as unknown });
  });

  it("learned rows of a bridge, neighbours, a packet of a listening socket", () => {
    const name = (wanted: string) => (one: Case) => "name" in one && one.name === wanted;
    const data = load("routers-6.18.44");
    const bridge = there(data.cases.find(name("bridge_learns_a_stranger")));
    const neigh = there(data.cases.find(name("router_learns_from_a_request")));
    const socket = there(data.cases.find(name("socket_takes_a_datagram")));
    Object.assign((bridge as unknown as { fdb: { after: object } }).fdb, { after: { r1: [] } });
    Object.assign((neigh as unknown as { neigh: { after: object } }).neigh, { after: { r1: [] } });
    Object.assign(socket, { listen: [] });
    const { cases } = verifyRecording(write({ ...data, cases: [bridge, neigh, socket] }));
    expect(cases.map((one) => one.differences[0]?.what)).toEqual(["fdb", "neigh", "frames"]);
  });
});

describe("veth pairs without the recorder's names", () => {
  const veth = (ifname: string, ifindex: number, link_index: number): RecordedLink => ({
    ifname,
    ifindex,
    link_index,
    link_netnsid: 0,
    flags: ["UP"],
    mtu: 1500,
    address: "02:00:00:00:00:01",
    linkinfo: { info_kind: "veth" },
  });
  const lab = (links: Readonly<Record<string, RecordedLink[]>>): Recorded => ({
    kernel: "6.18",
    ruleset: {},
    cases: [],
    lab: Object.fromEntries(
      Object.entries(links).map(([ns, own]) => [
        ns,
        { links: own, addr: [], routes: [], neigh: [], fdb: [], sysctl: {} },
      ]),
    ),
  });

  it("are told by the indexes of both ends", () => {
    const ops = vethOps(
      lab({ r: [veth("up", 2, 7), veth("down", 3, 7)], x: [veth("wan", 7, 2)], y: [veth("lan", 7, 3)] }),
    );
    const ends = ops.map(([ns, op]) => [ns, op.op === "link-add" && op.name, op.op === "link-add" && op.link]);
    expect(ends).toMatchObject([
      ["r", "up", { peer: { netns: "x", name: "wan" } }],
      ["r", "down", { peer: { netns: "y", name: "lan" } }],
    ]);
  });

  it("are refused when the indexes leave two answers, or none", () => {
    const twice = { r: [veth("up", 2, 7)], x: [veth("wan", 7, 2)], y: [veth("lan", 7, 2)] };
    expect(() => vethOps(lab(twice))).toThrow("r/up: its veth peer is not told");
    expect(() => vethOps(lab({ r: [veth("up", 2, 7)] }))).toThrow("r/up: its veth peer is not there");
  });
});
