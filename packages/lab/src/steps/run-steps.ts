// Runs the steps of one cell. Those without `after` stand one behind the other; streams and what events start go on beside them.
// Expectations are looked at while the cluster stands as the step left it.

import { PacketStormError } from "@kubehop/netstack";
import { Refusal, SimulationBudgetError } from "@kubehop/sim";
import type { Cluster } from "../cluster/cluster.ts";
import type { EndpointPick } from "../cluster/pick.ts";
import { judge } from "../expect/judge.ts";
import { withFlows } from "../flows/flow-runner.ts";
import { withPlayedTables } from "../flows/play-table.ts";
import type { ReadFile } from "../load/context.ts";
import type { BeginListener, CellRunEnd, CellRunner, StepListener } from "../model/outcome.ts";
import type { RunObserver } from "../model/run-observer.ts";
import type { EventSpec, StepSpec, StreamSpec } from "../model/step-spec.ts";
import { StepRefusal } from "../model/step-refusal.ts";
import { Actor } from "./acting.ts";
import { Awaited, EVENT_LIMIT_MS } from "./awaited.ts";
import { chapters } from "./chapters.ts";
import { checkPicked, pickFor } from "./picked.ts";
import { liveState } from "./live-state.ts";
import { type StartedLab, startLab } from "./start-lab.ts";
import { StepRun } from "./step-run.ts";
import { EndOfRun, StepStopped } from "./step-stopped.ts";
import { type Activity, Timeline, untilDone, untilTime } from "./timeline.ts";
import { StepWatch, watchedChecks } from "./watch.ts";

/**
 * A runner of cells, each on a cluster of its own. `readFile`: files beside the scenario, as commands name them.
 * The runner throws Refusal when a cluster asks for something that is refused, StepRefusal when a step does.
 */
export function cellRunner(readFile: ReadFile, observer?: RunObserver): CellRunner {
  return withFlows(stepRunner(readFile, observer), stepRunner(readFile));
}

/** The same for who repeats the run elsewhere: what tables of flows ask is asked of the cluster itself, and nothing is judged. */
export function playingRunner(readFile: ReadFile, observer: RunObserver): CellRunner {
  return withPlayedTables(stepRunner(readFile, observer), observer);
}

/** Knows no tables of flows. */
function stepRunner(readFile: ReadFile, observer?: RunObserver): CellRunner {
  return (plan, seed, onStep, onBegin) => {
    const lab = startLab(plan, seed, { readFile, onWorld: (world) => observer?.world(world) });
    observer?.settled(lab.cluster);
    return new StepRunner(lab, { onStep, onBegin, observer }).run();
  };
}

/** Repetitions of a stream: as many as `repeat` takes. */
const MOST_REPETITIONS = 100_000;

interface Listeners {
  readonly onStep: StepListener;
  readonly onBegin: BeginListener | undefined;
  readonly observer: RunObserver | undefined;
}

class StepRunner {
  readonly #cluster: Cluster;
  readonly #listeners: Listeners;
  readonly #actor: Actor;
  readonly #timeline: Timeline;
  readonly #awaited: Awaited;
  readonly #open = new Set<StepRun>();
  /** Steps that go on beside the others, or are about to. */
  #beside = 0;
  /** Those of them that end with an event that has not come: streams. */
  #endless = 0;
  /** Steps that have begun. */
  #begun = 0;
  /** The step that began last: what breaks off is told as its. */
  #newest: StepSpec | undefined;
  /** The first thing typed that is not modelled. */
  #refused: StepRefusal | undefined;

