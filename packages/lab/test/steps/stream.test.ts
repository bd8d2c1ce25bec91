// Requests that begin again and again beside other steps, and what they leave behind.
import { expect, test } from "vitest";
import { runScenarioText } from "../../src/expect/run-file.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import type { Ran } from "./run.ts";
import { run } from "./run.ts";

const ECHO = `apiVersion: apps/v1
kind: Deployment
metadata: { name: echo }
spec:
  replicas: 1
  selector: { matchLabels: { app: echo } }
  template:
    metadata: { labels: { app: echo } }
    spec: { containers: [{ name: c, image: echo, ports: [{ containerPort: 53, protocol: UDP }, { containerPort: 80 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: echo }
spec:
  type: NodePort
  selector: { app: echo }
  ports: [{ name: dns, port: 53, protocol: UDP, nodePort: 30053 }, { name: web, port: 80 }]
`;
const HEAD = `scenario: streams
cluster: { nodes: [node1, node2], hosts: [client] }
manifests: [echo.yaml]
place: { echo: node2 }
`;

function scenario(steps: readonly string[]): string {
  return `${HEAD}steps:\n${steps.map((step) => `  - ${step}`).join("\n")}\n`;
}

function play(steps: readonly string[]): Ran {
  const ran = run(scenario(steps), { "echo.yaml": ECHO });
  expect(ran.end.stopped?.reason).toBeUndefined();
  return ran;
}

/** Failures of the only case, message and details. */
function failures(steps: readonly string[]): string[][] {
  const readFile = (path: string): string | undefined => (path === "echo.yaml" ? ECHO : undefined);
  const result = runScenarioText("a.yaml", scenario(steps), readFile, 1, cellRunner(readFile));
  expect(result.diagnostics.map(({ message }) => message)).toEqual([]);
  return (result.cells[0]?.failures ?? []).map(({ message, details }) => [message, ...details]);
}

const UDP = `send: { flow: "client:40000 > node1:30053/udp", timeout: 1s }, every: 200ms`;

test("a stream goes on beside the steps behind it, each request on its own", () => {
  const { outcomes, end } = play([`{ id: stream, ${UDP}, until: 2s }`, `{ wait: 1s }`, `{ wait: 4s }`]);
  const [first, second, third] = outcomes.map(({ startedAt, endedAt, flows }) => [startedAt, endedAt, flows.length]);
  expect(first).toEqual([0, 1000, 0]);
  expect(second?.slice(0, 1)).toEqual([0]);
  expect(second?.[2]).toBe(10);
  expect(third).toEqual([1000, 5000, 0]);
  expect(end.virtualMs).toBe(5000);
  const flows = outcomes[1]?.flows ?? [];
  expect(flows.map(({ startedAt }) => startedAt)).toEqual([0, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800]);
  expect(new Set(flows.map(({ result }) => result))).toEqual(new Set(["ok"]));
  expect(flows.map(({ ends }) => ends?.sport)).toEqual(Array.from({ length: 10 }, () => 40000));
});

test("one that has no answer does not hold up the next, and answers are not mixed up", () => {
  const { outcomes } = play([
    `{ id: stream, ${UDP}, until: 2s }`,
    `{ at: 500ms, in: node2, run: iptables -I FORWARD -p udp -j DROP }`,
    `{ at: 1500ms, in: node2, run: iptables -D FORWARD -p udp -j DROP }`,
  ]);
  const stream = outcomes.find(({ flows }) => flows.length > 0);
  const results = stream?.flows.map(({ result, by }) => `${result}${by === undefined ? "" : "!"}`);
  expect(results).toEqual(["ok!", "ok!", "ok!", "timeout", "timeout", "timeout", "timeout", "timeout", "ok!", "ok!"]);
  expect(stream?.endedAt).toBe(2400);
});

test("until an event, and commands as a stream", () => {
  const { outcomes } = play([
    `{ id: stream, in: client, run: ping -c 1 -W 1 node1, every: 500ms, until: "marker ended + 1s" }`,
    `{ id: marker, wait: 2s }`,
  ]);
  const stream = outcomes.at(-1);
  expect(stream?.flows.map(({ startedAt, result }) => `${startedAt} ${result}`)).toEqual(
    [0, 500, 1000, 1500, 2000, 2500].map((at) => `${at} ok`),
  );
  expect(stream?.stdout.match(/1 received/g)).toHaveLength(6);
});

const DROP = `{ at: 900ms, in: node2, id: cut, run: iptables -I FORWARD -p udp -j DROP }`;

