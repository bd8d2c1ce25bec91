// What no command can do: agents killed or slowed down, machines that crash, links that lose frames.

import type { AgentName } from "./cluster-spec.ts";
import type { TableName } from "./expect-spec.ts";
import type { FlowSpec } from "./step-spec.ts";

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

/** A device of a place. */
export interface LinkEnd {
  readonly in: string;
  readonly dev: string;
}

/** What befalls the frames that leave a device. Shares 0–1, times in virtual ms; 0: nothing of the kind. */
export interface LinkFault extends LinkEnd {
  readonly kind: "link";
  readonly loss: number;
  readonly delay: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly cut: boolean;
  readonly drop: FrameDrop | undefined;
  /** Virtual ms after which it ends by itself. */
  readonly for: number | undefined;
}

/** Frames that match are lost: those of these numbers, from 1; all when there are none. */
export interface FrameDrop {
  readonly flow: FlowSpec | undefined;
  readonly flags: string | undefined;
  readonly nth: readonly number[];
}

export interface HealFault extends LinkEnd {
  readonly kind: "heal";
}

/** Tables whose rows can be taken out one by one. */
export type DeletableTable = Extract<TableName, "route" | "rule" | "fdb" | "neigh" | "conntrack">;

/** One row of a table is taken out. */
export interface DeleteFault {
  readonly kind: "delete";
  readonly in: string;
  readonly table: DeletableTable;
  readonly columns: Readonly<Record<string, string>>;
}

export type FaultSpec = AgentFault | CrashFault | LinkFault | HealFault | DeleteFault;
