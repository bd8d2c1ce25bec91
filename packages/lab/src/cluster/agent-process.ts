// An agent as a process of its node: it has one thread, hears of changes when they reach it, and can be killed. Between two batches
// of one sync it can be held: then the world goes on, and what the agent would hear or its timers would do waits.

import type { StoreClient } from "@kubehop/kube";
import { openDoor } from "@kubehop/netstack";
import type { Agent, Batch, BatchError, ConfigOp, Door, NetNamespace, World } from "@kubehop/netstack";
import type { Timer, Timers } from "@kubehop/sim";
import { Refusal } from "@kubehop/sim";
import type { EventLog } from "./event-log.ts";
import { opText } from "./op-text.ts";

/** All that an agent has of the world. */
export interface AgentPorts {
  readonly clock: Timers;
  readonly store: StoreClient;
  /** Batches of the node. */
  readonly door: Door;
  /** Runs `act` when news of this moment reaches the agent. */
  hear(act: () => void): void;
  /** `act` is called before news begin to come late. */
  onLate(act: () => void): void;
}

export interface ProcessOptions {
  readonly world: World;
  readonly store: StoreClient;
  readonly events: EventLog;
  /** Namespace of the node. */
  readonly ns: NetNamespace;
  /** `node1/kube-proxy`. */
  readonly name: string;
  /** A step waits for batches of it: it never acts inside of somebody else's change, where nothing else could go on. */
  readonly isHeld: boolean;
  /** A new agent, or the one before if it remembers. */
  readonly make: (ports: AgentPorts) => Agent;
}

/** Unwinds an agent that was killed while it was held. */
class Killed extends Error {
  override readonly name = "Killed";
}

export class AgentProcess {
  readonly name: string;
  readonly #options: ProcessOptions;
  readonly #ports: AgentPorts;
  #agent: Agent | undefined;
  /** Grows with each start and each death: what an earlier life left behind does nothing. */
  #life = 0;
  #delay = 0;
  /** When the newest news comes in, world time: none overtakes another. */
  #heardUntil = 0;
  #onLate: () => void = () => undefined;
  #held = false;
  #waiting: (() => void)[] = [];
  /** How deep the agent is in its own work, and what it has written there. */
  #depth = 0;
  #written: string[] = [];

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.#options = options;
    this.#ports = {
      clock: this.#clock(),
      store: this.#store(),
      door: this.#door(),
      hear: (act) => this.#hear(act),
      onLate: (act) => {
        this.#onLate = act;
        if (this.#delay > 0) act();
      },
    };
  }

  /** @throws Refusal when it runs */
  start(): void {
    if (this.#agent !== undefined) throw new Refusal(`${this.name} runs already`);
    const agent = this.#options.make(this.#ports);
    this.#life++;
    this.#heardUntil = 0;
    this.#agent = agent;
    this.#enter(() => agent.start());
    this.#options.events.tell(this.name, "started");
  }

  /** @throws Refusal when it does not run */
  kill(): void {
    if (this.#agent === undefined) throw new Refusal(`${this.name} does not run`);
    this.#agent.stop();
    this.#agent = undefined;
    this.#life++;
    this.#waiting = [];
    this.#options.events.tell(this.name, "killed");
  }

  get isRunning(): boolean {
    return this.#agent !== undefined;
  }

  /** From now on it hears of the API server's changes so much later, virtual ms. */
  set delay(ms: number) {
    if (ms > 0) this.#onLate();
    this.#delay = ms;
  }

  /** The agent works: not while it is held, nor in a life that is over. */
  #enter(work: () => void): void {
    if (this.#held) {
      this.#waiting.push(work);
      return;
    }
    this.#depth++;
    try {
      work();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    } finally {
      this.#depth--;
    }
    if (this.#depth === 0) this.#synced();
  }

  #synced(): void {
    const written = this.#written;
    this.#written = [];
    if (written.length === 0 || this.#agent === undefined) return;
    this.#options.events.tell(this.name, "synced", { detail: summary(written) });
  }

  /** `work`, if the agent still lives the same life then. */
  #now(work: () => void): () => void {
    const life = this.#life;
    return () => {
      if (life === this.#life) this.#enter(work);
    };
  }

  #hear(act: () => void): void {
    const { world, isHeld } = this.#options;
    const due = Math.max(world.now + this.#delay, this.#heardUntil);
    if (due <= world.now && !isHeld) {
      this.#enter(act);
      return;
    }
    this.#heardUntil = due;
    world.clock.at(due, this.#now(act));
  }

  #clock(): Timers {
    const { clock } = this.#options.world;
    return {
      get now() {
        return clock.now;
      },
      schedule: (ms, work): Timer => clock.schedule(ms, this.#now(work)),
      cancel: (timer) => clock.cancel(timer),
    };
  }

  /** The agent's own changes reach the API server at once. */
  #store(): StoreClient {
    const { store } = this.#options;
    return {
      get: (kind, namespace, name) => store.get(kind, namespace, name),
      list: (kind, options) => store.list(kind, options),
      update: (kind, namespace, name, change) => store.update(kind, namespace, name, change),
      delete: (kind, namespace, name) => store.delete(kind, namespace, name),
      watch: (kind, listener) => {
        let on = true;
        const end = store.watch(kind, (event) => {
          this.#hear(() => {
            if (on) listener(event);
          });
        });
        return () => {
          on = false;
          end();
        };
      },
    };
  }

  #door(): Door {
    const door = openDoor(this.#options.ns);
    return {
      get netns() {
        return door.netns;
      },
      link: (dev) => door.link(dev),
      addresses: (dev) => door.addresses(dev),
      sendFrame: (dev, frame) => door.sendFrame(dev, frame),
      apply: (batch) => this.#apply(door, batch),
    };
  }

  #apply(door: Door, batch: Batch): BatchError | null {
    const { ns, events } = this.#options;
    const before = ns.ct.count;
    const error = door.apply(batch);
    if (error !== null || batch.ops.every(isQuestion)) return error;
    if (!events.isOn) return null;
    const text = batch.ops.map((op) => opText(op, before - ns.ct.count)).join("; ");
    this.#written.push(text);
    this.#tellBatch(text);
    return null;
  }

  /** Who waits for this batch acts inside of the telling: the agent stands still meanwhile. */
  #tellBatch(detail: string): void {
    const life = this.#life;
    const before = this.#held;
    this.#held = true;
    try {
      this.#options.events.tell(this.name, "batch", { number: this.#written.length, detail });
    } finally {
      this.#held = before;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const work of waiting) this.#options.world.clock.schedule(0, this.#now(work));
    if (life !== this.#life) throw new Killed();
  }
}

/** `iptables -C` only asks. */
function isQuestion(op: ConfigOp): boolean {
  return op.op === "iptables" && (op.args.includes("-C") || op.args.includes("--check"));
}

/** `2 batches, conntrack untouched`. */
function summary(written: readonly string[]): string {
  const deletions = written.filter((text) => text.startsWith("conntrack "));
  const count = `${written.length} ${written.length === 1 ? "batch" : "batches"}`;
  return `${count}, ${deletions.length === 0 ? "conntrack untouched" : deletions.join("; ")}`;
}
