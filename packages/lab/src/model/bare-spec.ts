// A lab without Kubernetes: namespaces, and what is typed in them before time 0.

import type { SourcePosition } from "@kubehop/kube";
import type { CommandLine } from "./step-spec.ts";

export interface BareSpec {
  /** In file order; all of them are there before the first command. */
  readonly namespaces: readonly NamespaceSpec[];
  /** In file order: what is typed in one namespace may need what was typed in another. */
  readonly build: readonly BuildBlock[];
}

export interface NamespaceSpec {
  readonly name: string;
  /** Cards that no command makes; down until a command takes them up. */
  readonly nics: readonly NicSpec[];
  /** Devices behind whose taps every IPv4 frame ends from time 0 on. */
  readonly mute: readonly MuteSpec[];
}

export interface NicSpec {
  readonly name: string;
  /** Cards of the same segment are on one wire. */
  readonly segment: string;
  /** Undefined: drawn from the seed. */
  readonly mac: string | undefined;
  readonly mtu: number | undefined;
  readonly position: SourcePosition;
}

export interface MuteSpec {
  readonly dev: string;
  readonly position: SourcePosition;
}

export interface BuildBlock {
  /** The commands are typed in each of these, one namespace after the other. */
  readonly in: readonly string[];
  readonly commands: readonly CommandLine[];
}
