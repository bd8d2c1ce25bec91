// What a person waits for at the terminal: `kubehop run FILE` as a whole process, from the start of node to its end.
// Run from the repository's root, as `pnpm bench` does.
import { spawnSync } from "node:child_process";
import process from "node:process";

const RUN = ["packages/cli/bin/kubehop.mjs", "run", "scenarios/articles/004_kops-br-netfilter.yaml"];
const RUNS = 15;

/** Wall time of one process, ms. */
function wallTime(args: readonly string[]): number {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`);
  return performance.now() - start;
}

function row(work: string, args: readonly string[]): { work: string; median: string; least: string } {
  const times = Array.from({ length: RUNS }, () => wallTime(args)).sort((a, b) => a - b);
  const text = (at: number): string => `${Math.round(times[at] ?? Number.NaN)} ms`;
  return { work, median: text(RUNS >> 1), least: text(0) };
}

// The first run after a build compiles everything, and keeps what V8 made of it.
wallTime(RUN);
console.table([row("kubehop run of article 004", RUN), row("node alone", ["-e", "0"])]);
