// Runs the steps of one cell: commands are started at their places, virtual time passes until they have ended, and expectations are
// looked at while the cluster stands as the step left it.

import type { ClientOutcome, RunningCommand } from "@kubehop/commands";
import { formatIpv4, PacketStormError } from "@kubehop/netstack";
import type { SockErrno } from "@kubehop/netstack";
import { Refusal, SimulationBudgetError } from "@kubehop/sim";
import type { Cluster } from "../cluster/cluster.ts";
import type { EndpointPick } from "../cluster/pick.ts";
import type { Place, Places } from "../cluster/places.ts";
import { servedFor } from "../cluster/served.ts";
import { withFlows } from "../flows/flow-runner.ts";
import type { ReadFile } from "../load/context.ts";
import type {
  BeginListener,
  CellRunEnd,
  CellRunner,
  FlowOutcome,
  StepListener,
  StepOutcome,
} from "../model/outcome.ts";
import type { RunObserver } from "../model/run-observer.ts";
import type { CommandLine, DatagramAction, InjectAction, RunAction, SendAction, StepSpec } from "../model/step-spec.ts";
import { StepRefusal } from "../model/step-refusal.ts";
import { liveState } from "./live-state.ts";
import type { Desk } from "./desk.ts";
import { injectFrame, sendDatagram } from "./inject.ts";
import type { Jobs, RequestStart } from "./jobs.ts";
import { COMMAND_LIMIT_MS, passUntil } from "./pass-until.ts";
import { startSend } from "./send.ts";
import { type StartedLab, startLab } from "./start-lab.ts";
import { StepWatch } from "./watch.ts";

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
export function cellRunner(readFile: ReadFile, observer?: RunObserver): CellRunner {
  return withFlows(stepRunner(readFile, observer), stepRunner(readFile));
}

