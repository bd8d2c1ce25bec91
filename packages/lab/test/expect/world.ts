// A live state and outcomes made by hand, and expectations written as in a scenario.
import type {
  CellRunner,
  DropRecord,
  FlowOutcome,
  FrameRecord,
  Instant,
  LiveState,
  PacketSummary,
  StepOutcome,
} from "../../src/model/outcome.ts";
import type { RequestWays } from "../../src/model/way-spec.ts";
import { judge } from "../../src/expect/judge.ts";
import { scenarioOf, WEB } from "../load/read.ts";

export const ADDRESSES: Readonly<Record<string, string>> = {
  client: "10.244.0.2",
  "web#1": "10.244.0.3",
  "web#2": "10.244.1.3",
  "svc/web": "10.96.0.80",
  node1: "192.168.99.11",
};
/** When events happened, virtual ms. */
const EVENTS: Readonly<Record<string, number>> = { "web#1 gone": 10_000, "web#1 gone + 2s": 12_000 };
const PODS: Readonly<Record<string, string>> = { "web#1": "web-5d-aaaaa", "web#2": "web-5d-bbbbb" };

export function packet(rest: Partial<PacketSummary> = {}): PacketSummary {
  return {
    protocol: "tcp",
    src: "10.244.0.2",
    dst: "10.96.0.80",
    sport: 40000,
    dport: 80,
    flags: "S",
    ttl: 64,
    ...rest,
  };
}

export interface World {
  readonly drops?: readonly DropRecord[];
  readonly frames?: Readonly<Record<string, readonly FrameRecord[]>>;
  readonly events?: Readonly<Record<string, Instant>>;
  readonly ways?: readonly RequestWays[];
  readonly rows?: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
}

export function live({ drops = [], frames = {}, rows = {}, ways = [], events = {} }: World = {}): LiveState {
  return {
    drops: () => drops,
    ways: () => ways,
    frames: (place, dev) => frames[`${place} ${dev}`],
    rows: (table, place) => rows[`${place} ${table}`],
    addressOf: (name) => ADDRESSES[name] ?? (/^[\d.]+$/.test(name) ? name : undefined),
    timeOf: (moment) => {
      if (typeof moment !== "number" && moment.text in events) return events[moment.text];
      const at = typeof moment === "number" ? moment : EVENTS[moment.text];
      return at === undefined ? undefined : { at };
    },
    placeOf: (name) => PODS[name] ?? (name in ADDRESSES ? name : undefined),
  };
}

export function outcome(rest: Partial<StepOutcome> & { readonly flows?: readonly FlowOutcome[] } = {}): StepOutcome {
  const flow = rest.flows?.at(-1);
  return {
    exitCode: 0,
    stdout: "",
    stderr: "",
    flows: [],
    ...(flow === undefined ? {} : { flow }),
    startedAt: 0,
    endedAt: 1,
    ...rest,
  };
}

/** `message` and details of what does not hold, for an expectation as it stands in a file. */
export function failures(expect: string, result: StepOutcome, world: World = {}): string[][] {
  const stream = expect.startsWith("{ stream:") ? "    every: 1s\n    until: 9s\n" : "";
  const scenario = scenarioOf(
    `scenario: x\nmanifests: [./web.yaml]\nsteps:\n  - run: ip\n${stream}    expect: ${expect.replaceAll("\n", "\n      ")}\n`,
    { "./web.yaml": WEB },
  );
  const step = scenario.cells[0]!.steps[0]!;
  return judge(step.expect, result, live(world)).map((failure) => [failure.message, ...failure.details]);
}

/** A runner that gives each step the next outcome. */
export function scripted(outcomes: readonly StepOutcome[], world: World = {}): CellRunner {
  return (plan, _seed, onStep) => {
    for (const [index, step] of plan.steps.entries()) onStep(step, outcomes[index] ?? outcome(), live(world));
    return { virtualMs: 1500 };
  };
}
