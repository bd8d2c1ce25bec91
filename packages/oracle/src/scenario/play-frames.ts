// The frames of a script on two independently built worlds, ours and the real one: every device's frames in their order, conntrack
// events, and at the end entries and counters. Ends of the network are mute: what they send is injected, byte for byte.

import { compareSteps, compareTables } from "../live/compare.ts";
import type { LiveDifference, Tables } from "../live/compare.ts";
import type { Kernel, PlayStep, StepSeen } from "../live/kernel.ts";
import { OurKernel } from "../live/our-kernel.ts";
import { QUIET_ICMP } from "../live/quiet.ts";
import { NotHere } from "../live/agent-process.ts";
import { stepText } from "../fuzz/fuzz-report.ts";
import { forgetUnanswered } from "../live/forget-unanswered.ts";
import { DrawnPorts } from "./drawn-ports.ts";
import { PinBoard } from "./pins.ts";
import { configOf } from "./config-of.ts";
import type { Draw, Script, ScriptItem } from "./script.ts";

export interface FramesPlayed {
  /** Frames that captures of the real kernel saw. */
  readonly packets: number;
  readonly events: number;
  readonly differences: readonly ScenarioDifference[];
}

export interface ScenarioDifference extends LiveDifference {
  /** The step of the scenario. */
  readonly id: string;
  /** What was done when it showed. */
  readonly done: string;
}

/** `real`: the kernel that is held to be right. */
export function playFrames(real: Kernel, script: Script): FramesPlayed {
  const player = new FramePlayer(real, script);
  try {
    for (const item of script.items) {
      player.item(item);
      if (player.differs) return player.played();
    }
    player.finish();
    return player.played();
  } finally {
    real.clear();
  }
}

class FramePlayer {
  readonly #real: Kernel;
  readonly #ours = new OurKernel();
  readonly #script: Script;
  readonly #pins = new PinBoard();
  readonly #ourPorts = new DrawnPorts();
  readonly #realPorts = new DrawnPorts();
  readonly #muted = new Map<string, Set<string>>();
  readonly #differences: ScenarioDifference[] = [];
  #pending: PlayStep[] = [];
  #id = "building";
  #ready = false;
  /** Devices were added since captures began. */
  #unwatched = false;
  #packets = 0;
  #events = 0;

  constructor(real: Kernel, script: Script) {
    this.#real = real;
    this.#script = script;
  }

  get differs(): boolean {
    return this.#differences.length > 0;
  }