/** Knows no tables of flows. */
function stepRunner(readFile: ReadFile, observer?: RunObserver): CellRunner {
  return (plan, seed, onStep, onBegin) => {
    const lab = startLab(plan, seed, { readFile, onWorld: (world) => observer?.world(world) });
    observer?.settled(lab.cluster);
    return new StepRunner(lab, onStep, onBegin, observer).run();
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
  readonly #jobs: Jobs;
  readonly #observer: RunObserver | undefined;
  #stdout = "";
  #stderr = "";
  /** The first thing typed that is not modelled. */
  #refused: StepRefusal | undefined;

  constructor(
    { cluster, desk, jobs }: StartedLab,
    onStep: StepListener,
    onBegin: BeginListener | undefined,
    observer: RunObserver | undefined,
  ) {
    this.#cluster = cluster;
    this.#desk = desk;
    this.#jobs = jobs;
    this.#onStep = onStep;
    this.#onBegin = onBegin;
    this.#observer = observer;
  }

  run(): CellRunEnd {
    for (const step of this.#cluster.plan.steps) {
      try {
        this.#runStep(step);
      } catch (error) {
        if (error instanceof StepRefusal) throw error;
        if (error instanceof Refusal) throw new StepRefusal(error, step.position);
        if (!isStop(error)) throw error;
        return { virtualMs: this.#cluster.now, stopped: { step, reason: error.message } };
      }
    }
    return { virtualMs: this.#cluster.now };
  }

  #runStep(step: StepSpec): void {
    const cluster = this.#cluster;
    if (step.at !== undefined) {
      if (step.at < cluster.now)
        throw new StepStopped(`at: ${seconds(step.at)} has passed: the steps before end at ${seconds(cluster.now)}`);
      cluster.advance(step.at - cluster.now);
    }
    this.#throwRefused();
    const pick = this.#pick(step);
    this.#onBegin?.(step, cluster);
    this.#observer?.begin(step);
    const watch = new StepWatch(cluster, step.expect.checks);
    this.#stdout = "";
    this.#stderr = "";
    const startedAt = cluster.now;
    const results = Array.from({ length: step.repeat }, () => this.#act(step, watch));
    cluster.settle();
    this.#throwRefused();
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
    pick?.close();
    checkPicked(step, pick, flows, this.#cluster.places);
    this.#onStep(step, outcome, liveState(cluster, watch));
  }

  #pick({ pick }: StepSpec): EndpointPick | undefined {
    if (pick === undefined) return undefined;
    const ip = this.#cluster.places.pod(pick.text)?.status.podIP;
    if (ip === undefined) throw new StepStopped(`pick: ${pick.text} has no address now`);
    const picked = this.#cluster.pick(ip);
    if (!picked.leads) throw new StepStopped(`pick: no rule of any node leads to ${pick.text} (${ip})`);
    return picked;
  }

  #act(step: StepSpec, watch: StepWatch): ActionResult {
    switch (step.action.kind) {
      case "flows":
        throw new Error("a table of flows is no business of this runner");
      case "wait":
        this.#cluster.advance(step.action.ms);
        return { exitCode: 0, flows: [] };
      case "send":
        return this.#send(step.action, watch);
      case "inject":
        return this.#inject(step.action);
      case "datagram":
        return this.#datagram(step.action);
      case "run":
        return this.#runCommands(step, step.action, watch);
    }
  }

  #runCommands(step: StepSpec, action: RunAction, watch: StepWatch): ActionResult {
    const flows: FlowOutcome[] = [];
    let exitCode = 0;
    for (const command of action.commands) {
      const place = this.#place(action.in);
      const start = this.#starting(place, command.background);
      if (command.background) {
        this.#jobs.add(step.id, start, (stdout) => this.#start(place, command, stdout));
        continue;
      }
      const process = this.#start(place, command, (text) => (this.#stdout += text));
      this.#waitFor(() => process.exitCode !== undefined || this.#isGone(place), command.text);
      exitCode = process.exitCode ?? this.#kill(process);
      const outcome = process.outcome;
      if (outcome !== undefined) flows.push(this.#flowOutcome(outcome, start, watch));
    }
    return { exitCode, flows };
  }

  #starting(place: Place, background: boolean): RequestStart {
    const { served, now } = this.#cluster;
    const token = this.#observer?.starting(background);
    return { ns: place.ns.name, servedBefore: served.length, at: now, token };
  }

  #start(place: Place, { text: line, position }: CommandLine, stdout: (text: string) => void): RunningCommand {
    return this.#desk.start(place, line, {
      stdout,
      stderr: (text) => void (this.#stderr += text),
      refuse: (text) => void (this.#refused ??= new StepRefusal(new Refusal(text), position)),
    });
  }

  /** A refusal may come up deep inside a packet's way: the run stops when that is over. */
  #throwRefused(): void {
    if (this.#refused !== undefined) throw this.#refused;
  }

  #send(action: SendAction, watch: StepWatch): ActionResult {
    const place = this.#place(action.flow.from.name);
    const dst = this.#cluster.places.address(action.flow.to.name, place.namespace);
    if (dst === undefined) throw new StepStopped(`send: no address for ${action.flow.to.name}`);
    const start = this.#starting(place, false);
    let flow: FlowOutcome | undefined;
    startSend(place.ns, action, formatIpv4(dst), (outcome) => {
      flow = this.#flowOutcome(outcome, start, watch);
    });
    this.#waitFor(() => flow !== undefined, action.flow.text);
    return { exitCode: flow?.result === "ok" ? 0 : 1, flows: flow === undefined ? [] : [flow] };
  }

  #inject(action: InjectAction): ActionResult {
    const { ns } = this.#place(action.in);
    const dev = ns.devices.byName(action.dev);
    if (dev === undefined) throw new StepStopped(`inject: there is no device ${action.dev} in ${action.in} now`);
    this.#observer?.inject(ns, action);
    return this.#handedOver("send", injectFrame(dev, action));
  }

  #datagram(action: DatagramAction): ActionResult {
    const place = this.#place(action.in);
    const dst = this.#cluster.places.address(action.to.name, place.namespace);
    if (dst === undefined) throw new StepStopped(`datagram: no address for ${action.to.name}`);
    this.#observer?.datagram(place.ns, formatIpv4(dst), action);
    return this.#handedOver("sendto", sendDatagram(place.ns, dst, action));
  }

  /** What a system call said is all there is to see at the sender's. */
  #handedOver(call: string, errno: SockErrno | undefined): ActionResult {
    if (errno !== undefined) this.#stderr += `${call}: ${errno}\n`;
    return { exitCode: errno === undefined ? 0 : 1, flows: [] };
  }

  /** Who answered is what a server saw of this very request since it began. */
  #flowOutcome(client: ClientOutcome, begun: RequestStart, watch: StepWatch): FlowOutcome {
    const { result, bytes } = client;
    const { ns, servedBefore, at, token } = this.#jobs.startOf(client) ?? begun;
    const served = servedFor(this.#cluster.served, servedBefore, client);
    this.#observer?.request({ ns, client, served, startedAt: at, endedAt: this.#cluster.now }, token);
    if (served === undefined) return { result, bytes };
    const ttl = watch.ttlOf(served);
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
    if (passUntil(this.#cluster, ended, () => this.#throwRefused())) return;
    throw new StepStopped(
      `${what}: did not end within ${COMMAND_LIMIT_MS / 1000} virtual seconds; bound it (-c 4, --max-time 5), or end the line in & and bring it back with fg`,
    );
  }
}

/** A choice that was to be forced and was not: the step does not show what it says. */
function checkPicked(
  step: StepSpec,
  pick: EndpointPick | undefined,
  flows: readonly FlowOutcome[],
  places: Places,
): void {
  if (step.pick === undefined || pick === undefined || pick.used) return;
  const { text } = step.pick;
  if (flows.length === 0) throw new StepStopped(`pick: nothing chose ${text}, the step made no request`);
  if (pick.elsewhere !== undefined)
    throw new StepStopped(`pick: ${text} was not among the choices of ${pick.elsewhere}`);
  const wanted = places.find(text)?.ns.name;
  const other = flows.find(({ by }) => by !== undefined && by !== wanted)?.by;
  if (other !== undefined)
    throw new StepStopped(`pick: nothing chose ${text}, ${other} answered without a random choice`);
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

function isStop(error: unknown): error is Error {
  return error instanceof StepStopped || error instanceof PacketStormError || error instanceof SimulationBudgetError;
}
