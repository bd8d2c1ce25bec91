// A scenario after loading: one plan per matrix cell, with everything the runner needs and where it was written.

import type { Diagnostic, LoadedObject, ManifestNote, SourcePosition, SourceText } from "@kubehop/kube";
import type { BareSpec } from "./bare-spec.ts";
import type { ClusterSpec } from "./cluster-spec.ts";
import type { StepSpec } from "./step-spec.ts";
import type { ExpectSpec } from "./expect-spec.ts";

export interface Scenario {
  /** File name as the caller gave it. */
  readonly file: string;
  readonly title: string;
  /** Upstream issues, shown in reports. */
  readonly refs: readonly string[];
  /** The document it reproduces. */
  readonly source: string | undefined;
  readonly bug: BugSpec | undefined;
  readonly mutations: readonly MutationSpec[];
  /** One per matrix cell, in file order of the values; a file without matrix has one with an empty cell. */
  readonly cells: readonly CellPlan[];
  /** The scenario file first, then its manifests. */
  readonly sources: readonly SourceText[];
  readonly notes: readonly ManifestNote[];
}

/** One combination of matrix values: name → value as text. */
export type Cell = Readonly<Record<string, string>>;

/** Everything one run needs. */
export interface CellPlan {
  readonly cell: Cell;
  /** Which half of `{fixed, broken}` holds; undefined without `bug`. */
  readonly half: "fixed" | "broken" | undefined;
  readonly cluster: ClusterSpec;
  /** A lab of namespaces: `cluster` then has no machines. */
  readonly bare: BareSpec | undefined;
  /** Objects of the manifests, in file order, complete. */
  readonly objects: readonly LoadedObject[];
  /** Files beside the scenario that its steps name (`kubectl apply -f PATH`): path as written → text. They stand at admin. */
  readonly files: Readonly<Record<string, string>>;
  readonly place: readonly PlaceRule[];
  readonly pins: Pins;
  /** Delays of the control plane; undefined: none. */
  readonly timing?: TimingSpec;
  /** Alias → what it stands for: an address, a place or `svc/NAME`. */
  readonly names: Readonly<Record<string, string>>;
  readonly serve: readonly ServeRule[];
  readonly steps: readonly StepSpec[];
  /** What was not written and filled in, for `validate --resolved`: dotted path → value. */
  readonly defaults: readonly FilledValue[];
}

/** All in virtual ms, from time 0 on. */
export interface TimingSpec {
  /** `NODE/AGENT` → how much later it hears of the API server's changes. */
  readonly agents: Readonly<Record<string, number>>;
  /** How much later the endpoints controller acts on a change. */
  readonly endpoints: number;
}

export interface FilledValue {
  readonly path: string;
  readonly value: string;
  /** Why this value, e.g. `kubernetes 1.28`. */
  readonly because?: string;
}

export interface BugSpec {
  /** Matrix name → value or values in which the bug shows. */
  readonly when: Readonly<Record<string, readonly string[]>>;
  /** What explain must name; checked in the broken cells at the end of the last step. */
  readonly because: ExpectSpec | undefined;
}

/** A declared edit that must break an expectation. */
export interface MutationSpec {
  readonly position: SourcePosition;
  /** Dotted path in the scenario file, e.g. `cluster.nodes.node1.modules.br_netfilter`. */
  readonly path: string;
  /** Undefined: the key is taken out. */
  readonly value: unknown;
}

/** A reference to pods: `export#3`, `deploy/web#1`, `ns/name#2`, a pod's name, or (without #n) all pods of a workload. */
export interface PodRef {
  /** As written. */
  readonly text: string;
  /** The same with an alias of `names:` resolved: what the cluster is asked for. */
  readonly ref: string;
  /** Undefined: any. */
  readonly namespace: string | undefined;
  /** `deploy`, `rs`, `ds`, `sts`, `pod` … as written; undefined: any. */
  readonly kind: string | undefined;
  readonly name: string;
  /** 1-based: the n-th pod ever made of the workload. */
  readonly index: number | undefined;
  readonly position: SourcePosition;
}

export interface PlaceRule {
  readonly pods: PodRef;
  /** Nodes in order: the n-th pod of the workload goes to the n-th (round robin). */
  readonly nodes: readonly string[];
}

/** What a document fixes and chance would otherwise decide. */
export interface Pins {
  readonly pods: readonly PodPin[];
  readonly services: readonly ServicePin[];
  readonly sockets: readonly SocketPin[];
  readonly order: OrderPin;
}

/** Random values of a place's sockets. Lists are taken in order by its next connections; behind their end chance returns. */
export interface SocketPin {
  /** Node, host, pod or alias. */
  readonly place: string;
  /** Initial sequence numbers, u32, of connections opened or accepted. */
  readonly isn: readonly number[];
  /** Source ports of sockets that are not bound. */
  readonly ports: readonly number[];
  /** IP id of a connection's first packet. */
  readonly ipIds: readonly number[];
  /** IP ids of resets, on kernels whose resets carry one. */
  readonly resetIds: readonly number[];
  /** TCP timestamp at time 0, u32. */
  readonly timestamp: number | undefined;
  readonly windowScale: number | undefined;
}

export interface PodPin {
  readonly pod: PodRef;
  /** Full pod name. */
  readonly name: string | undefined;
  readonly ip: string | undefined;
  readonly mac: string | undefined;
  /** Name of the host end of the pod's veth pair. */
  readonly veth: string | undefined;
  /** MAC of the host end. */
  readonly vethMac: string | undefined;
}

export interface ServicePin {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIP: string | undefined;
  /** Port name ("" when unnamed) → node port. */
  readonly nodePorts: Readonly<Record<string, number>>;
  readonly position: SourcePosition;
}

/** Emission order of kube-proxy's rules where a document shows one. */
export interface OrderPin {
  /** Service port keys `namespace/name:port`. */
  readonly services: readonly string[];
  /** Service port key → endpoints, `ip:port`. */
  readonly endpoints: Readonly<Record<string, readonly string[]>>;
}

/** What the pods of a selector answer instead of their image's default. */
export interface ServeRule {
  readonly pods: PodRef;
  /** Empty: nothing listens. */
  readonly servers: readonly ServerSpec[];
}

export interface ServerSpec {
  /** `http` answers requests, `echo` sends back what it gets, `hostname` says the pod's name. */
  readonly kind: "http" | "echo" | "hostname";
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** Body of an http answer; undefined: the image's default page. */
  readonly body: string | undefined;
}

/** Loading gives a scenario, or every mistake of it. */
export type LoadResult =
  | { readonly ok: true; readonly scenario: Scenario; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[]; readonly sources: readonly SourceText[] };
