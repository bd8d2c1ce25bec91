// A run as somebody sees it who repeats it on another kernel: what was done, not what came of it.

import type { ClientOutcome } from "@kubehop/commands";
import type { NetNamespace, World } from "@kubehop/netstack";
import type { Served } from "@kubehop/programs";
import type { RunningCluster } from "./running-cluster.ts";
import type { DatagramAction, InjectAction, StepSpec } from "./step-spec.ts";

/** A request of a client tool, with the moments (virtual ms since time 0) between which it ran. */
export interface RequestRecord {
  /** The client's namespace. */
  readonly ns: string;
  readonly client: ClientOutcome;
  /** What a server saw of it; undefined: none did. */
  readonly served: Served | undefined;
  readonly startedAt: number;
  readonly endedAt: number;
}

export interface RunObserver {
  /** The world, before anything is in it. */
  world(world: World): void;
  /** Time 0: the cluster is built and has settled. */
  settled(cluster: RunningCluster): void;
  begin(step: StepSpec): void;
  /** A frame is about to leave a device, or a datagram a socket (`dst`: dotted text), without a program. */
  inject(ns: NetNamespace, action: InjectAction): void;
  datagram(ns: NetNamespace, dst: string, action: DatagramAction): void;
  /** A client is about to start; what it is called again with tells which. */
  starting(background: boolean): unknown;
  /** A request has ended, or has not: a background command that was brought back. `start`: what `starting` gave. */
  request(request: RequestRecord, start: unknown): void;
}
