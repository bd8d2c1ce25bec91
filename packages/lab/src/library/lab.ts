// A running cluster in a program's hands. What is done is remembered as steps, so that it can be told afterwards: explaining repeats
// them on a cluster of its own, which comes out the same.
import { didYouMean } from "@kubehop/kube";
import { formatIpv4, PacketStormError } from "@kubehop/netstack";
import { Refusal, SimulationBudgetError } from "@kubehop/sim";
import type { Place } from "../cluster/places.ts";
import { ExplainError, explainScenario } from "../explain/explain.ts";
import type { Level } from "../explain/layout.ts";
import { commandLines } from "../load/commands.ts";
import type { ReadFile } from "../load/context.ts";
import type { Check } from "../model/expect-spec.ts";
import type { CellPlan, Scenario } from "../model/scenario.ts";
import { plainStep, REQUEST_TIMEOUT_MS, sendFlow, type SendAction } from "../model/step-spec.ts";
import type { StepAction, StepSpec } from "../model/step-spec.ts";
import { AT_LEAST_ONE, parseDuration, parseFlow } from "../schema/notation.ts";
import { Actor } from "../steps/acting.ts";
import { type StartedLab, startLab } from "../steps/start-lab.ts";
import { StepRun } from "../steps/step-run.ts";
import { StepStopped } from "../steps/step-stopped.ts";
import { type Activity, Timeline } from "../steps/timeline.ts";
import { typedOrigin } from "../steps/typed-origin.ts";
import { StepWatch } from "../steps/watch.ts";
import { LabError } from "./lab-error.ts";
import { LabPlace } from "./lab-place.ts";
import type { Reached } from "./reached.ts";

export class Lab {
  readonly #scenario: Scenario;
  readonly #plan: CellPlan;
  readonly #seed: number;
  readonly #readFile: ReadFile;
  readonly #started: StartedLab;
  readonly #actor: Actor;
  /** The first thing typed that is not modelled. */
  #refused: Refusal | undefined;
  readonly #steps: StepSpec[] = [];

