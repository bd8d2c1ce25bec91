// Who answered, as whom the client was seen and by which TTL: told of the request itself, never of another one under way.
import { expect, it } from "vitest";
import { web } from "../explain/scenarios.ts";
import { runLoaded } from "../../src/expect/run-file.ts";
import type { FlowOutcome } from "../../src/model/outcome.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";

/** Outcomes of all requests, step by step; the cell must have run to its end. */
function flowsOf(steps: string): FlowOutcome[][] {
  const [cell] = runLoaded(
    web({ steps }),
    1,
    cellRunner(() => undefined),
  ).cells;
  if (cell === undefined) throw new Error("no case");
  const stop = cell.failures.filter(({ message }) => /^(pick|send|there is no)/.test(message));
  expect(stop).toEqual([]);
  return cell.steps.map(({ outcome }) => [...outcome.flows]);
}

it("a request that nobody answers is not told with the answer of one in the background", () => {
  const [[flow] = []] = flowsOf(`  - in: "web#1"
    run: |
      curl -s http://web/ &
      curl -s --max-time 2 http://10.99.99.99/
    expect: { result: timeout, ttl: 64 }`);
  expect(flow).toMatchObject({ result: "timeout", bytes: 0 });
  expect([flow?.by, flow?.client, flow?.ttl]).toEqual([undefined, undefined, undefined]);
});

it("a request in the foreground has its own answer while others are served", () => {
  const flows = flowsOf(`  - in: client
    run: |
      nc -u -w 1 node1 30080 &
      curl -s http://192.168.120.226:30080/
    pick: "web#2"
    expect: { result: ok, ttl: 62 }`);
  // Masqueraded by node1 to the address of the device towards node2.
  expect(flows[0]).toMatchObject([{ result: "ok", by: "default/web-b", client: "10.1.5.0", ttl: 62 }]);
});

it("fg tells the request of the background command, not the newest one", () => {
  const flows = flowsOf(`  - { id: first, in: client, run: "curl -s http://192.168.120.226:30080/ &", pick: "web#1" }
  - { in: client, run: "curl -s http://192.168.120.226:30080/", pick: "web#2" }
  - { in: client, run: fg first }`).map((list) => list.map(({ by }) => by));
  expect(flows).toEqual([[], ["default/web-b"], ["default/web-a"]]);
});

it("a port that was used before does not bring the earlier answer back", () => {
  const [, , , [flow] = []] =
    flowsOf(`  - { in: client, run: "curl -s --local-port 4000 http://192.168.120.226:30080/" }
  - { in: node1, run: "iptables -t raw -I PREROUTING -p tcp --dport 30080 -j DROP" }
  - { wait: 2m }
  - { in: client, run: "curl -s -m 1 --local-port 4000 http://192.168.120.226:30080/" }`);
  expect(flow).toMatchObject({ result: "timeout" });
  expect(flow?.by).toBeUndefined();
});

it("NAT at both ends of the way is followed", () => {
  const flows = flowsOf(`  - { send: "web#1 > svc/web:80", pick: "web#1", expect: { result: ok, ttl: 64 } }
  - { send: "web#1 > svc/web:80", pick: "web#2", expect: { result: ok, ttl: 62 } }
  - { send: "node2 > node1:30080", pick: "web#2", expect: ok }`);
  // To itself it never leaves the bridge; to the other node it crosses both nodes.
  expect(flows.map(([flow]) => flow)).toMatchObject([
    { result: "ok", by: "default/web-a", client: "10.1.5.1", ttl: 64 },
    { result: "ok", by: "default/web-b", client: "10.1.5.2", ttl: 62 },
    { result: "ok", by: "default/web-b" },
  ]);
});
