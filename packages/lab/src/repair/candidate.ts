// A single change that might repair what failed, as data: how one would say it, how it is made, and how much else it touches.

import type { LoadedObject, Path } from "@kubehop/kube";
import type { AgentName } from "../model/cluster-spec.ts";

export interface Candidate {
  readonly change: Change;
  readonly touches: Touches;
  /** Candidates of one family are the same remedy in another form: the list shows the best of them. */
  readonly family: string;
}

export type Change = TypedChange | StartChange | SettingChange | FieldChange;

/** A command that is typed at places, right before a step begins. */
export interface TypedChange {
  readonly kind: "typed";
  /** Places as scenarios name them. */
  readonly in: readonly string[];
  readonly command: string;
  /** The same makes sense on every node: what they all forward, one alone may not cure. */
  readonly everywhere: boolean;
  /** Index of the first step whose packets met what it changes. */
  readonly metIn: number;
}

/** An agent is started, after it was stopped if it runs. */
export interface StartChange {
  readonly kind: "start";
  readonly node: string;
  readonly agent: AgentName;
  readonly runs: boolean;
  readonly metIn: number;
}

/** A setting of the scenario file; the file is read again with it. */
export interface SettingChange {
  readonly kind: "setting";
  /** Dotted, e.g. `cluster.docker.forwardPolicy`. */
  readonly path: string;
  readonly value: string | boolean;
}

/** A field of a manifest. */
export interface FieldChange {
  readonly kind: "field";
  readonly object: LoadedObject;
  readonly path: Path;
  readonly value: unknown;
}

/** How much a change touches besides the failing flow: remedies that help alike are told in this order. */
export const TOUCHES = {
  /** One flow's memory, which comes back by itself. */
  entry: 1,
  /** A switch of one machine or port. */
  switch: 2,
  /** A row as it was before. */
  row: 2,
  route: 3,
  mtu: 3,
  /** A setting of the cluster or of an object. */
  setting: 3,
  policy: 4,
  /** An agent writes all of its rows anew. */
  agent: 4,
  /** Something is switched off that others may count on. */
  off: 4,
  /** A rule more, or a rule less. */
  insert: 5,
  delete: 5,
  /** All that another release does otherwise. */
  release: 6,
} as const;

export type Touches = keyof typeof TOUCHES;

/** A typed candidate, with what is usual filled in. */
export function typed(
  place: string,
  command: string,
  metIn: number,
  more: { readonly touches: Touches; readonly family?: string; readonly everywhere?: boolean },
): Candidate {
  const { touches, family = `${command} on ${place}`, everywhere = false } = more;
  return { change: { kind: "typed", in: [place], command, everywhere, metIn }, touches, family };
}