  played(): FramesPlayed {
    return { packets: this.#packets, events: this.#events, differences: this.#differences };
  }

  item(item: ScriptItem): void {
    switch (item.kind) {
      case "netns":
        return this.#addNamespace(item.ns);
      case "gone":
        this.#flush();
        this.#muted.delete(item.ns);
        this.#unwatched = true;
        return this.#both((kernel) => kernel.removeNamespaces([item.ns]));
      case "config":
        return this.#config(item);
      case "ready":
        this.#ready = true;
        this.#unwatched = true;
        return;
      case "step":
        this.#flush();
        this.#id = item.id;
        return;
      case "packet":
        return this.#packet(item);
      case "start":
      case "end":
        return;
    }
  }

  #both(act: (kernel: Kernel) => void): void {
    act(this.#ours);
    act(this.#real);
  }

  #addNamespace(ns: string): void {
    this.#flush();
    this.#both((kernel) => {
      kernel.addNamespaces([ns]);
      kernel.apply(ns, { agent: "verify", ops: QUIET_ICMP });
    });
    this.#unwatched = true;
  }

  #config(item: Extract<ScriptItem, { kind: "config" }>): void {
    this.#flush();
    this.#pins.forget(item);
    const batch = { agent: "verify", ops: item.ops };
    const [ours, kernel] = [this.#ours.apply(item.ns, batch), this.#real.apply(item.ns, batch)];
    // A question that the run took back has been taken back here as soon as nobody had answered.
    const forgets = item.ops.every(({ op }) => op === "neigh-del");
    if (item.probe !== true && !forgets && (ours !== null) !== (item.refused === true))
      throw new Error(
        `${item.ns}: a batch of the run is ${ours === null ? "accepted" : ours.message} when it is repeated`,
      );
    if (ours === null && kernel !== null && LACKS.test(kernel.message)) throw new NotHere(kernel.message);
    if (item.ops.some(({ op }) => op === "link-add" || op === "link-set")) this.#unwatched = true;
    if (item.probe === true || (ours?.index === kernel?.index && (ours === null) === (kernel === null))) return;
    const at = Math.min(ours?.index ?? Infinity, kernel?.index ?? Infinity);
    const done = `${item.ns}: ${JSON.stringify(item.ops[at])}`;
    const said = (error: typeof ours): string => (error === null ? "accepted" : error.message);
    this.#differs(
      [{ what: "answer", where: `batch of ${item.ns}`, step: 0, kernel: said(kernel), ours: said(ours) }],
      done,
    );
  }

  #packet({ play, pins, draws }: Extract<ScriptItem, { kind: "packet" }>): void {
    if (this.#unwatched) this.#watch();
    for (const batch of this.#pins.batches(pins)) this.#pending.push({ ops: batch });
    this.#pending.push(play);
    // What follows may be an answer to the port that is drawn here.
    if (draws.length > 0) this.#flush(draws);
  }

  #watch(): void {
    this.#flush();
    for (const { ns, devices } of mutedDevices(this.#script, this.#ours)) {
      const muted = this.#muted.get(ns) ?? new Set();
      this.#muted.set(ns, muted);
      const fresh = devices.filter((name) => !muted.has(name));
      for (const name of fresh) muted.add(name);
      if (fresh.length > 0) this.#both((kernel) => kernel.mute(ns, fresh));
    }
    this.#both((kernel) => kernel.watch(this.#script.mtu));
    this.#unwatched = false;
  }

  /** What is due is played: on ours step by step, as questions that nobody answers are taken back there. */
  #flush(draws: readonly Draw[] = []): void {
    if (this.#pending.length === 0 || this.differs) return;
    const steps: PlayStep[] = [];
    const ours: StepSeen[] = [];
    for (const step of this.#pending) {
      const due = [step];
      for (const one of due) {
        steps.push(one);
        const [outcome] = this.#ours.play([sentIn(one, this.#ourPorts)]);
        if (outcome === undefined) throw new Error("a step was not played");
        ours.push(outcome);
        due.push(...forgetUnanswered(this.#ours, this.#script.routers, outcome.frames));
      }
    }
    this.#pending = [];
    const theirs = this.#real.play(steps.map((step) => sentIn(step, this.#realPorts)));
    for (const [ports, seen] of [
      [this.#ourPorts, ours],
      [this.#realPorts, theirs],
    ] as const)
      for (const step of seen) ports.learn(draws, step);
    this.#packets += theirs.reduce((sum, step) => sum + step.frames.length, 0);
    this.#events += theirs.reduce((sum, step) => sum + Object.values(step.ct).flat().length, 0);
    const found = compareSteps(
      theirs.map((step) => this.#realPorts.seen(step)),
      ours.map((step) => this.#ourPorts.seen(step)),
      this.#script,
    );
    this.#differs(found, doneText(steps[found[0]?.step ?? 0]));
  }

  finish(): void {
    this.#flush();
    if (this.differs || !this.#ready) return;
    this.#id = "at the end";
    this.#checkScript();
    for (const ns of this.#script.routers) {
      const rules = this.#ours.world.namespaces.get(ns)?.xt;
      const backends = (["nft", "legacy"] as const).filter((backend) => rules?.uses(backend) === true);
      if (rules !== undefined) this.#differs(this.#tables(ns, backends), "");
    }
  }

  /** Else both worlds could lack the same, and agree. */
  #checkScript(): void {
    for (const [name, left] of Object.entries(this.#script.left)) {
      const ns = this.#ours.world.namespaces.get(name);
      const here = ns === undefined ? "" : configOf(ns);
      if (here === left) continue;
      const [lost] = left.split("\n").filter((line) => !here.split("\n").includes(line));
      throw new Error(`the script of ${name} does not lead where the run led: ${lost ?? "something is too many"}`);
    }
  }

  #tables(ns: string, backends: readonly ("nft" | "legacy")[]): LiveDifference[] {
    const pair = { real: inScriptPorts(this.#real, this.#realPorts), ours: inScriptPorts(this.#ours, this.#ourPorts) };
    return compareTables(pair, { ns, backends }, 0, this.#script);
  }

  #differs(found: readonly LiveDifference[], done: string): void {
    this.#differences.push(...found.map((one) => ({ ...one, id: this.#id, done })));
  }
}

/** The tables of a kernel, told in the script's ports. */
function inScriptPorts(kernel: Kernel, ports: DrawnPorts): Tables {
  return {
    conntrack: (ns) => kernel.conntrack(ns).map((row) => ports.entry(row)),
    counters: (ns, backend) => kernel.counters(ns, backend),
    sets: (ns) => kernel.sets(ns),
  };
}

/** Devices that are to be mute, of those that are there. */
function mutedDevices({ mute, routers }: Script, { world }: OurKernel): { ns: string; devices: string[] }[] {
  return [...world.namespaces.values()].flatMap((ns) => {
    const devices = [...ns.devices].filter((dev) => dev !== ns.lo).map(({ name }) => name);
    if (mute === "ends") return routers.includes(ns.name) ? [] : [{ ns: ns.name, devices }];
    const named = mute.find((one) => one.ns === ns.name)?.devices ?? [];
    return [{ ns: ns.name, devices: devices.filter((name) => named.includes(name)) }];
  });
}

function sentIn(step: PlayStep, ports: DrawnPorts): PlayStep {
  if (!("frame" in step)) return step;
  const [ns, dev, hex] = step.frame;
  return { frame: [ns, dev, ports.sent(hex)] };
}

/** What the tools say where the kernel was built without something, or keeps it for the machine's first namespace. */
const LACKS = /Unknown device type|Operation not supported|: Permission denied$|Couldn't load (?:match|target)/;

function doneText(step: PlayStep | undefined): string {
  if (step === undefined) return "";
  if ("frame" in step) return `${step.frame[0]}/${step.frame[1]} sends ${step.frame[2]}`;
  return stepText(step);
}