  constructor({ cluster, desk, jobs }: StartedLab, listeners: Listeners) {
    this.#cluster = cluster;
    this.#listeners = listeners;
    const refuse = (refusal: StepRefusal): void => void (this.#refused ??= refusal);
    this.#actor = new Actor({ cluster, desk, jobs, observer: listeners.observer, refuse });
    this.#timeline = new Timeline(cluster, () => this.#look());
    this.#awaited = new Awaited(cluster);
    this.#newest = cluster.plan.steps[0];
  }

  run(): CellRunEnd {
    try {
      const all = this.#timeline.start(this.#sequence());
      this.#timeline.pass(() => all.done);
    } catch (error) {
      return this.#broken(error);
    }
    const { now, plan } = this.#cluster;
    if (this.#begun !== plan.steps.length) throw new Error(`${plan.steps.length - this.#begun} steps never began`);
    return { virtualMs: now };
  }

  /** @throws what is no matter of the scenario, and refusals at their place */
  #broken(error: unknown): CellRunEnd {
    const { step, cause } = error instanceof EndOfRun ? error : { step: this.#newest, cause: error };
    if (cause instanceof StepRefusal || step === undefined) throw cause;
    if (cause instanceof Refusal) throw new StepRefusal(cause, step.position);
    if (!isStop(cause)) throw cause;
    return { virtualMs: this.#cluster.now, stopped: { step, reason: cause.message } };
  }

  *#sequence(): Activity {
    for (const { step, followers } of chapters(this.#cluster.plan.steps)) {
      if (step !== undefined) yield* at(step, this.#waitForTime(step));
      for (const follower of followers) this.#arm(follower);
      if (step?.stream !== undefined) this.#startBeside(this.#stream(step, step.stream));
      else if (step !== undefined) yield* this.#step(step);
    }
    yield* this.#ending();
  }

  /** The run ends when all that goes on beside has, and all that was waited for has come. */
  *#ending(): Activity {
    const idle = (): boolean => this.#beside === this.#endless;
    for (;;) {
      yield idle;
      if (!this.#awaited.pending) return;
      const came = yield* untilDone(this.#cluster, () => !idle() || !this.#awaited.pending, EVENT_LIMIT_MS);
      const missing = came ? undefined : this.#awaited.missing();
      if (missing !== undefined) throw new EndOfRun(missing.step, missing.reason);
    }
  }

  *#waitForTime(step: StepSpec): Activity {
    const { now, epoch } = this.#cluster;
    if (step.at === undefined) return;
    if (step.at < now)
      throw new StepStopped(`at: ${seconds(step.at)} has passed: the steps before end at ${seconds(now)}`);
    yield* untilTime(this.#cluster, epoch + step.at);
  }

  #startBeside(activity: Activity): () => boolean {
    this.#beside++;
    const task = this.#timeline.start(this.#counted(activity));
    return () => task.done;
  }

  *#counted(activity: Activity): Activity {
    yield* activity;
    this.#beside--;
  }

  #arm(step: StepSpec): void {
    const { after } = step;
    if (after === undefined) return;
    const start = (): (() => boolean) => this.#startBeside(this.#started(step, after));
    this.#awaited.once({ step, key: "after", event: after }, () => {
      // Who wrote the batch stands still until the step has ended.
      if (after.event === "batch") this.#timeline.pass(start());
      // Never inside of the event: nothing else could go on there.
      else this.#soon(start);
    });
  }

