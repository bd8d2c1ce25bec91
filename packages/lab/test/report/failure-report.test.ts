// Whole reports of failing scenarios, as `run` prints them: each beside this file, to be read.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runLoaded } from "../../src/expect/run-file.ts";
import { formatFileResult } from "../../src/report/text.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { web, type WebOptions } from "../explain/scenarios.ts";

const REPORTS: Readonly<Record<string, WebOptions>> = {
  "reply-not-translated": {
    head: "matrix: { brnf: [absent] }",
    cluster: '\n  kubernetes: "1.28"\n  nodes: { node1: { modules: { br_netfilter: "${brnf}" } } }',
    place: "node1",
    steps: '  - { in: "web#1", run: "curl -m 2 -s web", pick: "web#2", expect: ok }',
  },
  "stale-entry": {
    steps: `  - { in: node1, run: iptables -t nat -I PREROUTING -p udp --dport 5353 -j DNAT --to-destination 10.1.6.2:53 }
  - { id: first, send: "client:40000 > node1:5353/udp", expect: refused }
  - { run: kubectl delete pod web-b }
  - { in: node1, run: iptables -t nat -D PREROUTING 1 }
  - { id: again, at: 18s, send: "client:40000 > node1:5353/udp", expect: ok }`,
  },
  "typed-rule": {
    steps: `  - { in: node2, run: "iptables -I FORWARD -p tcp --dport 80 -j DROP" }
  - { id: call, in: client, run: "curl -m 2 -s node1:30080", pick: "web#2", expect: { result: ok, by: "web#2" } }`,
  },
  "no-endpoints": { steps: '  - { in: client, run: "curl -m 2 -s node1:30081", expect: ok }' },
  "forwarding-off": {
    steps: `  - { in: node1, run: "sysctl -w net.ipv4.ip_forward=0" }
  - { id: other, send: "web#1 > web#2:80", expect: ok }`,
  },
};

test.each(Object.entries(REPORTS))("%s", (name, options) => {
  const golden = readFileSync(join(import.meta.dirname, "failing", `${name}.txt`), "utf8");
  expect(
    formatFileResult(
      runLoaded(
        web(options),
        1,
        cellRunner(() => undefined),
      ),
    ),
  ).toBe(golden);
});
