// What verify does not compare is said, and never compared wrongly.
import { loadScenario } from "@kubehop/lab";
import { expect, test } from "vitest";
import { whyNotCompared } from "../../src/scenario/not-compared.ts";

function why(steps: string): string | undefined {
  const loaded = loadScenario(
    "a.yaml",
    `scenario: x\ncluster: { hosts: [client] }\nsteps: [${steps}]\n`,
    () => undefined,
  );
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ message }) => message).join("\n"));
  const [cell] = loaded.scenario.cells;
  if (cell === undefined) throw new Error("no cell");
  return whyNotCompared(cell);
}

const SEND = `send: "client > node1:30053/udp"`;

test("steps that stand one behind the other are compared, agents' faults and times too", () => {
  expect(why(`{ ${SEND} }, { at: 10s, fault: { agent: node1/kube-proxy, do: kill } }, { wait: 1s }`)).toBeUndefined();
});

test("what goes on beside other steps is not", () => {
  expect(why(`{ id: s, ${SEND}, every: 1s, until: 5s }`)).toBe("s: a stream goes on beside other steps");
  expect(why(`{ id: a, wait: 1s }, { id: b, after: a ended, ${SEND} }`)).toBe(
    "b: begins after an event, beside other steps",
  );
});

test("a crash is not", () => {
  expect(why(`{ fault: { crash: node2 } }`)).toBe("step 1: a machine crashes");
});

test("faults of links and races are not, a row that is taken out is", () => {
  expect(why(`{ fault: { link: node1 eth0, loss: 10% } }`)).toBe("step 1: a link loses frames or holds them up");
  expect(why(`{ fault: { heal: node1 eth0 } }`)).toBe("step 1: a link is made whole");
  expect(why(`{ in: node1, race: ["client > node1:53/udp", "client > node1:53/udp"] }`)).toBe(
    "step 1: two packets meet behind conntrack's lookup",
  );
  expect(why(`{ fault: { delete: { in: node1, route: { dst: 10.244.1.0/24 } } } }`)).toBeUndefined();
});