test("what was lost, and since when", () => {
  expect(failures([`{ id: stream, ${UDP}, until: 2s, expect: { lost: 0 } }`, DROP])).toEqual([
    [
      "lost 5, expected 0",
      "of 10 requests",
      ...[1000, 1200, 1400, 1600, 1800].map(
        (at) => `${(at / 1000).toFixed(3)}  192.168.99.101:40000 > 192.168.99.11:30053 udp  timeout`,
      ),
    ],
  ]);
  expect(
    failures([`{ id: stream, ${UDP}, until: 2s, expect: { lost: 5, by: echo#1, client: 10.244.0.0 } }`, DROP]),
  ).toEqual([]);
  const windows = `[{ until: "cut begun", lost: 0, by: echo#1 }, { since: "cut ended", lost: 5 }]`;
  expect(failures([`{ id: stream, ${UDP}, until: 2s, expect: { stream: ${windows} } }`, DROP])).toEqual([]);
  const wrong = `{ since: "cut ended", lost: 0, by: echo#1 }`;
  expect(failures([`{ id: stream, ${UDP}, until: 2s, expect: { stream: ${wrong} } }`, DROP])[0]?.[0]).toBe(
    "stream: lost 5, expected 0; by: none of 5 requests was answered",
  );
});

test("a part of a stream in which nothing began shows nothing", () => {
  const late = `{ since: 30s, lost: 0 }`;
  expect(failures([`{ id: stream, ${UDP}, until: 2s, expect: { stream: ${late} } }`])[0]?.[0]).toBe(
    "stream: no request began in this part",
  );
  expect(failures([`{ id: stream, ${UDP}, until: 2s, expect: { since: 30s, lost: 0 } }`])[0]?.[0]).toBe(
    "lost: no request counts",
  );
  const never = `{ since: "echo#1 gone", lost: 0 }`;
  expect(failures([`{ id: stream, ${UDP}, until: 2s, expect: { stream: ${never} } }`])[0]?.[0]).toBe(
    "stream: echo#1 gone: did not happen",
  );
});

test("only requests of a flow count", () => {
  const both = `in: client, run: ping -c 1 node1`;
  const other = `flow: "client > node2:80"`;
  expect(failures([`{ ${both}, every: 1s, until: 2s, expect: { ${other}, lost: 0 } }`])[0]?.[0]).toBe(
    "lost: no request counts",
  );
});

test("within: time passes until it holds, and not longer", () => {
  const scale = `in: admin, run: kubectl scale deploy/echo --replicas=3`;
  const rows = (n: number): string => `rule: { in: node1, target: DNAT, spec: "--to-destination", count: ${n} }`;
  const slow = `{ id: slow, fault: { agent: node1/kube-proxy, do: delay, by: 3s } }`;
  expect(failures([slow, `{ ${scale}, expect: { ${rows(7)} } }`])[0]?.[0]).toBe(
    "rule rows at node1: found 3, expected 7",
  );
  expect(failures([slow, `{ ${scale}, expect: { within: 10s, ${rows(7)} } }`])).toEqual([]);
  expect(failures([slow, `{ ${scale}, expect: { within: 1s, ${rows(7)} } }`])).toHaveLength(1);
  const ran = play([slow, `{ ${scale}, expect: { within: 10s, ${rows(7)} } }`]);
  expect(ran.outcomes.at(-1)?.endedAt).toBe(3000);
});

test("never: what holds for a moment is seen", () => {
  const blink = `in: node2, run: "iptables -I FORWARD -j DROP; sleep 1; iptables -D FORWARD -j DROP"`;
  const there = `rule: { in: node2, chain: FORWARD, target: DROP }`;
  expect(failures([`{ ${blink}, expect: { never: { ${there} } } }`])).toEqual([["never: it held at 0.000 s"]]);
  expect(failures([`{ ${blink}, expect: { ${there.replace("}", ", count: 0 }")} } }`])).toEqual([]);
  const dropped = `never: { dropped: { in: node2 } }`;
  expect(failures([`{ ${blink}, expect: { ${dropped} } }`])).toEqual([]);
  expect(failures([`{ id: s, ${UDP}, until: 2s, expect: { lost: 5, ${dropped} } }`, DROP])[0]?.[0]).toBe(
    "never: it held at 1.000 s",
  );
  const nowhere = `never: { packet: { in: node1, dev: nonexist0 } }`;
  expect(failures([`{ wait: 1s, expect: { ${nowhere} } }`])).toEqual([
    ["never: packet: there is no device nonexist0 at node1"],
  ]);
});
