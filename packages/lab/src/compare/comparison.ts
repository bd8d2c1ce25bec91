// What two runs of the same requests have in common, and where they part.

/** How a request ended. */
export interface RequestFate {
  readonly result: string;
  /** Who answered, as scenarios name it; "" for nobody. */
  readonly by: string;
  /** Source the server saw, with its name; "" when none saw it. */
  readonly client: string;
  /** Machines that the request's packet passed, in order. */
  readonly path: readonly string[];
}

/** What one run did where the other did something else. */
export interface DivergentHop {
  /** `node1 PREROUTING`. */
  readonly where: string;
  readonly text: string;
  /** The rule or row that decides, with who wrote it; "" when none does. */
  readonly decides: string;
}

export interface Divergence {
  readonly of: "request" | "reply";
  /** Undefined: this run has nothing there, its way has ended. */
  readonly a: DivergentHop | undefined;
  readonly b: DivergentHop | undefined;
  /** Both chose by chance, and differently. */
  readonly chance: boolean;
}

/** One request that both runs were to make. */
export interface RequestPair {
  readonly step: string;
  /** From 1. */
  readonly number: number;
  /** Undefined: this run did not make it. */
  readonly a: RequestFate | undefined;
  readonly b: RequestFate | undefined;
  readonly differs: boolean;
  /** Of a differing pair whose ways part. */
  readonly divergence?: Divergence;
}

export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly requests: readonly RequestPair[];
}
