// A table's flows, each with every combination of random choices, none of which sees a trace of another.

import { Refusal } from "@kubehop/sim";
import { Choices } from "../cluster/choices.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Fate, RowFates } from "../model/flow-table.ts";
import type { SendFlow } from "../model/step-spec.ts";
import { EndpointNames } from "./endpoint-names.ts";
import { Imprint } from "./imprint.ts";
import { tryFlow } from "./try-flow.ts";

/** Combinations of random choices of one flow: as many as a Service with as many endpoints has. */
export const MAX_COMBINATIONS = 1000;

/** A cluster at the moment in question, handed to `use`. */
export type Replay = (use: (cluster: Cluster) => void) => void;

export interface ExploreOptions {
  readonly flows: readonly SendFlow[];
  /** Names for who answers, the wanted ones first. */
  readonly endpoints: readonly string[];
  /** Nothing else goes on in the cluster: it may serve again when it has forgotten a flow. */
  readonly settled: boolean;
}

/** @throws Refusal when a flow has too many combinations, or an end is not there */
export function explore(replay: Replay, { flows, endpoints, settled }: ExploreOptions): RowFates[] {
  const walk = new Walk(flows);
  while (!walk.done) {
    replay((cluster) => {
      const names = new EndpointNames(cluster, endpoints);
      const imprint = settled ? new Imprint(cluster) : undefined;
      let clean = true;
      while (clean && !walk.done) clean = walk.step(cluster, names) && imprint?.restore() === true;
    });
  }
  return walk.rows;
}

/** Where the search stands. */
class Walk {
  readonly rows: RowFates[] = [];
  readonly #flows: readonly SendFlow[];
  #choices = new Choices();
  #tried = 0;
  #fates = new Map<string, Fate>();

  constructor(flows: readonly SendFlow[]) {
    this.#flows = flows;
  }

  get done(): boolean {
    return this.rows.length === this.#flows.length;
  }

  /** Tries the next combination. False: the cluster cannot serve for another one. */
  step(cluster: Cluster, names: EndpointNames): boolean {
    const flow = this.#flows[this.rows.length];
    if (flow === undefined) return false;
    if (++this.#tried > MAX_COMBINATIONS)
      throw new Refusal(`${flow.text}: more than ${MAX_COMBINATIONS} combinations of random choices are not tried`);
    const { fate, learned } = tryFlow(cluster, flow, this.#choices, names);
    if (!this.#fates.has(fate.text)) this.#fates.set(fate.text, fate);
    this.#go(flow);
    // A port that the flow fixes is still in use.
    return !learned && flow.from.port === undefined;
  }

  #go(flow: SendFlow): void {
    const next = this.#choices.next();
    this.#choices = next ?? new Choices();
    if (next !== undefined) return;
    this.rows.push({ flow: flow.text, fates: [...this.#fates.values()] });
    this.#fates = new Map();
    this.#tried = 0;
  }
}
