// A scenario's run as what was done to the world, in order: enough to do it again to another kernel. Nothing of what came of it is
// in here but what a client and a server noticed of a request.

import type { ConfigOp, XtBackendName } from "@kubehop/netstack";
import type { MaskFacts } from "../live/compare.ts";
import type { PlayStep } from "../live/kernel.ts";
import type { RecordedConntrack } from "../recorded/format.ts";

/** What chance said to a `statistic random` rule; the other kernel is told by giving the rule the probability 1 or 0. */
export interface Pin {
  readonly ns: string;
  readonly backend: XtBackendName;
  readonly table: string;
  readonly chain: string;
  /** 1-based. */
  readonly ruleNo: number;
  /** Behind `-A CHAIN`, as iptables-save prints it. */
  readonly text: string;
  readonly hit: boolean;
}

/** A new connection whose source port (or ICMP id) NAT drew by chance. */
export interface Draw {
  readonly ns: string;
  readonly orig: RecordedConntrack["orig"];
  /** The source address it was given. */
  readonly addr: string;
  readonly port: number;
  /** What it was drawn from. */
  readonly range: readonly [first: number, last: number];
}

/** A port that a server listens on. */
export interface Listener {
  readonly ns: string;
  readonly protocol: "tcp" | "udp";
  /** `0.0.0.0`: any address. */
  readonly address: string;
  readonly port: number;
  /** It takes what comes, answers nothing and tells nobody (nc -l). */
  readonly silent: boolean;
}

/** What a client and a server noticed of a request, and what connection tracking of the routers made of it. */
export interface RequestSeen {
  readonly result: string;
  /** The client's own address; null: no connection was made. */
  readonly from: string | null;
  /** Namespace and port of who was asked in the end, and whom they saw as client; null: nobody. */
  readonly served: string | null;
  /** By router: one line for each entry on the request's way. */
  readonly translations: readonly string[];
}

export interface Request {
  readonly ns: string;
  readonly protocol: "tcp" | "udp" | "icmp";
  /** Source port (identifier of a ping); null: any, as none was bound before it failed. */
  readonly sport: number | null;
  /** The address it was told to use; null: any. */
  readonly src: string | null;
  readonly dst: string;
  readonly dport: number;
  /** Nothing is said on its connection: it stands in the background. */
  readonly silent: boolean;
  /** Connecting (or sending) is all it is for: it ended well without a byte of answer. */
  readonly mute: boolean;
  /** Virtual ms after which it had ended. */
  readonly took: number;
}

export type ScriptItem =
  | { readonly kind: "netns"; readonly ns: string }
  | { readonly kind: "gone"; readonly ns: string }
  /** One batch; `refused`: its last operation was; `probe`: whether it is accepted is not compared. */
  | {
      readonly kind: "config";
      readonly ns: string;
      readonly ops: readonly ConfigOp[];
      readonly probe?: true;
      readonly refused?: boolean;
    }
  | { readonly kind: "ready" }
  | { readonly kind: "step"; readonly id: string }
  /** A frame of an end of the network, or what a step sends without a program. */
  | { readonly kind: "packet"; readonly play: PlayStep; readonly pins: readonly Pin[]; readonly draws: readonly Draw[] }
  /** A client starts; its request is known once it has ended. */
  | { readonly kind: "start"; readonly client: ClientRun }
  | { readonly kind: "end"; readonly client: ClientRun };

/** A client from its start to its end; one without `request` made none. */
export interface ClientRun {
  /** Counted from 0. */
  readonly id: number;
  readonly background: boolean;
  /** Its options have no counterpart: the request is not repeated. */
  special?: boolean;
  request?: Request;
  /** Who listens while it runs. */
  listeners: readonly Listener[];
  /** What chance said from its start on. */
  pins: readonly Pin[];
  ours?: RequestSeen;
}

export interface Script extends MaskFacts {
  readonly items: readonly ScriptItem[];
  /** Namespaces that carry others' packets, and the rules that decide about them. All others are ends: pods and hosts. */
  readonly routers: readonly string[];
  /** Devices behind which IPv4 ends: those of the ends in a cluster, whose own stack is not played with; those that a lab names. */
  readonly mute: "ends" | readonly { readonly ns: string; readonly devices: readonly string[] }[];
  /** What the run left behind, by router, without counters: a script that does not lead there has forgotten something. */
  readonly left: Readonly<Record<string, string>>;
  /** Largest MTU of any device. */
  readonly mtu: number;
}

type Tuple = RecordedConntrack["orig"];

/** One entry as a line; a source port that is not the client's own was drawn: `*`. */
function translationLine(ns: string, { orig, reply, status }: RecordedConntrack, own: Tuple["sport"]): string {
  const marks = ["SEEN_REPLY", "ASSURED", "SRC_NAT", "DST_NAT"].filter((word) => status.includes(word));
  return `${ns}: ${orig.proto} ${orig.src} > ${orig.dst}:${orig.dport ?? ""}, answered ${reply.src}:${reply.sport ?? ""} > ${reply.dst}:${reply.dport === own ? own : "*"} ${marks.join(" ")}`;
}

/** `namespace port 80, client 10.0.0.2:4000`; a client's port that is not `own` was drawn: `*`. */
export function servedText(
  { ns, port, client, clientPort }: { ns: string; port: number; client: string; clientPort: number },
  own: number | null | undefined,
): string {
  return `${ns} port ${port}, client ${client}:${clientPort === own ? clientPort : "*"}`;
}

/** The entries of all routers that a request met, followed from its first tuple through every translation. */
export function translationsOf(
  tables: Readonly<Record<string, readonly RecordedConntrack[]>>,
  own: Pick<Tuple, "proto" | "src" | "dst" | "sport" | "dport">,
): string[] {
  const lines = new Set<string>();
  const way = [own];
  // The list grows while it is walked.
  for (const tuple of way) {
    for (const [ns, rows] of Object.entries(tables)) {
      for (const row of rows) {
        if (!sameFlow(row.orig, tuple)) continue;
        lines.add(translationLine(ns, row, own.sport));
        const { proto, src, dst, sport, dport } = row.reply;
        const behind = { proto, src: dst, dst: src, sport: dport, dport: sport };
        if (!way.some((known) => sameFlow(known, behind))) way.push(behind);
      }
    }
  }
  return [...lines].sort();
}

function sameFlow(a: Pick<Tuple, "proto" | "src" | "dst" | "sport" | "dport">, b: typeof a): boolean {
  return a.proto === b.proto && a.src === b.src && a.dst === b.dst && a.sport === b.sport && a.dport === b.dport;
}
