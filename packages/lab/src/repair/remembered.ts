// Rows that tables had when a step began: what is not there any more, or is another now, can be put back.

import type { NetNamespace } from "@kubehop/netstack";
import { type Row, ruleWriters, tableRows } from "../steps/rows.ts";
import type { RunningCluster } from "../model/running-cluster.ts";

/** Tables whose rows agents write. Rules are read once: a node has thousands. */
const TABLES = ["route", "neigh", "fdb"] as const;
export type RememberedTable = (typeof TABLES)[number];

/** A rule, and the agent that wrote it. */
export interface RememberedRule {
  readonly table: string;
  readonly chain: string;
  readonly spec: string;
  /** What writes its back end: `iptables`, `iptables-legacy`. */
  readonly tool: string;
  readonly agent: string;
}

interface Place {
  readonly rows: Record<RememberedTable, Map<string, Row>>;
  readonly rules: readonly RememberedRule[];
}

export class RememberedRows {
  readonly #places = new Map<string, Place>();
  #since = 0;

  /** As the tables stand now, over what was there before. */
  look(cluster: RunningCluster): void {
    const first = this.#places.size === 0;
    if (first) this.#since = cluster.world.now - cluster.epoch;
    for (const [name, ns] of cluster.world.namespaces) {
      const place = this.#places.get(name) ?? { rows: emptyRows(), rules: first ? rulesOf(ns) : [] };
      this.#places.set(name, place);
      for (const table of TABLES)
        for (const row of tableRows(ns, table)) place.rows[table].set(JSON.stringify(row), row);
    }
  }

  /** When rules were read, virtual ms since time 0. */
  get since(): number {
    return this.#since;
  }

  /** Rows that were there once, and are not now; the ones seen last come first. */
  missing(ns: NetNamespace, table: RememberedTable): Row[] {
    const now = new Set(tableRows(ns, table).map((row) => JSON.stringify(row)));
    const known = [...(this.#places.get(ns.name)?.rows[table] ?? [])];
    return known.flatMap(([text, row]) => (now.has(text) ? [] : [row])).toReversed();
  }

  rules(ns: NetNamespace): readonly RememberedRule[] {
    return this.#places.get(ns.name)?.rules ?? [];
  }
}

function emptyRows(): Place["rows"] {
  return { route: new Map(), neigh: new Map(), fdb: new Map() };
}

export function rulesOf(ns: NetNamespace): RememberedRule[] {
  const writers = ruleWriters(ns);
  return tableRows(ns, "rule").map(({ table = "", chain = "", spec = "" }, index) => {
    const { tool, agent } = writers[index] ?? { tool: "iptables", agent: "" };
    return { table, chain, spec, tool, agent };
  });
}
