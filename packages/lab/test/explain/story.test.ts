import { expect, test } from "vitest";
import { runCase } from "../../src/expect/run-cell.ts";
import { recordCell } from "../../src/explain/record.ts";
import { shorten, STORY_LINES } from "../../src/explain/story.ts";
import type { CellResult } from "../../src/model/outcome.ts";
import type { Scenario } from "../../src/model/scenario.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { web } from "./scenarios.ts";

const run = cellRunner(() => undefined);

function results(scenario: Scenario): CellResult[] {
  return scenario.cells.map((plan) => runCase(scenario, plan, 1, run));
}

function anonymous(story: readonly string[]): string[] {
  return story.map((line) => line.replaceAll(/(:|port )[3-6]\d{4}\b/g, "$1*").replaceAll(/ {2,}/g, "  "));
}

test("a reply that is not translated back: the story of a missing br_netfilter", () => {
  const scenario = web({
    head: "matrix: { brnf: [loaded, absent] }",
    cluster: '\n  kubernetes: "1.28"\n  nodes: { node1: { modules: { br_netfilter: "${brnf}" } } }',
    place: "node1",
    steps: '  - { in: "web#1", run: "curl -m 2 -s web", pick: "web#2", expect: ok }',
  });
  const [loaded, absent] = results(scenario);
  expect(loaded).toMatchObject({ status: "passed" });
  expect(loaded).not.toHaveProperty("story");
  expect(absent?.status).toBe("failed");
  expect(anonymous(absent?.story?.lines ?? [])).toEqual([
    "  0.000  web#1$ curl -m 2 -s web",
    "▶  0.000  10.244.0.2:* (web#1) > 10.96.0.80:80 (svc/web) tcp",
    expect.stringMatching(
      /^ {2}node1 PREROUTING {2}dst 10\.96\.0\.80:80 ⇒ 10\.244\.0\.3:80 \(web#2\) \(pick 2 of 2\) {2}Service default\/web:80, web\.yaml:\d+$/,
    ),
    "  node1 routing  answered with ICMP redirect (type 5 code 1)",
    "  web#2 eth0  delivered to tcp 0.0.0.0:80 (web#2)",
    "◀  reply  10.244.0.3:80 (web#2) > 10.244.0.2:* (web#1) tcp",
    "  web#1 routing  answered with tcp-reset",
    "  web#1 routing  DROPPED NO_SOCKET in tcp_v4_rcv: tcp port *",
  ]);
});

test("a request that was answered and should not have been: how it came there; nothing is to blame", () => {
  const [wrongWord] = results(web({ steps: '  - { in: client, run: "curl -s node1:30080", expect: timeout }' }));
  expect(wrongWord).toMatchObject({ status: "failed" });
  expect(wrongWord?.story?.lines.at(-1)).toMatch(/client eth0 +delivered to tcp .* \(curl\)$/);
  expect(wrongWord?.story).not.toHaveProperty("cause");
});

test("no story where no request is wrong", () => {
  const [wrongText] = results(
    web({ steps: '  - { in: client, run: "curl -s node1:30080", expect: { output: { contains: nothing like it } } }' }),
  );
  expect(wrongText).toMatchObject({ status: "failed" });
  expect(wrongText).not.toHaveProperty("story");
});

test("looking on changes nothing and loses nobody: every packet ends or waits", () => {
  const scenario = web({
    steps: `  - { in: client, run: "curl -s node1:30080", repeat: 5, expect: ok }
  - { in: "web#1", run: "curl -s web", repeat: 3, expect: ok }
  - { in: client, run: "curl -m 2 -s node1:30081", expect: refused }
  - { in: "web#1", run: "ping -c 2 web#2" }
  - { send: "web#1 > web#2:53/udp", expect: refused }`,
  });
  const [plan] = scenario.cells;
  if (plan === undefined) throw new Error("no cell");
  const alone: unknown[] = [];
  run(plan, 1, (_step, outcome) => void alone.push(outcome));
  const watched: unknown[] = [];
  const lost: string[] = [];
  recordCell(plan, 1, run, ({ step, outcome, journeys, exchanges }) => {
    watched.push(outcome);
    if (exchanges.length === 0) lost.push(`${step.id} without a request`);
    for (const { id, end, steps, children } of journeys) {
      if (end === null && children.length === 0) lost.push(`${step.id}: packet ${id} after ${steps.at(-1)?.fn ?? ""}`);
    }
  });
  expect(watched).toEqual(alone);
  expect(watched).toHaveLength(plan.steps.length);
  expect(lost).toEqual([]);
});

test("a long story loses its middle, never its beginning and its end", () => {
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
  const short = shorten(lines);
  expect(short).toHaveLength(STORY_LINES);
  expect(short.slice(0, 3)).toEqual(lines.slice(0, 3));
  expect(short[3]?.trim()).toBe("…");
  expect(short.slice(4)).toEqual(lines.slice(-8));
  expect(shorten(lines.slice(0, STORY_LINES))).toEqual(lines.slice(0, STORY_LINES));
});

test("a packet that waits for a neighbour: the route that led there, and who is asked for", () => {
  const [waiting] = results(
    web({
      steps: `  - { id: stale, in: node1, run: ip route add 10.1.6.2/32 via 192.168.120.77 dev ens192 }
  - { in: "web#1", run: "curl -m 2 -s web#2:80", expect: ok }`,
    }),
  );
  expect(anonymous(waiting?.story?.lines ?? []).slice(-2)).toEqual([
    expect.stringMatching(
      /^ {2}node1 FORWARD {2}route 10\.1\.6\.2 via 192\.168\.120\.77 dev ens192 \[typed in stale, web\.yaml:32\]; /,
    ),
    "  node1 ens192  ARP asks for 192.168.120.77",
  ]);
});
