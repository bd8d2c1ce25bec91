// Tables for who repeats a run: every combination is a request that is noticed, and it is made in the run itself.
import { describe, expect, it } from "vitest";
import { loadScenario } from "../../src/load/load-scenario.ts";
import type { RunObserver } from "../../src/model/run-observer.ts";
import { playingRunner } from "../../src/steps/run-steps.ts";
import { FILES, scenario } from "./lab.ts";

const readFile = (path: string): string | undefined => FILES[path];

interface Noticed {
  /** `client result server`. */
  readonly requests: readonly string[];
  /** Where each step ended, virtual ms. */
  readonly ends: readonly number[];
  readonly tokens: readonly unknown[];
}

function played(text: string): Noticed {
  const loaded = loadScenario("lab.yaml", text, readFile);
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ message }) => message).join("\n"));
  const [plan] = loaded.scenario.cells;
  if (plan === undefined) throw new Error("no cell");
  const requests: string[] = [];
  const ends: number[] = [];
  const tokens: unknown[] = [];
  let started = 0;
  const nothing = (): void => undefined;
  const observer: RunObserver = {
    world: nothing,
    settled: nothing,
    begin: nothing,
    inject: nothing,
    datagram: nothing,
    starting: () => ++started,
    request: ({ ns, client, served }, token) => {
      requests.push([ns, client.result, served?.ns ?? "-"].join(" ").replaceAll(/default\/(\w+)[-\w]*/g, "$1"));
      tokens.push(token);
    },
  };
  playingRunner(readFile, observer)(plan, 1, (_step, outcome) => ends.push(outcome.endedAt));
  return { requests, ends, tokens };
}

const TABLE = `flows: |
  | flow                    | a       | b       |
  | shell > svc/web:80      | L R     | L R     |
  | shell:4000 > svc/web:80 | L R     | L R     |
  | shell > L:81            | refused | refused |
  | shell > R:81            | -       | refused |
`;

describe("a table that is played", () => {
  it("asks each flow that is looked at with each choice, with a fixed port once", () => {
    const { requests, tokens } = played(scenario(TABLE, "matrix: { v: [a, b] }\n"));
    expect(requests).toEqual(["shell ok web", "shell ok web", "shell ok web", "shell refused -"]);
    expect(tokens).toEqual([1, 2, 3, 4]);
  });

  it("asks the cluster of the run: what follows meets its traces", () => {
    const steps = `steps:
  - { in: node1, run: iptables -I FORWARD -d 10.244.1.2 -p tcp --dport 80 -j DROP }
  - flows: |
      | flow         | reach |
      | shell > R:80 | drop  |
  - { send: "shell > L:80" }
`;
    const { requests, ends } = played(scenario(steps));
    expect(requests).toEqual(["shell timeout -", "shell ok web"]);
    // The table itself ends when it begins; its request times out before the next step.
    expect(ends).toHaveLength(3);
    expect(ends[2]).toBeGreaterThanOrEqual((ends[1] ?? 0) + 5000);
  });
});
