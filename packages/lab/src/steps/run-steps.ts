// Runs the steps of one cell: commands are started at their places, virtual time passes until they have ended, and expectations are
// looked at while the cluster stands as the step left it.

import type { RunningCommand } from "@kubehop/commands";
import { formatIpv4, PacketStormError } from "@kubehop/netstack";
import { Refusal, SimulationBudgetError } from "@kubehop/sim";
import { Cluster } from "../cluster/cluster.ts";
import type { Place } from "../cluster/places.ts";
import type { ReadFile } from "../load/context.ts";
import type {
  BeginListener,
  CellRunEnd,
  CellRunner,
  FlowOutcome,
  FlowResult,
  StepListener,
  StepOutcome,
} from "../model/outcome.ts";
import type { RunAction, SendAction, StepSpec } from "../model/step-spec.ts";
import { StepRefusal } from "../model/step-refusal.ts";
import { liveState } from "./live-state.ts";
import { Desk } from "./desk.ts";
import { startSend } from "./send.ts";
import { StepWatch } from "./watch.ts";

/** Virtual ms a command may take before the run gives up on it: longer than any TCP timeout. */
const COMMAND_LIMIT_MS = 3_600_000;

/** Exit code of a command that was ended by SIGKILL. */
const EXIT_KILLED = 137;

/** A step cannot go on: the reason is told to the person who wrote it. */
class StepStopped extends Error {
  override readonly name = "StepStopped";
}

/**
 * A runner of cells, each on a cluster of its own. `readFile`: files beside the scenario, as commands name them.
 * The runner throws Refusal when a cluster asks for something that is refused, StepRefusal when a step does.
 */
export function cellRunner(readFile: ReadFile): CellRunner {
  return (plan, seed, onStep, onBegin) => {
    const cluster = Cluster.build(plan, seed);
    return new StepRunner(cluster, new Desk(cluster, readFile), onStep, onBegin).run();
  };
}

/** What one action of a step gave. */
interface ActionResult {
  readonly exitCode: number;
  readonly flows: readonly FlowOutcome[];
}

class StepRunner {
  readonly #cluster: Cluster;
  readonly #onStep: StepListener;
  readonly #onBegin: BeginListener | undefined;
  readonly #desk: Desk;
  readonly #background: { readonly step: StepSpec; readonly process: RunningCommand; output: string }[] = [];
  #stdout = "";
  #stderr = "";

  constructor(cluster: Cluster, desk: Desk, onStep: StepListener, onBegin: BeginListener | undefined) {
    this.#cluster = cluster;
    this.#desk = desk;
    this.#onStep = onStep;
    this.#onBegin = onBegin;
  }

  run(): CellRunEnd {
    for (const step of this.#cluster.plan.steps) {
      try {
        this.#runStep(step);
      } catch (error) {
        if (error instanceof Refusal) throw new StepRefusal(error, step.position);
        if (!isStop(error)) throw error;
        return { virtualMs: this.#cluster.now, stopped: { step, reason: error.message } };
      }
    }
    return { virtualMs: this.#cluster.now };
  }

  #runStep(step: StepSpec): void {
    const cluster = this.#cluster;
    if (step.at !== undefined && step.at > cluster.now) cluster.advance(step.at - cluster.now);
    cluster.pick(this.#pickedAddress(step));
    this.#onBegin?.(step, cluster);
    const watch = new StepWatch(cluster, step.expect.checks);
    this.#stdout = "";
    this.#stderr = "";
    const startedAt = cluster.now;
    const results = Array.from({ length: step.repeat }, () => this.#act(step, watch));
    cluster.settle();
    const flows = results.flatMap((result) => result.flows);
    const last = flows.at(-1);
    const outcome: StepOutcome = {
      exitCode: results.at(-1)?.exitCode ?? 0,
      stdout: this.#stdout,
      stderr: this.#stderr,
      ...(last === undefined ? {} : { flow: last }),
      flows,
      startedAt,
      endedAt: cluster.now,
    };
    watch.close();
    cluster.pick(undefined);
    this.#onStep(step, outcome, liveState(cluster, watch));
  }

  #pickedAddress(step: StepSpec): string | undefined {
    if (step.pick === undefined) return undefined;
    const ip = this.#cluster.places.pod(step.pick.text)?.status.podIP;
    if (ip === undefined) throw new StepStopped(`pick: ${step.pick.text} has no address now`);
    return ip;
  }

  #act(step: StepSpec, watch: StepWatch): ActionResult {
    switch (step.action.kind) {
      case "wait":
        this.#cluster.advance(step.action.ms);
        return { exitCode: 0, flows: [] };
      case "send":
        return this.#send(step.action, watch);
      case "run":
        return this.#runCommands(step, step.action, watch);
    }
  }

  #runCommands(step: StepSpec, action: RunAction, watch: StepWatch): ActionResult {
    const flows: FlowOutcome[] = [];
    let exitCode = 0;
    for (const command of action.commands) {
      const servedBefore = this.#cluster.served.length;
      if (command.background) {
        this.#startBackground(step, action.in, command.text);
        continue;
      }
      const place = this.#place(action.in);
      const process = this.#start(place, command.text, (text) => (this.#stdout += text));
      this.#waitFor(() => process.exitCode !== undefined || this.#isGone(place), command.text);
      exitCode = process.exitCode ?? this.#kill(process);
      const outcome = process.outcome;
      if (outcome !== undefined) flows.push(this.#flowOutcome(outcome.result, outcome.bytes, servedBefore, watch));
    }
    return { exitCode, flows };
  }

  /** A command that stays until a later step waits for it (`fg`) or the run ends. */
  #startBackground(step: StepSpec, place: string, line: string): void {
    const entry: { step: StepSpec; process: RunningCommand; output: string } = {
      step,
      process: undefined as never,
      output: "",
    };
    entry.process = this.#start(this.#place(place), line, (text) => (entry.output += text));
    this.#background.push(entry);
  }

