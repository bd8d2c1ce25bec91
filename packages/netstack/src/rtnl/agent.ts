// Agents reach a namespace only from outside, through its doors: config (door.ts), sockets and clock.

/** A daemon beside the kernel. Start order is the lab's business; what it does emerges from events. */
export interface Agent {
  readonly name: string;
  /** Begin; the agent may act at once and subscribe to what it needs. */
  start(): void;
  /** Killed: no further batch, timers cancelled, what was applied stays. */
  stop(): void;
}
