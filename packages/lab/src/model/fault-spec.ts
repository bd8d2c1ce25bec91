// What no command can do: agents killed or slowed down, machines that crash, links that lose frames.

import type { AgentName } from "./cluster-spec.ts";

/** An agent of a node dies, starts anew, or hears of the API server's changes later. */
export interface AgentFault {
  readonly kind: "agent";
  readonly node: string;
  readonly agent: AgentName;
  readonly do: "kill" | "start" | "delay";
  /** Of a delay, virtual ms from now on; 0 takes it away. */
  readonly by: number;
}

/** A node stands still: its cards are silent, its agents and pods end, and nobody is told. */
export interface CrashFault {
  readonly kind: "crash";
  readonly node: string;
}

export type FaultSpec = AgentFault | CrashFault;
