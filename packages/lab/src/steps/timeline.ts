// Several things go on at once: steps, repetitions of a stream, what events have started. Each is an activity that says what it waits
// for; virtual time passes event by event, and after each one whoever can goes on.

import type { Cluster } from "../cluster/cluster.ts";

/** Looked at after every event: true when the activity can go on. */
export type Waiting = () => boolean;

export type Activity<T = void> = Generator<Waiting, T, void>;

export interface Task {
  readonly done: boolean;
}

class RunningTask implements Task {
  readonly #activity: Activity;
  #waiting: Waiting = () => true;
  /** It is on the stack: an agent may be held inside of what it does. */
  #going = false;
  done = false;

  constructor(activity: Activity) {
    this.#activity = activity;
  }

  /** Goes on as far as it can; false: it could not. `settle` is called before it is asked whether it must wait. */
  advance(settle: () => void): boolean {
    if (this.#going || this.done || !this.#waiting()) return false;
    this.#going = true;
    try {
      do {
        const { done = false, value } = this.#activity.next();
        settle();
        if (done || value === undefined) this.done = true;
        else this.#waiting = value;
      } while (!this.done && this.#waiting());
    } finally {
      this.#going = false;
    }
    return true;
  }
}

export class Timeline {
  readonly #cluster: Cluster;
  /** Called between events; may throw. */
  readonly #look: () => void;
  #tasks: RunningTask[] = [];

  constructor(cluster: Cluster, look: () => void) {
    this.#cluster = cluster;
    this.#look = look;
  }

  /** It begins at once and goes on while time passes. */
  start(activity: Activity): Task {
    const task = new RunningTask(activity);
    this.#tasks.push(task);
    this.#advance(task);
    return task;
  }

  /** Time passes until `over`. False: nothing more will happen. May be called inside of an event: the rest of the world goes on. */
  pass(over: () => boolean): boolean {
    const { clock } = this.#cluster.world;
    this.#advanceAll();
    while (!over()) {
      this.#look();
      if (!clock.runNext()) return false;
      this.#cluster.settle();
      this.#advanceAll();
    }
    return true;
  }

  /** One that goes on may be what another waits for. */
  #advanceAll(): void {
    let again = true;
    while (again) {
      again = false;
      for (const task of this.#tasks) again = this.#advance(task) || again;
      this.#tasks = this.#tasks.filter(({ done }) => !done);
    }
  }

  #advance(task: RunningTask): boolean {
    return task.advance(() => this.#cluster.settle());
  }
}

/** Until this moment, world time: what is due then comes first. */
export function* untilTime({ world }: Cluster, at: number): Activity {
  const { clock } = world;
  if (at > world.now) clock.at(at, () => undefined);
  yield () => world.now > at || (world.now === at && (clock.nextAt() ?? Infinity) > at);
}

/** Until it has happened, at the latest `ms` from now. False: it has not. */
export function* untilDone({ world }: Cluster, done: () => boolean, ms: number): Activity<boolean> {
  const limit = world.clock.schedule(ms, () => undefined);
  yield () => done() || !limit.active;
  world.clock.cancel(limit);
  return done();
}
