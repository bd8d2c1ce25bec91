// Checks of a packet's way, and ways as they are held against them.

import type { SourcePosition } from "@kubehop/kube";
import type { CountSpec } from "./expect-spec.ts";
import type { FlowEnd } from "./step-spec.ts";

/** One word of `path`. */
export interface WayEntry {
  /** As written. */
  readonly text: string;
  /** Undefined: `...`, any number of machines. */
  readonly place: string | undefined;
  readonly dev: string | undefined;
}

/** Machines that the packets of all requests of the step (or their answers) pass. */
export interface PathCheck {
  readonly kind: "path" | "reply-path";
  readonly position: SourcePosition;
  readonly entries: readonly WayEntry[];
}

/** Changes of addresses that every request of the step (or its answer) undergoes at a machine. */
export interface NatCheck {
  readonly kind: "nat";
  readonly position: SourcePosition;
  readonly in: string;
  /** Changes that are looked for; undefined: every one. */
  readonly change: { readonly what: "src" | "dst"; readonly from: FlowEnd; readonly to: FlowEnd } | undefined;
  readonly count: CountSpec;
}

export type WayCheck = PathCheck | NatCheck;

/** One stay of a packet at a machine. */
export interface WayHop {
  /** Namespace: the machine's name, or the pod's `namespace/name`. */
  readonly in: string;
  /** Devices it was seen on, in order. */
  readonly devs: readonly string[];
}

/** An address change; ends are `addr[:port]`. */
export interface Translation {
  readonly in: string;
  readonly what: "src" | "dst";
  readonly before: string;
  readonly after: string;
}

/** What became of one packet. */
export interface PacketWay {
  readonly hops: readonly WayHop[];
  readonly translations: readonly Translation[];
  /** `delivered`, `dropped NETFILTER_DROP`, `waiting`. */
  readonly end: string;
}

/** A request's packet, and the one that answered it. */
export interface RequestWays {
  readonly request: PacketWay;
  readonly reply: PacketWay | undefined;
}
