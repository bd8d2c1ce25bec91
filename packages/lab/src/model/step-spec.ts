// One step of a scenario: something happens at a place, and then expectations are looked at.

import type { SourcePosition } from "@kubehop/kube";
import type { RuleOrigin } from "@kubehop/netstack";
import type { ExpectSpec } from "./expect-spec.ts";
import type { FaultSpec } from "./fault-spec.ts";
import type { FlowTable } from "./flow-table.ts";
import type { PodRef } from "./scenario.ts";

export interface StepSpec {
  /** 0-based in the file. */
  readonly index: number;
  /** As written, or `step N`. */
  readonly id: string;
  readonly position: SourcePosition;
  readonly action: StepAction;
  /** Virtual ms at which the step starts; undefined: when the previous one has ended. */
  readonly at: number | undefined;
  /** Starts the step; it is armed when the nearest earlier step without `after` begins. */
  readonly after?: EventSpec | undefined;
  /** The action is done again and again, each time without waiting for the time before. */
  readonly stream?: StreamSpec | undefined;
  /** Forces the random endpoint choice of this step to this pod. */
  readonly pick: PodRef | undefined;
  /** How often the action is done, one after the other; 1 when not written. */
  readonly repeat: number;
  readonly expect: ExpectSpec;
}

/** A step in no file: once, when the previous one has ended, and nothing is expected of it. */
export function plainStep(id: string, index: number, position: SourcePosition, action: StepAction): StepSpec {
  const expect = { position, checks: [] };
  return { index, id, position, action, at: undefined, pick: undefined, repeat: 1, expect };
}

/** Virtual ms that a request without a tool waits for its answer, unless the file says otherwise. */
export const REQUEST_TIMEOUT_MS = 5_000;

export type StepAction =
  | RunAction
  | SendAction
  | InjectAction
  | DatagramAction
  | FaultAction
  | RaceAction
  | WaitAction
  | FlowsAction;

/** A command typed at a place. */
export interface RunAction {
  readonly kind: "run";
  /** `admin`, a node, a host, a pod, a namespace or an alias. */
  readonly in: string;
  /** Command lines as written; each ends before the next starts, except those that end in `&`. */
  readonly commands: readonly CommandLine[];
  /** Stands behind what the commands write; undefined: the step, and the line in its file. */
  readonly origin?: RuleOrigin;
}

export interface CommandLine {
  /** As written, without a trailing `&`. */
  readonly text: string;
  readonly background: boolean;
  readonly position: SourcePosition;
}

/** One request without a tool. */
export interface SendAction {
  readonly kind: "send";
  readonly flow: SendFlow;
  /** Bytes of the request as text; undefined: a default one. */
  readonly payload: string | undefined;
  /** Virtual ms after which no answer is a timeout. */
  readonly timeout: number;
}

/** A complete frame leaves a device through a packet socket. */
export interface InjectAction {
  readonly kind: "inject";
  readonly in: string;
  readonly dev: string;
  /** From the link header, lower case hex. */
  readonly frame: string;
}

/** A datagram of a socket that is closed again at once. */
export interface DatagramAction {
  readonly kind: "datagram";
  readonly in: string;
  readonly sport: number;
  readonly to: { readonly name: string; readonly port: number };
  /** Payload, lower case. */
  readonly hex: string;
}

/** What no command can do. */
export interface FaultAction {
  readonly kind: "fault";
  readonly fault: FaultSpec;
  /** As it stands in the file, on one line. */
  readonly text: string;
}

/** Two requests whose first packets are on their way past conntrack at once. */
export interface RaceAction {
  readonly kind: "race";
  /** Where their connections are tracked. */
  readonly in: string;
  /** The first goes on first. Equal texts: one socket that asks twice. */
  readonly flows: readonly [SendFlow, SendFlow];
  readonly held: "lookup" | "nat";
  /** Virtual ms after which no answer is a timeout. */
  readonly timeout: number;
}

export interface WaitAction {
  readonly kind: "wait";
  /** Virtual ms. */
  readonly ms: number;
}

/** All flows of a table with every random choice, none of which leaves a trace. */
export interface FlowsAction {
  readonly kind: "flows";
  readonly table: FlowTable;
}

export type FlowProtocol = "tcp" | "udp" | "sctp" | "icmp";

/** `FROM[:port] > TO[:port][/proto]`. */
export interface FlowSpec {
  readonly text: string;
  readonly from: FlowEnd;
  readonly to: FlowEnd;
  readonly protocol: FlowProtocol;
}

/** What there are sockets for. */
export type SendProtocol = Exclude<FlowProtocol, "sctp">;

/** A flow that can be sent. */
export interface SendFlow extends FlowSpec {
  readonly protocol: SendProtocol;
}

/** The flow as one that can be sent, or why it cannot. */
export function sendFlow(flow: FlowSpec): SendFlow | string {
  const { protocol } = flow;
  return protocol === "sctp" ? "sctp sockets are not modelled: nothing can send this flow" : { ...flow, protocol };
}

export interface FlowEnd {
  /** A place, an alias, `svc/NAME`, `svc/NS/NAME`, or an address. */
  readonly name: string;
  readonly port: number | undefined;
}

export interface StreamSpec {
  /** Virtual ms from one beginning to the next. */
  readonly every: number;
  /** Virtual ms since time 0, or an event: none begins from then on. */
  readonly until: number | EventSpec;
}

/** `OBJECT EVENT [N] [+ T]`. */
export interface EventSpec {
  /** As written. */
  readonly text: string;
  /** As LabEvent names it: a pod's reference, `svc/echo`, `node1/kube-proxy`, the id of a step. */
  readonly subject: string;
  readonly event: string;
  /** Undefined: not counted. */
  readonly number: number | undefined;
  /** Virtual ms behind the event. */
  readonly plus: number;
}
