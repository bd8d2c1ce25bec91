// A running cluster in a program's hands. What is done is remembered as steps, so that it can be told afterwards: explaining repeats
// them on a cluster of its own, which comes out the same.
import { didYouMean } from "@kubehop/kube";
import { formatIpv4 } from "@kubehop/netstack";
import { Refusal } from "@kubehop/sim";
import type { ClientOutcome } from "@kubehop/commands";
import type { Place } from "../cluster/places.ts";
import { servedFor } from "../cluster/served.ts";
import { ExplainError, explainScenario } from "../explain/explain.ts";
import type { Level } from "../explain/layout.ts";
import type { ReadFile } from "../load/context.ts";
import type { Check } from "../model/expect-spec.ts";
import type { FlowOutcome } from "../model/outcome.ts";
import type { CellPlan, Scenario } from "../model/scenario.ts";
import { sendFlow, type SendAction, type StepAction, type StepSpec } from "../model/step-spec.ts";
import { AT_LEAST_ONE, parseDuration, parseFlow } from "../schema/notation.ts";
import { passUntil } from "../steps/pass-until.ts";
import { startSend } from "../steps/send.ts";
import { type StartedLab, startLab } from "../steps/start-lab.ts";
import { StepWatch } from "../steps/watch.ts";
import { LabError } from "./lab-error.ts";
import { LabPlace } from "./lab-place.ts";
import type { Reached } from "./reached.ts";

/** Virtual ms that a request without a tool waits for its answer. */
const SEND_TIMEOUT_MS = 5_000;

/** What was typed or sent, while it is on its way. */
interface Doing {
  readonly what: string;
  readonly action: StepAction;
  /** Starts it; gives what it has come to, as soon as it has. */
  readonly start: (say: (to: "stdout" | "stderr", text: string) => void) => () => Ended | undefined;
}

interface Ended {
  readonly exitCode: number;
  readonly outcome: ClientOutcome | undefined;
}

export class Lab {
  readonly #scenario: Scenario;
  readonly #plan: CellPlan;
  readonly #seed: number;
  readonly #readFile: ReadFile;
  readonly #started: StartedLab;
  readonly #steps: StepSpec[] = [];

  /** Made by loadLab. @throws Refusal */
  constructor(scenario: Scenario, plan: CellPlan, seed: number, readFile: ReadFile) {
    this.#scenario = scenario;
    this.#plan = plan;
    this.#seed = seed;
    this.#readFile = readFile;
    this.#started = startLab(plan, seed, { readFile });
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
    const { cluster, desk } = this.#started;
    const at = this.#place(place);
    let refused: string | undefined;
    const position = this.#position();
    return this.#do({
      what: `${place}$ ${text}`,
      action: { kind: "run", in: place, commands: [{ text, background: false, position }] },
      start: (say) => {
        const process = desk.start(at, text, {
          stdout: (words) => say("stdout", words),
          stderr: (words) => say("stderr", words),
          refuse: (words) => void (refused ??= words),
        });
        return () => {
          if (refused !== undefined) throw new LabError(refused);
          if (cluster.world.namespaces.get(at.ns.name) !== at.ns) process.interrupt();
          return process.exitCode === undefined ? undefined : { exitCode: process.exitCode, outcome: process.outcome };
        };
      },
    });
  }

  /** A request without a tool: `FROM[:port] > TO[:port][/tcp|udp|icmp]`. @throws LabError */
  async send(text: string): Promise<Reached> {
    const action = sendActionOf(text);
    const { from, to } = action.flow;
    const place = this.#place(from.name);
    const dst = this.#started.cluster.places.address(to.name, place.namespace);
    if (dst === undefined) throw new LabError(`no address for ${to.name} in ${JSON.stringify(text)}`);
    return this.#do({
      what: text,
      action,
      start: () => {
        let outcome: ClientOutcome | undefined;
        startSend(place.ns, action, formatIpv4(dst), (ended) => void (outcome = ended));
        return () => (outcome === undefined ? undefined : { exitCode: outcome.result === "ok" ? 0 : 1, outcome });
      },
    });
  }

  /** Virtual time passes: `5s`, `200ms`. @throws LabError when it is no time */
  async wait(time: string): Promise<void> {
    const ms = parseDuration(time);
    if (ms === undefined) throw new LabError(`${JSON.stringify(time)} is not a time; write 200ms, 5s or 1m30s`);
    this.#remember({ kind: "wait", ms });
    this.#started.cluster.advance(ms);
    this.#started.cluster.settle();
  }

  /** The newest request's way there and back. @throws LabError when there was none */
  explain(level: Level = "summary"): string {
    const last = this.#steps.findLast(({ action }) => action.kind !== "wait");
    if (last === undefined) throw new LabError("nothing was asked yet");
    return this.#explainStep(last, level);
  }

  #do({ what, action, start }: Doing): Reached {
    const { cluster } = this.#started;
    const step = this.#remember(action);
    const watch = new StepWatch(cluster, watchAll(step), action);
    const startedAt = cluster.now;
    const servedBefore = cluster.served.length;
    const said = { stdout: "", stderr: "" };
    try {
      const ended = this.#until(
        what,
        start((to, text) => void (said[to] += text)),
      );
      cluster.settle();
      const flows = ended.outcome === undefined ? [] : [this.#flowOf(ended.outcome, servedBefore, watch)];
      const drops = [...watch.drops];
      const { exitCode } = ended;
      return this.#reached(step, { what, exitCode, ...said, flows, drops, startedAt, endedAt: cluster.now });
    } finally {
      watch.close();
    }
  }

  #until(what: string, look: () => Ended | undefined): Ended {
    let ended: Ended | undefined;
    const refusal = guarded(() => passUntil(this.#started.cluster, () => (ended = look()) !== undefined));
    if (refusal !== undefined) throw new LabError(`${what}: ${refusal.message}`);
    if (ended === undefined) throw new LabError(`${what}: does not end; bound it (-c 4, --max-time 5)`);
    return ended;
  }

  #flowOf(client: ClientOutcome, servedBefore: number, watch: StepWatch): FlowOutcome {
    const { result, bytes } = client;
    const served = servedFor(this.#started.cluster.served, servedBefore, client);
    if (served === undefined) return { result, bytes };
    const ttl = watch.ttlOf(served);
    return { result, bytes, by: served.ns, client: served.client, ...(ttl === undefined ? {} : { ttl }) };
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
    const index = this.#steps.length;
    const position = this.#position();
    const rest = { at: undefined, pick: undefined, repeat: 1, expect: { position, checks: [] } };
    const step: StepSpec = { index, id: `step ${index + 1}`, position, action, ...rest };
    this.#steps.push(step);
    return step;
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
  return { kind: "send", flow, payload: undefined, timeout: SEND_TIMEOUT_MS };
}

/** The refusal that `act` met. */
function guarded(act: () => void): Refusal | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function known(name: string, names: readonly string[]): string {
  return didYouMean(name, names) ?? `there are ${names.join(", ")}`;
}
