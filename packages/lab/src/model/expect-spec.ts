// What a step is expected to show, as a list of checks, each with the place it was written at.
// One expectation object serves `expect` and `bug.because`; halves ({fixed, broken}) are chosen while loading.

import type { SourcePosition } from "@kubehop/kube";
import type { DropReason } from "@kubehop/netstack";
import type { EventSpec, FlowSpec } from "./step-spec.ts";
import type { FlowResult } from "./outcome.ts";
import type { Cell } from "./scenario.ts";
import type { WayCheck } from "./way-spec.ts";

export interface ExpectSpec {
  readonly position: SourcePosition;
  /** All of them must hold. */
  readonly checks: readonly Check[];
  /** Which requests count; undefined: all. */
  readonly only?: RequestFilter | undefined;
  /** Virtual ms behind the step's end until which it may come to hold. */
  readonly within?: number | undefined;
  /** In a cell that shows the bug: what would have to hold if it were repaired (the `fixed` half, and what is said outside of both). */
  readonly repaired?: ExpectSpec;
  /** Checks that are not this step's: what they need is watched, they are judged elsewhere. */
  readonly also?: readonly Check[];
}

/** A time since 0 (virtual ms), or an event. */
export type Moment = number | EventSpec;

export interface RequestFilter {
  readonly flow: FlowSpec | undefined;
  readonly since: Moment | undefined;
  readonly until: Moment | undefined;
}

export type Check =
  | ResultCheck
  | ByCheck
  | ClientCheck
  | TtlCheck
  | ExitCheck
  | OutputCheck
  | ShareCheck
  | DroppedCheck
  | PacketCheck
  | WayCheck
  | RowCheck
  | LostCheck
  | StreamCheck
  | NeverCheck
  | FateCheck;

interface CheckBase {
  /** Where the value stands in the scenario file. */
  readonly position: SourcePosition;
}

export interface ResultCheck extends CheckBase {
  readonly kind: "result";
  readonly value: FlowResult;
}

/** Who answered: one of these pods. */
export interface ByCheck extends CheckBase {
  readonly kind: "by";
  readonly pods: readonly string[];
}

/** Source address the server saw: a place, an alias or an address. */
export interface ClientCheck extends CheckBase {
  readonly kind: "client";
  readonly value: string;
}

/** TTL of the request at the server. */
export interface TtlCheck extends CheckBase {
  readonly kind: "ttl";
  readonly value: number;
}

export interface ExitCheck extends CheckBase {
  readonly kind: "exit";
  readonly value: number;
}

/** Text a command wrote. */
export interface OutputCheck extends CheckBase {
  readonly kind: "output";
  readonly stream: "stdout" | "stderr";
  /**
   * `contains`/`lacks`: a part of the text · `matches`: a regular expression (flag m) · `equals`: the whole text, ends trimmed ·
   * `text`: every line in order, blanks collapsed · `rows`: lines as a set, blanks collapsed · `has`: these rows are among the lines.
   */
  readonly how: "contains" | "lacks" | "matches" | "equals" | "text" | "rows" | "has";
  readonly value: string;
  /** Named masks, applied to both sides. */
  readonly ignore: readonly IgnoreName[];
}

/** Masks of golden text; each names what it hides. */
export type IgnoreName = "pkts" | "bytes" | "age" | "inet6" | "timers" | "nud" | "ids";

/** How repeats spread over pods: fraction 0–1 each. A pod that is not named must not answer. */
export interface ShareCheck extends CheckBase {
  readonly kind: "share";
  readonly pods: readonly { readonly pod: string; readonly fraction: number; readonly position: SourcePosition }[];
  /** Greatest difference allowed, 0–1; undefined: what chance exceeds once in 1000 runs. */
  readonly tolerance: number | undefined;
}

/** A number of things: bounds inclusive. */
export interface CountSpec {
  readonly min: number;
  readonly max: number;
  readonly text: string;
}

export interface DroppedCheck extends CheckBase {
  readonly kind: "dropped";
  readonly in: string | undefined;
  readonly dev: string | undefined;
  readonly reason: DropReason | undefined;
  /** Object that wrote the rule, or a part of its name. */
  readonly by: string | undefined;
  readonly flow: FlowSpec | undefined;
  readonly count: CountSpec;
}

/** Requests without an answer: all that did not end in ok. */
export interface LostCheck extends CheckBase {
  readonly kind: "lost";
  readonly count: CountSpec;
}

/** What holds of the requests that began in a part of the step. */
export interface StreamCheck extends CheckBase {
  readonly kind: "stream";
  readonly only: RequestFilter;
  readonly checks: readonly Check[];
}

/** Holds at no moment of the step: not all of them at once. */
export interface NeverCheck extends CheckBase {
  readonly kind: "never";
  readonly expect: ExpectSpec;
}

/** Frames on a device as `tcpdump -i dev` sees them. */
export interface PacketCheck extends CheckBase {
  readonly kind: "packet";
  readonly in: string;
  readonly dev: string;
  readonly flow: FlowSpec | undefined;
  /** As tcpdump prints them: `S`, `S.`, `.`, `R`, `F.`, `P.`. */
  readonly flags: string | undefined;
  readonly ttl: number | undefined;
  readonly count: CountSpec;
  readonly note: string | undefined;
}

export type TableName = "conntrack" | "route" | "neigh" | "fdb" | "rule" | "sysctl" | "ipset";

/** Rows of a table, at the end of the step. */
export interface RowCheck extends CheckBase {
  readonly kind: "row";
  readonly table: TableName;
  readonly in: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly count: CountSpec;
}

/** One row of a table of flows. */
export interface FateCheck extends CheckBase {
  readonly kind: "fate";
  /** 0-based number of the row. */
  readonly row: number;
  readonly flow: string;
  /** All that must be possible; nothing else may be. */
  readonly fates: readonly string[];
  /** Where this is expected. */
  readonly cell: Cell;
  /** The step that the table is; undefined: the file's own. */
  readonly step: { readonly id: string; readonly index: number } | undefined;
}
