// Agents reach a namespace only from outside, through its three doors: config (batches), sockets and clock.

import type { Batch, BatchError } from "./batch.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";

/** A daemon beside the kernel. Start order is the lab's business; what it does emerges from events. */
export interface Agent {
  readonly name: string;
  /** Begin; the agent may act at once and subscribe to what it needs. */
  start(): void;
  /** Killed: no further batch, timers cancelled, what was applied stays. */
  stop(): void;
}

/** What an agent holds of a node. */
export interface NodeDoors {
  readonly ns: NetNamespace;
  /** Apply at once; the error names the first operation that failed. */
  apply(batch: Batch): BatchError | null;
}