  #start(place: Place, line: string, stdout: (text: string) => void): RunningCommand {
    if (/^\s*fg\b/.test(line)) return this.#foreground(line, stdout);
    return this.#desk.start(place, line, { stdout, stderr: (text) => void (this.#stderr += text) });
  }

  /** `fg ID`: interrupt a background command (as ^C after fg would) and show what it has printed. */
  #foreground(line: string, stdout: (text: string) => void): RunningCommand {
    const id = line.trim().split(/\s+/)[1];
    const entry = id === undefined ? this.#background.at(-1) : this.#background.find(({ step }) => step.id === id);
    if (entry === undefined)
      throw new StepStopped(`fg: no command runs in the background${id === undefined ? "" : ` under the id ${id}`}`);
    entry.process.interrupt();
    this.#waitFor(() => entry.process.exitCode !== undefined, line);
    stdout(entry.output);
    entry.output = "";
    return entry.process;
  }

  #send(action: SendAction, watch: StepWatch): ActionResult {
    const place = this.#place(action.flow.from.name);
    const dst = this.#cluster.places.address(action.flow.to.name, place.namespace);
    if (dst === undefined) throw new StepStopped(`send: no address for ${action.flow.to.name}`);
    const servedBefore = this.#cluster.served.length;
    let flow: FlowOutcome | undefined;
    startSend(place.ns, action, formatIpv4(dst), ({ result, bytes }) => {
      flow = this.#flowOutcome(result, bytes, servedBefore, watch);
    });
    this.#waitFor(() => flow !== undefined, action.flow.text);
    return { exitCode: flow?.result === "ok" ? 0 : 1, flows: flow === undefined ? [] : [flow] };
  }

  /** Who answered is what servers saw since the request began. */
  #flowOutcome(result: FlowResult, bytes: number, servedBefore: number, watch: StepWatch): FlowOutcome {
    const served = this.#cluster.served.slice(servedBefore).at(-1);
    if (served === undefined) return { result, bytes };
    const ttl = watch.ttlFrom(served.ns, served.client, served.clientPort);
    return { result, bytes, by: served.ns, client: served.client, ...(ttl === undefined ? {} : { ttl }) };
  }

  #place(name: string): Place {
    const place = this.#cluster.places.find(name);
    if (place === undefined) throw new StepStopped(`there is no place ${name} now`);
    return place;
  }

  /** Its pod was deleted. */
  #isGone(place: Place): boolean {
    return this.#cluster.world.namespaces.get(place.ns.name) !== place.ns;
  }

  /** What runs in a pod ends with it. */
  #kill(process: RunningCommand): number {
    process.interrupt();
    return EXIT_KILLED;
  }

  /** Virtual time passes, event by event, until `ended`. */
  #waitFor(ended: () => boolean, what: string): void {
    const { world } = this.#cluster;
    const limit = world.now + COMMAND_LIMIT_MS;
    this.#cluster.settle();
    while (!ended()) {
      const next = world.clock.nextAt();
      if (next === undefined || next > limit)
        throw new StepStopped(`${what}: did not end within ${COMMAND_LIMIT_MS / 1000} virtual seconds`);
      world.clock.runNext();
      this.#cluster.settle();
    }
  }
}

function isStop(error: unknown): error is Error {
  return error instanceof StepStopped || error instanceof PacketStormError || error instanceof SimulationBudgetError;
}
