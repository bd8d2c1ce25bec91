// What running gave: filled by the step runner, judged by the expectations, told by the reports.

import type { ClientResult } from "@kubehop/commands";
import type { Diagnostic, SourcePosition, SourceText } from "@kubehop/kube";
import type { DropReason } from "@kubehop/netstack";
import type { RowFates } from "./flow-table.ts";
import type { RunningCluster } from "./running-cluster.ts";
import type { Cell, CellPlan } from "./scenario.ts";
import type { StepSpec } from "./step-spec.ts";
import type { FlowProtocol } from "./step-spec.ts";
import type { Check, Moment, TableName } from "./expect-spec.ts";
import type { RequestWays } from "./way-spec.ts";

/** How a request ended, seen by the one who made it: whether its packets were dropped cannot be seen from there. */
export type FlowResult = ClientResult;

export interface FlowOutcome {
  readonly result: FlowResult;
  /** Full name of the pod (or machine) that answered. */
  readonly by?: string;
  /** The same as people read it; absent: as it stands. */
  readonly byName?: string;
  /** Source address the server saw, dotted text. */
  readonly client?: string;
  /** TTL of the request at the server. */
  readonly ttl?: number;
  /** Bytes of the answer. */
  readonly bytes?: number;
  /** As its client sees it; absent when it was not even begun. */
  readonly ends?: Pick<PacketSummary, "protocol" | "src" | "sport" | "dst" | "dport">;
  /** Virtual ms since time 0. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Events of the cluster that had happened when it began: of one ms they tell which came first. */
  readonly eventsBefore?: number;
}

/** A moment of a run. */
export interface Instant {
  /** Virtual ms since time 0. */
  readonly at: number;
  /** Number of the event that it is, from 1; absent for a mere time. */
  readonly event?: number;
}

export interface StepOutcome {
  /** Of the last command. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Of the last request; absent when the step made none. */
  readonly flow?: FlowOutcome;
  /** One per request in order (repeats; several commands). Empty when the step made none. */
  readonly flows: readonly FlowOutcome[];
  /** One per row of a table of flows, in order; absent when the step is none. */
  readonly fates?: readonly RowFates[];
  /** Virtual ms since time 0. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** `never` checks that held, and when first, virtual ms since time 0. */
  readonly held?: ReadonlyMap<Check, number>;
}

/** The cluster as expectations see it at the end of a step. Looking changes nothing. */
export interface LiveState {
  /** Packets dropped since the step began. */
  drops(): readonly DropRecord[];
  /** Frames taps of a device saw since the step began, both directions, in order. Unknown place or device: undefined. */
  frames(place: string, dev: string): readonly FrameRecord[] | undefined;
  /** Ways of the packets of the step's requests and their answers; recorded only when the step will be asked for them. */
  ways(): readonly RequestWays[];
  /** Rows of a table at a place, every column of it as text (see TABLE_COLUMNS); undefined: no such place. */
  rows(table: TableName, place: string): readonly Readonly<Record<string, string>>[] | undefined;
  /** Place, alias, `svc/NAME` or address → address; undefined: no such name. */
  addressOf(name: string): string | undefined;
  /** When a moment is; of an event, its first one from `from` on. Undefined: it did not come. */
  timeOf(moment: Moment, from: number): Instant | undefined;
  /** Full pod (or machine) name of a place or alias; undefined: no such name. */
  placeOf(name: string): string | undefined;
}

export interface DropRecord {
  /** Virtual ms since time 0. */
  readonly at: number;
  /** Namespace as scenarios name it. */
  readonly in: string;
  /** Device the packet came in by, else the one it was to leave by; "" when none. */
  readonly dev: string;
  readonly reason: DropReason;
  /**
   * Object behind the deciding rule (`Service default/web:http`), else the agent; where no rule decided the row or setting behind the
   * drop (`route 10.244.1.0/24 dev cni0, kernel`, `sysctl net.ipv4.ip_forward`), "" when nothing names one.
   */
  readonly by: string;
  /** Who wrote the rule; "" when no rule decided. */
  readonly agent: string;
  /** The rule as `-A CHAIN …`; "" when none. */
  readonly rule: string;
  readonly packet: PacketSummary;
}