  /** Made by loadLab. @throws Refusal */
  constructor(scenario: Scenario, plan: CellPlan, seed: number, readFile: ReadFile) {
    this.#scenario = scenario;
    this.#plan = plan;
    this.#seed = seed;
    this.#readFile = readFile;
    this.#started = startLab(plan, seed, { readFile });
    const refuse = (refusal: Refusal): void => void (this.#refused ??= refusal);
    this.#actor = new Actor({ ...this.#started, observer: undefined, refuse });
  }

  /** Virtual ms since time 0. */
  get now(): number {
    return this.#started.cluster.now;
  }

  /** A node, a host, a pod (`pod/web`, `web#1`), an alias, or `admin`. @throws LabError when there is none */
  from(place: string): LabPlace {
    this.#place(place);
    return new LabPlace(this, place);
  }

  /** @throws LabError when there is no such node */
  node(name: string): LabPlace {
    const names = this.#plan.cluster.nodes.map((node) => node.name);
    if (!names.includes(name)) throw new LabError(`no node is named ${JSON.stringify(name)}; ${known(name, names)}`);
    return new LabPlace(this, name);
  }

  /** A command line typed at a place. @throws LabError for what is not modelled or does not end */
  async type(place: string, text: string): Promise<Reached> {
    this.#place(place);
    const commands = commandLines(text, () => this.#position());
    return this.#do(`${place}$ ${text}`, { kind: "run", in: place, commands, origin: typedOrigin(this.#nextId()) });
  }

  /** A request without a tool: `FROM[:port] > TO[:port][/tcp|udp|icmp]`. @throws LabError */
  async send(text: string): Promise<Reached> {
    const action = sendActionOf(text);
    const { from, to } = action.flow;
    const { namespace } = this.#place(from.name);
    if (this.#started.cluster.places.address(to.name, namespace) === undefined)
      throw new LabError(`no address for ${to.name} in ${JSON.stringify(text)}`);
    return this.#do(text, action);
  }

  /** Virtual time passes: `5s`, `200ms`. @throws LabError when it is no time */
  async wait(time: string): Promise<void> {
    const ms = parseDuration(time);
    if (ms === undefined) throw new LabError(`${JSON.stringify(time)} is not a time; write 200ms, 5s or 1m30s`);
    this.#do(time, { kind: "wait", ms });
  }

  /** The newest request's way there and back. @throws LabError when there was none */
  explain(level: Level = "summary"): string {
    const last = this.#steps.findLast(({ action }) => action.kind !== "wait");
    if (last === undefined) throw new LabError("nothing was asked yet");
    return this.#explainStep(last, level);
  }

  /** One step, as a scenario's are done. It is remembered first: what breaks off has happened too. */
  #do(what: string, action: StepAction): Reached {
    const { cluster } = this.#started;
    const step = this.#remember(action);
    const run = new StepRun(step, new StepWatch(cluster, watchAll(step), action), cluster.now);
    try {
      this.#play(run);
      const { exitCode, stdout, stderr, flows, startedAt, endedAt } = run.outcome(cluster);
      const drops = [...run.watch.drops];
      return this.#reached(step, { what, exitCode, stdout, stderr, flows, drops, startedAt, endedAt });
    } finally {
      run.watch.close();
    }
  }

  /** @throws LabError when it breaks off */
  #play(run: StepRun): void {
    this.#refused = undefined;
    const look = (): void => {
      if (this.#refused !== undefined) throw this.#refused;
    };
    try {
      const timeline = new Timeline(this.#started.cluster, look);
      const task = timeline.start(playing(this.#actor, run));
      timeline.pass(() => task.done);
      look();
    } catch (error) {
      throw isOfTheLab(error) ? new LabError(error.message) : error;
    }
  }

  #reached(
    step: StepSpec,
    values: Omit<Reached, "result" | "by" | "client" | "ttl" | "namesOf" | "addressOf" | "explain">,
  ): Reached {
    const last = values.flows.at(-1);
    const { places } = this.#started.cluster;
    return {
      ...values,
      result: last?.result,
      by: last?.by,
      client: last?.client,
      ttl: last?.ttl,
      namesOf: (reference) => this.#namesOf(reference),
      addressOf: (name) => {
        const address = places.address(name);
        return address === undefined ? undefined : formatIpv4(address);
      },
      explain: () => this.#explainStep(step, "summary"),
    };
  }

  #namesOf(reference: string): readonly string[] {
    const { places, control } = this.#started.cluster;
    const found = places.find(reference);
    if (found !== undefined) return [found.name];
    const lookup = control.resolvePod(this.#plan.names[reference] ?? reference);
    if (lookup.found !== undefined) return [`${lookup.found.namespace}/${lookup.found.name}`];
    return lookup.candidates.flatMap((candidate) => places.find(candidate)?.name ?? []);
  }

  #explainStep({ id, index }: StepSpec, level: Level): string {
    const steps = this.#steps.filter((step) => step.index <= index);
    const scenario = { ...this.#scenario, cells: [{ ...this.#plan, steps }] };
    try {
      return explainScenario(scenario, { step: id, level, seed: this.#seed, readFile: this.#readFile });
    } catch (error) {
      throw error instanceof ExplainError ? new LabError(error.message) : error;
    }
  }

  #remember(action: StepAction): StepSpec {
    const step = plainStep(this.#nextId(), this.#steps.length, this.#position(), action);
    this.#steps.push(step);
    return step;
  }

  #nextId(): string {
    return `call ${this.#steps.length + 1}`;
  }

  #place(name: string): Place {
    const { places } = this.#started.cluster;
    const place = places.find(name);
    if (place !== undefined) return place;
    const names = [...places.all().map((one) => one.name), ...Object.keys(this.#plan.names)];
    throw new LabError(`there is no place ${JSON.stringify(name)} now; ${known(name, names)}`);
  }

  /** What a program does stands nowhere in the file. */
  #position(): StepSpec["position"] {
    return { file: this.#scenario.file, line: 1, col: 1, endCol: 2 };
  }
}

/** What is asked of every request: TTLs at servers, and drops. */
function watchAll({ position }: StepSpec): Check[] {
  const any = { in: undefined, dev: undefined, reason: undefined, by: undefined, flow: undefined, count: AT_LEAST_ONE };
  return [
    { kind: "ttl", value: 0, position },
    { kind: "dropped", ...any, position },
  ];
}

function sendActionOf(text: string): SendAction {
  const parsed = parseFlow(text);
  const flow = typeof parsed === "string" ? parsed : sendFlow(parsed);
  if (typeof flow === "string") throw new LabError(flow);
  return { kind: "send", flow, payload: undefined, timeout: REQUEST_TIMEOUT_MS };
}

function* playing(actor: Actor, run: StepRun): Activity {
  run.results.push(yield* actor.act(run));
}

function isOfTheLab(error: unknown): error is Error {
  return (
    error instanceof Refusal ||
    error instanceof StepStopped ||
    error instanceof PacketStormError ||
    error instanceof SimulationBudgetError
  );
}

function known(name: string, names: readonly string[]): string {
  return didYouMean(name, names) ?? `there are ${names.join(", ")}`;
}
