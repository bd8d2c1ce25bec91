// Recorded sessions of the real ipset and iptables, replayed word for word. Masked: initval and size in memory (both are the kernel's
// own), the order of hash members. Seconds left of a timeout may differ by one: the recording took its time.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ipsetCommand } from "../../../src/netfilter/ipset/command.ts";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";

interface Step {
  readonly tool: "ipset" | "iptables" | "iptables-legacy";
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

interface Sleep {
  /** ms. */
  readonly sleep: number;
}

interface Recording {
  readonly sessions: readonly { readonly name: string; readonly steps: readonly (Step | Sleep)[] }[];
}

const recording = JSON.parse(readFileSync(new URL("./data/sessions.json", import.meta.url), "utf8")) as Recording;

const TIMEOUT = / timeout \d+/;

function byTextWithoutTimeout(a: string, b: string): number {
  const [x, y] = [a.replace(TIMEOUT, ""), b.replace(TIMEOUT, "")];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** `got` with the seconds of `want` where they are one apart. */
function aligned(got: string, want: string): string {
  const wanted = want.split("\n");
  const seconds = (line: string): number => Number(/ timeout (\d+)/.exec(line)?.[1] ?? NaN);
  return got
    .split("\n")
    .map((line, i) => {
      const other = wanted[i] ?? "";
      const isClose =
        line.replace(TIMEOUT, "") === other.replace(TIMEOUT, "") && Math.abs(seconds(line) - seconds(other)) <= 1;
      return isClose ? other : line;
    })
    .join("\n");
}

/** Members of one set in order of text: hashes have none of their own. */
function masked(text: string): string {
  const lines = text
    .replaceAll(/initval 0x[0-9a-f]{8}/g, "initval *")
    .replaceAll(/^Size in memory: \d+$/gm, "Size in memory: *")
    .split("\n");
  const out: string[] = [];
  let members: string[] = [];
  let isListing = false;
  for (const line of lines) {
    const isMember = isListing ? line !== "" && !line.startsWith("Name: ") : line.startsWith("add ");
    if (isMember) {
      members.push(line);
      continue;
    }
    out.push(...members.sort(byTextWithoutTimeout), line);
    members = [];
    isListing = line === "Members:";
  }
  return [...out, ...members.sort(byTextWithoutTimeout)].join("\n");
}

function run(ns: NetNamespace, { tool, args, stdin }: Step): Pick<Step, "stdout" | "stderr" | "exit"> {
  if (tool === "ipset") return ipsetCommand(ns, args, stdin);
  return ns.xt.backend(tool === "iptables" ? "nft" : "legacy").command(args);
}

describe.each(recording.sessions.map((s) => [s.name, s.steps] as const))("%s", (_, steps) => {
  const world = new World();
  const ns = new NetNamespace(world, "n1");

  it.each(
    steps.map(
      (step, i) =>
        ["sleep" in step ? `${i}: sleep ${step.sleep}` : `${i}: ${step.tool} ${step.args.join(" ")}`, step] as const,
    ),
  )("%s", (_name, step) => {
    if ("sleep" in step) {
      world.clock.runUntil(world.now + step.sleep);
      return;
    }
    world.clock.runUntil(world.now + 1);
    const got = run(ns, step);
    const want = masked(step.stdout);
    expect({ stdout: aligned(masked(got.stdout), want), stderr: got.stderr, exit: got.exit }).toEqual({
      stdout: want,
      stderr: step.stderr,
      exit: step.exit,
    });
  });
});
