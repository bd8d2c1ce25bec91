// What a step does, verb by verb. Each is an activity: it waits for what it has started while other things go on.

import type { ClientOutcome, RunningCommand } from "@kubehop/commands";
import { formatIpv4 } from "@kubehop/netstack";
import type { Ipv4, RuleOrigin, SockErrno } from "@kubehop/netstack";
import { Refusal } from "@kubehop/sim";
import type { Cluster } from "../cluster/cluster.ts";
import type { Place } from "../cluster/places.ts";
import { PodNames } from "../cluster/pod-names.ts";
import { servedFor } from "../cluster/served.ts";
import type { FlowOutcome } from "../model/outcome.ts";
import type { RunObserver } from "../model/run-observer.ts";
import { StepRefusal } from "../model/step-refusal.ts";
import type {
  CommandLine,
  DatagramAction,
  InjectAction,
  RaceAction,
  RunAction,
  SendAction,
  SendFlow,
  StepSpec,
} from "../model/step-spec.ts";
import type { Desk } from "./desk.ts";
import { runFault } from "./fault/run-fault.ts";
import { injectFrame, sendDatagram } from "./inject.ts";
import type { Jobs, RequestStart } from "./jobs.ts";
import { COMMAND_LIMIT_MS } from "./pass-until.ts";
import { startRace } from "./race.ts";
import { startSend } from "./send.ts";
import { SendStream } from "./send-stream.ts";
import type { ActionResult, StepRun } from "./step-run.ts";
import { StepStopped } from "./step-stopped.ts";
import { type Activity, untilDone, untilTime } from "./timeline.ts";
import { typedOrigin } from "./typed-origin.ts";

/** Exit code of a command that was ended by SIGKILL. */
const EXIT_KILLED = 137;

const NOTHING: ActionResult = { exitCode: 0, flows: [] };

export interface ActorOptions {
  readonly cluster: Cluster;
  readonly desk: Desk;
  readonly jobs: Jobs;
  readonly observer: RunObserver | undefined;
  /** Something typed is not modelled. */
  readonly refuse: (refusal: StepRefusal) => void;
}

export class Actor {
  readonly #options: ActorOptions;
  readonly #cluster: Cluster;
  readonly #names: PodNames;

  constructor(options: ActorOptions) {
    this.#options = options;
    this.#cluster = options.cluster;
    this.#names = new PodNames(options.cluster);
  }

  /** The step's action once. `number`: which repetition of a stream it is, from 1. */
  *act(run: StepRun, number?: number): Activity<ActionResult> {
    const { action } = run.step;
    switch (action.kind) {
      case "flows":
        throw new Error("a table of flows is no business of this runner");
      case "wait":
        yield* untilTime(this.#cluster, this.#cluster.world.now + action.ms);
        return NOTHING;
      case "fault":
        runFault(this.#cluster, action.fault);
        return NOTHING;
      case "send":
        return yield* this.#send(action, run, number);
      case "inject":
        return this.#inject(action, run);
      case "datagram":
        return this.#datagram(action, run);
      case "race":
        return yield* this.#race(action, run);
      case "run":
        return yield* this.#runCommands(action, run);
    }
  }

  *#runCommands(action: RunAction, run: StepRun): Activity<ActionResult> {
    const flows: FlowOutcome[] = [];
    let exitCode = 0;
    for (const command of action.commands) {
      const place = this.#place(action.in);
      const start = this.#starting(place, command.background);
      this.#tellKubectl(place, command);
      if (command.background) {
        this.#options.jobs.add(run.step.id, start, (stdout) => this.#start(place, command, run, stdout));
        continue;
      }
      const process = this.#start(place, command, run, (text) => void (run.stdout += text));
      yield* this.#waitFor(() => process.exitCode !== undefined || this.#isGone(place), command.text);
      exitCode = process.exitCode ?? kill(process);
      const outcome = process.outcome;
      if (outcome !== undefined) flows.push(this.#flowOutcome(outcome, start, run));
    }
    return { exitCode, flows };
  }

  /** What changes the cluster belongs to what happened. */
  #tellKubectl(place: Place, { text }: CommandLine): void {
    if (/\bkubectl\b/.test(text)) this.#cluster.log.tell(place.name, "typed", { detail: text });
  }

  #starting(place: Place, background: boolean): RequestStart {
    const { served, now, events } = this.#cluster;
    const token = this.#options.observer?.starting(background);
    return { ns: place.ns.name, servedBefore: served.length, at: now, eventsBefore: events.length, token };
  }

