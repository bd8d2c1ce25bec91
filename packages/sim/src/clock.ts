// Virtual time. Events run in order of time, and in order of scheduling where times are equal; nothing here
// reads a wall clock, so a run is a pure function of its inputs.

/** Virtual milliseconds since the start of the run; fractions are allowed. */
export type Ms = number;

/** What a program needs of the clock: the time, and timers of its own. */
export type Timers = Pick<Clock, "now" | "schedule" | "cancel">;

/** What the event queue holds. Keep it only to cancel it. */
export interface Timer {
  readonly time: Ms;
  /** False once it ran or was cancelled. */
  readonly active: boolean;
}

export interface ClockOptions {
  /** Events allowed within one virtual second before the run is given up; default 2,000,000. */
  readonly maxEventsPerSecond?: number;
}

/** Thrown when a run does not settle: an event storm instead of a hang. */
export class SimulationBudgetError extends Error {
  override readonly name = "SimulationBudgetError";
  readonly now: Ms;
  readonly budget: number;

  constructor(now: Ms, budget: number) {
    super(
      `the simulation does not settle: more than ${budget} events within one second of virtual time (now ${now} ms)`,
    );
    this.now = now;
    this.budget = budget;
  }
}

class Entry implements Timer {
  readonly time: Ms;
  readonly seq: number;
  fn: (() => void) | undefined;

  constructor(time: Ms, seq: number, fn: () => void) {
    this.time = time;
    this.seq = seq;
    this.fn = fn;
  }

  get active(): boolean {
    return this.fn !== undefined;
  }
}

const BUDGET_WINDOW: Ms = 1000;
const DEFAULT_BUDGET = 2_000_000;
/** Below this many cancelled entries a sweep of the heap is not worth its cost. */
const SWEEP_FLOOR = 256;

/** The one source of time of a lab. */
export class Clock {
  readonly #heap: Entry[] = [];
  readonly #budget: number;
  #now: Ms = 0;
  #seq = 0;
  #cancelled = 0;
  #windowStart: Ms = 0;
  #spent = 0;

  constructor(options: ClockOptions = {}) {
    this.#budget = options.maxEventsPerSecond ?? DEFAULT_BUDGET;
  }

  get now(): Ms {
    return this.#now;
  }

  /** Events waiting to run. */
  get pending(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** Runs `fn` after `delayMs`; zero means after everything already due now. */
  schedule(delayMs: Ms, fn: () => void): Timer {
    return this.at(this.#now + delayMs, fn);
  }

  /** Runs `fn` at `timeMs`. A time already past means now, as with a kernel timer. */
  at(timeMs: Ms, fn: () => void): Timer {
    if (!Number.isFinite(timeMs)) throw new RangeError(`not a point in virtual time: ${timeMs}`);
    const entry = new Entry(timeMs > this.#now ? timeMs : this.#now, this.#seq++, fn);
    this.#heap.push(entry);
    siftUp(this.#heap, this.#heap.length - 1);
    return entry;
  }

  /** Does nothing to a timer that ran or was cancelled already. The timer must be one of this clock's. */
  cancel(timer: Timer): void {
    if (!(timer instanceof Entry) || timer.fn === undefined) return;
    timer.fn = undefined;
    this.#cancelled++;
    if (this.#cancelled > SWEEP_FLOOR && this.#cancelled * 2 > this.#heap.length) this.#sweep();
  }

  /** Time of the next event, undefined when there is none. */
  nextAt(): Ms | undefined {
    return this.#head()?.time;
  }

  /** Advances to the next event and runs it; false when there is none. */
  runNext(): boolean {
    const entry = this.#head();
    if (entry === undefined) return false;
    this.#run(entry);
    return true;
  }

  /** Runs every event up to and including `timeMs`, then stands at `timeMs`. */
  runUntil(timeMs: Ms): void {
    for (let entry = this.#head(); entry !== undefined && entry.time <= timeMs; entry = this.#head()) this.#run(entry);
    if (timeMs > this.#now) this.#now = timeMs;
  }

  /**
   * Counts work that is done inside an event against the same budget: a loop that never returns to the queue
   * must end too. Throws SimulationBudgetError.
   */
  spend(events: number): void {
    if (this.#now - this.#windowStart >= BUDGET_WINDOW) {
      this.#windowStart = this.#now;
      this.#spent = 0;
    }
    this.#spent += events;
    if (this.#spent > this.#budget) throw new SimulationBudgetError(this.#now, this.#budget);
  }

  /** Starts the count anew, for example between two steps that take no virtual time. */
  renewBudget(): void {
    this.#windowStart = this.#now;
    this.#spent = 0;
  }

  #run(entry: Entry): void {
    const fn = entry.fn;
    this.#now = entry.time;
    this.spend(1);
    this.#pop();
    entry.fn = undefined;
    fn?.();
  }

  /** First entry that is not cancelled; drops the cancelled ones before it. */
  #head(): Entry | undefined {
    let head = this.#heap[0];
    while (head !== undefined && head.fn === undefined) {
      this.#pop();
      this.#cancelled--;
      head = this.#heap[0];
    }
    return head;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    siftDown(heap, 0);
  }

  /** Timers renewed for every packet (conntrack, neighbours) leave many cancelled entries behind. */
  #sweep(): void {
    const heap = this.#heap;
    let kept = 0;
    for (const entry of heap) if (entry.fn !== undefined) heap[kept++] = entry;
    heap.length = kept;
    this.#cancelled = 0;
    for (let i = (kept >> 1) - 1; i >= 0; i--) siftDown(heap, i);
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.seq < b.seq);
}

function siftUp(heap: Entry[], start: number): void {
  const entry = heap[start];
  if (entry === undefined) return;
  let i = start;
  while (i > 0) {
    const up = (i - 1) >> 1;
    const parent = heap[up];
    if (parent === undefined || !isBefore(entry, parent)) break;
    heap[i] = parent;
    i = up;
  }
  heap[i] = entry;
}

function siftDown(heap: Entry[], start: number): void {
  const entry = heap[start];
  if (entry === undefined) return;
  let i = start;
  for (;;) {
    let down = 2 * i + 1;
    let child = heap[down];
    const right = heap[down + 1];
    if (child !== undefined && right !== undefined && isBefore(right, child)) {
      child = right;
      down++;
    }
    if (child === undefined || !isBefore(child, entry)) break;
    heap[i] = child;
    i = down;
  }
  heap[i] = entry;
}
