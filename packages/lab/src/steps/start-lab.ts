// A cell's lab up to time 0. What is built by commands is typed here, as by a person.

import { Refusal } from "@kubehop/sim";
import { Cluster, type WorldListener } from "../cluster/cluster.ts";
import type { Place } from "../cluster/places.ts";
import type { ReadFile } from "../load/context.ts";
import type { BareSpec } from "../model/bare-spec.ts";
import type { CellPlan } from "../model/scenario.ts";
import { StepRefusal } from "../model/step-refusal.ts";
import type { CommandLine } from "../model/step-spec.ts";
import { Desk } from "./desk.ts";
import { Jobs } from "./jobs.ts";
import { COMMAND_LIMIT_MS, passUntil } from "./pass-until.ts";
import { typedOrigin } from "./typed-origin.ts";

export interface StartOptions {
  /** Files beside the scenario, as commands name them. */
  readonly readFile: ReadFile;
  readonly onWorld?: WorldListener | undefined;
}

export interface StartedLab {
  readonly cluster: Cluster;
  readonly desk: Desk;
  readonly jobs: Jobs;
}

/** @throws Refusal, StepRefusal when a command of `build` fails */
export function startLab(plan: CellPlan, seed: number, { readFile, onWorld }: StartOptions): StartedLab {
  const cluster = Cluster.build(plan, seed, onWorld);
  const jobs = new Jobs();
  const desk = new Desk(cluster, readFile, jobs.fg);
  if (plan.bare !== undefined) {
    buildNamespaces(cluster, desk, plan.bare);
    cluster.begin();
  }
  return { cluster, desk, jobs };
}

function buildNamespaces(cluster: Cluster, desk: Desk, { build }: BareSpec): void {
  for (const block of build) {
    for (const name of block.in) {
      const place = cluster.places.find(name);
      if (place === undefined) throw new Error(`namespace ${name} was not made`);
      for (const command of block.commands) type(cluster, desk, place, command);
    }
  }
}

function type(cluster: Cluster, desk: Desk, place: Place, { text, position }: CommandLine): void {
  let said = "";
  let refused: string | undefined;
  const process = desk.start(place, text, {
    stdout: () => undefined,
    stderr: (words) => void (said += words),
    refuse: (words) => void (refused ??= words),
    origin: typedOrigin("build", position),
  });
  const ended = passUntil(cluster, () => process.exitCode !== undefined || refused !== undefined);
  if (refused !== undefined) throw new StepRefusal(new Refusal(refused), position);
  const fail = (why: string): StepRefusal =>
    new StepRefusal(new Refusal(`in ${place.name}: ${why}`), position, "bad-value");
  if (!ended) throw fail(`did not end within ${COMMAND_LIMIT_MS / 1000} virtual seconds`);
  if (process.exitCode !== 0) throw fail(said.trim() === "" ? `exit status ${process.exitCode}` : said.trim());
}