  #start(
    place: Place,
    { text: line, position }: CommandLine,
    run: StepRun,
    stdout: (text: string) => void,
  ): RunningCommand {
    return this.#options.desk.start(place, line, {
      stdout,
      stderr: (text) => void (run.stderr += text),
      refuse: (text) => this.#options.refuse(new StepRefusal(new Refusal(text), position)),
      origin: originOf(run.step) ?? typedOrigin(run.step.id, position),
    });
  }

  *#send(action: SendAction, run: StepRun, number: number | undefined): Activity<ActionResult> {
    const { dst, ...place } = this.#endOf(action.flow, "send");
    const start = this.#starting(place, false);
    let flow: FlowOutcome | undefined;
    const done = (outcome: ClientOutcome & { readonly data?: Uint8Array }): void => {
      flow = this.#flowOutcome(outcome, start, run);
    };
    if (number !== undefined && SendStream.isFor(action)) {
      run.stream ??= new SendStream(place.ns, action, formatIpv4(dst));
      run.stream.send(number, done);
    } else startSend(place.ns, action, formatIpv4(dst), done);
    yield* this.#waitFor(() => flow !== undefined, action.flow.text);
    return { exitCode: flow?.result === "ok" ? 0 : 1, flows: flow === undefined ? [] : [flow] };
  }

  *#race(action: RaceAction, run: StepRun): Activity<ActionResult> {
    const ends = [this.#endOf(action.flows[0], "race"), this.#endOf(action.flows[1], "race")] as const;
    const start = this.#starting(ends[0], false);
    const race = startRace(action, this.#place(action.in).ns, ends, this.#cluster.places);
    yield* this.#waitFor(() => race.outcomes.length === 2, "race");
    const stopped = race.close();
    if (stopped !== undefined) throw new StepStopped(stopped);
    const flows = race.outcomes.map((outcome) => this.#flowOutcome(outcome, start, run));
    return { exitCode: flows.every(({ result }) => result === "ok") ? 0 : 1, flows };
  }

  /** Where a flow begins, and the address it goes to. */
  #endOf({ from, to }: SendFlow, verb: string): Place & { readonly dst: Ipv4 } {
    const place = this.#place(from.name);
    const dst = this.#cluster.places.address(to.name, place.namespace);
    if (dst === undefined) throw new StepStopped(`${verb}: no address for ${to.name}`);
    return { ...place, dst };
  }

  #inject(action: InjectAction, run: StepRun): ActionResult {
    const { ns } = this.#place(action.in);
    const dev = ns.devices.byName(action.dev);
    if (dev === undefined) throw new StepStopped(`inject: there is no device ${action.dev} in ${action.in} now`);
    this.#options.observer?.inject(ns, action);
    return handedOver(run, "send", injectFrame(dev, action));
  }

  #datagram(action: DatagramAction, run: StepRun): ActionResult {
    const place = this.#place(action.in);
    const dst = this.#cluster.places.address(action.to.name, place.namespace);
    if (dst === undefined) throw new StepStopped(`datagram: no address for ${action.to.name}`);
    this.#options.observer?.datagram(place.ns, formatIpv4(dst), action);
    return handedOver(run, "sendto", sendDatagram(place.ns, dst, action));
  }

  /** Who answered is what a server saw of this very request since it began. */
  #flowOutcome(client: ClientOutcome & { readonly data?: Uint8Array }, begun: RequestStart, run: StepRun): FlowOutcome {
    const { result, bytes } = client;
    const { ns, servedBefore, at, eventsBefore, token } = this.#options.jobs.startOf(client) ?? begun;
    const { now } = this.#cluster;
    const served = servedFor(this.#cluster.served, servedBefore, client);
    this.#options.observer?.request({ ns, client, served, startedAt: at, endedAt: now }, token);
    const own = { result, bytes, ...endsOf(client), startedAt: at, endedAt: now, eventsBefore };
    if (served === undefined) return own;
    const ttl = run.watch.ttlOf(served);
    const byName = this.#names.nameOf(served.ns);
    const named = byName === served.ns ? {} : { byName };
    return { ...own, by: served.ns, ...named, client: served.client, ...(ttl === undefined ? {} : { ttl }) };
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

  *#waitFor(ended: () => boolean, what: string): Activity {
    if (yield* untilDone(this.#cluster, ended, COMMAND_LIMIT_MS)) return;
    throw new StepStopped(
      `${what}: did not end within ${COMMAND_LIMIT_MS / 1000} virtual seconds; bound it (-c 4, --max-time 5), or end the line in & and bring it back with fg`,
    );
  }
}

/** What runs in a pod ends with it. */
function kill(process: RunningCommand): number {
  process.interrupt();
  return EXIT_KILLED;
}

function originOf({ action }: StepSpec): RuleOrigin | undefined {
  return action.kind === "run" ? action.origin : undefined;
}

/** What a system call said is all there is to see at the sender's. */
function handedOver(run: StepRun, call: string, errno: SockErrno | undefined): ActionResult {
  if (errno !== undefined) run.stderr += `${call}: ${errno}\n`;
  return { exitCode: errno === undefined ? 0 : 1, flows: [] };
}

function endsOf({ protocol, local, remote }: ClientOutcome): Pick<FlowOutcome, "ends"> {
  if (remote === undefined) return {};
  const src = local === undefined ? "" : formatIpv4(local.addr);
  return { ends: { protocol, src, sport: local?.port ?? 0, dst: formatIpv4(remote.addr), dport: remote.port } };
}