export interface FrameRecord {
  readonly at: number;
  readonly dir: "in" | "out";
  readonly packet: PacketSummary;
}

/** The innermost-but-untunnelled headers, as tcpdump prints them first. */
export interface PacketSummary {
  /** `arp` for ARP; a number as text for other protocols. */
  readonly protocol: FlowProtocol | "arp" | (string & {});
  readonly src: string;
  readonly dst: string;
  /** 0 when the protocol has no ports. */
  readonly sport: number;
  readonly dport: number;
  /** TCP flags as tcpdump prints them (`S.`); "" otherwise. */
  readonly flags: string;
  /** 0 for ARP. */
  readonly ttl: number;
}

/** One expectation that did not hold. */
export interface Failure {
  readonly position: SourcePosition;
  /** `result: timeout, expected ok`. */
  readonly message: string;
  /** Further lines: rows missing and rows too many, what was seen instead. */
  readonly details: readonly string[];
  /** Requests that are not as expected, in order; absent where it is no matter of single requests. */
  readonly wrong?: readonly FlowOutcome[];
}

export interface StepResult {
  readonly step: StepSpec;
  readonly outcome: StepOutcome;
  readonly failures: readonly Failure[];
}

export type CellStatus = "passed" | "failed" | "skipped";

/** A single change with which the failing expectation held when the run was repeated. */
export interface Fix {
  /** What to do, as one would type or edit it: `conntrack -D -p udp --dport 30053 on node1`. */
  readonly text: string;
  /** What was tried, and how far it helped: `42 of 42`. */
  readonly tried: string;
  /** Id of the step it was looked for, where several fail. */
  readonly step?: string;
}

/** What the report tells of a failing step beyond its expectation. */
export interface FailureStory {
  /** Virtual ms since time 0 at which the told request began, when it is not the first of the step. */
  readonly at?: number;
  /** The time around the request, and what became of its packet. */
  readonly lines: readonly string[];
  /** The thing that is to blame, with who made it. */
  readonly cause?: string;
}

/** One case. */
export interface CellResult {
  readonly file: string;
  readonly title: string;
  readonly cell: Cell;
  readonly status: CellStatus;
  /** Why it was skipped. */
  readonly reason?: string;
  readonly steps: readonly StepResult[];
  readonly failures: readonly Failure[];
  /** Of the first failing step, when it made a request that went wrong. */
  readonly story?: FailureStory;
  /** Single changes that were tried and would have made the failing expectation hold, best first; empty when none was looked for. */
  readonly fixes: readonly Fix[];
  /** Wall time is the caller's business; virtual ms of the run. */
  readonly virtualMs: number;
}

/** All cases of one file, or the mistakes that kept it from running. */
export interface FileResult {
  readonly file: string;
  readonly title: string;
  readonly refs: readonly string[];
  readonly cells: readonly CellResult[];
  readonly diagnostics: readonly Diagnostic[];
  /** The file could be read: what is wrong with it showed when it ran. */
  readonly refused?: true;
  /** What is doubtful and no failure. */
  readonly warnings?: readonly Diagnostic[];
  readonly sources: readonly SourceText[];
}

/** Runs the steps of one cell on a cluster of its own. The runner is the steps' business; judging is the listener's. */
export type CellRunner = (plan: CellPlan, seed: number, onStep: StepListener, onBegin?: BeginListener) => CellRunEnd;

export interface CellRunEnd {
  /** Virtual ms since time 0. */
  readonly virtualMs: number;
  /** What stopped the run before its last step (a packet storm, a step that never ended); absent when nothing did. */
  readonly stopped?: { readonly step: StepSpec; readonly reason: string };
}

/** What the step runner calls before a step acts: somebody may want to look on. */
export type BeginListener = (step: StepSpec, cluster: RunningCluster) => void;

/** What the step runner calls when a step has ended, while the cluster still stands as the step left it. */
export type StepListener = (step: StepSpec, outcome: StepOutcome, live: LiveState) => void;