  /** At this moment, behind what is due already. */
  #soon(start: () => void): void {
    this.#beside++;
    this.#cluster.world.clock.schedule(0, () => {
      this.#beside--;
      start();
    });
  }

  *#started(step: StepSpec, { plus }: EventSpec): Activity {
    if (plus > 0) yield* untilTime(this.#cluster, this.#cluster.world.now + plus);
    yield* step.stream === undefined ? this.#step(step) : this.#stream(step, step.stream);
  }

  *#step(step: StepSpec): Activity {
    yield* at(step, this.#once(step));
  }

  *#once(step: StepSpec): Activity {
    const pick = pickFor(step, this.#cluster);
    const run = this.#begin(step);
    for (let i = 0; i < step.repeat; i++) run.results.push(yield* this.#actor.act(run));
    yield* this.#closing(run, pick);
  }

  *#stream(step: StepSpec, stream: StreamSpec): Activity {
    yield* at(step, this.#repeated(step, stream));
  }

  /** Each repetition is an activity of its own; the step has ended when all have. */
  *#repeated(step: StepSpec, { every, until }: StreamSpec): Activity {
    const { world, epoch } = this.#cluster;
    const run = this.#begin(step);
    const isOver = this.#untilOf(step, until);
    let open = 0;
    const one = function* (this: StepRunner, number: number): Activity {
      run.results[number - 1] = yield* at(step, this.#actor.act(run, number));
      open--;
    };
    const begun = world.now;
    for (let number = 1; !isOver(); number++) {
      if (number > MOST_REPETITIONS)
        throw new StepStopped(`every: ${MOST_REPETITIONS} repetitions, and until has not come`);
      open++;
      this.#timeline.start(one.call(this, number));
      const next = begun + number * every;
      if (typeof until === "number" && next >= epoch + until) break;
      world.clock.at(next, () => undefined);
      yield () => world.now >= next || isOver();
    }
    yield () => open === 0;
    run.stream?.close();
    yield* this.#closing(run, undefined);
  }

  #untilOf(step: StepSpec, until: StreamSpec["until"]): () => boolean {
    const { world, epoch } = this.#cluster;
    if (typeof until === "number") return () => world.now >= epoch + until;
    let over = false;
    this.#endless++;
    this.#awaited.once({ step, key: "until", event: until }, () => {
      this.#endless--;
      world.clock.schedule(until.plus, () => void (over = true));
    });
    return () => over;
  }

  /** What was done is done; what it is to show may come later. */
  *#closing(run: StepRun, pick: EndpointPick | undefined): Activity {
    const cluster = this.#cluster;
    const { expect } = run.step;
    cluster.settle();
    if (expect.within !== undefined) {
      const holds = (): boolean => judge(expect, run.outcome(cluster), liveState(cluster, run.watch)).length === 0;
      yield* untilDone(cluster, holds, expect.within);
    }
    this.#end(run, pick);
  }

  #begin(step: StepSpec): StepRun {
    const cluster = this.#cluster;
    this.#throwRefused();
    this.#newest = step;
    this.#begun++;
    this.#listeners.onBegin?.(step, cluster);
    this.#listeners.observer?.begin(step);
    cluster.log.tell(step.id, "begun");
    const run = new StepRun(step, new StepWatch(cluster, watchedChecks(step.expect), step.action), cluster.now);
    this.#open.add(run);
    return run;
  }

  #end(run: StepRun, pick: EndpointPick | undefined): void {
    const cluster = this.#cluster;
    this.#throwRefused();
    this.#lookAt(run);
    this.#open.delete(run);
    const outcome = run.outcome(cluster);
    run.watch.close();
    pick?.close();
    checkPicked(run.step, pick, outcome.flows, cluster.places);
    this.#listeners.onStep(run.step, outcome, liveState(cluster, run.watch));
    cluster.log.tell(run.step.id, "ended");
  }

  /** Between two events. */
  #look(): void {
    this.#throwRefused();
    for (const run of this.#open) this.#lookAt(run);
  }

  /** `never`: at no moment. */
  #lookAt(run: StepRun): void {
    run.look(this.#cluster, () => liveState(this.#cluster, run.watch));
  }

  /** A refusal may come up deep inside a packet's way: the run stops when that is over. */
  #throwRefused(): void {
    if (this.#refused !== undefined) throw this.#refused;
  }
}

/** What breaks off inside is told as this step's. */
function* at<T>(step: StepSpec, activity: Activity<T>): Activity<T> {
  try {
    return yield* activity;
  } catch (error) {
    throw error instanceof EndOfRun ? error : new EndOfRun(step, error);
  }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

function isStop(error: unknown): error is Error {
  return error instanceof StepStopped || error instanceof PacketStormError || error instanceof SimulationBudgetError;
}
