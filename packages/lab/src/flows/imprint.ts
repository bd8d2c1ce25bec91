// What a cluster remembers of packets, and how to make it forget: so one settled cluster serves for many flows. What cannot be undone is
// seen, and the cluster is then built again.

import { applyBatch, dumpFdb, dumpNeighs, type NetNamespace } from "@kubehop/netstack";
import type { ConfigOp } from "@kubehop/netstack";
import type { Cluster } from "../cluster/cluster.ts";
import { tableRows } from "../steps/rows.ts";

/** Virtual ms in which connections are closed by both sides. */
const CLOSE_MS = 1000;

/** Rules that remember packets in lists or counters of their own. */
const REMEMBERS = /-m (?:recent|limit|hashlimit|quota|connlimit)\b|--mode nth\b|-j SET\b/;

export class Imprint {
  readonly #cluster: Cluster;
  readonly #before: string;
  readonly #forgetful: boolean;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#before = this.#state();
    this.#forgetful = !this.#namespaces().some((ns) =>
      tableRows(ns, "rule").some(({ spec }) => REMEMBERS.test(spec ?? "")),
    );
  }

  /** Connections and neighbours that came since are deleted. False: something else is not as it was. */
  restore(): boolean {
    if (!this.#forgetful) return false;
    this.#cluster.advance(CLOSE_MS);
    for (const ns of this.#namespaces()) applyBatch(ns, { agent: "flows", ops: this.#forget(ns) });
    return this.#state() === this.#before;
  }

  #namespaces(): NetNamespace[] {
    return [...this.#cluster.world.namespaces.values()];
  }

  #forget(ns: NetNamespace): ConfigOp[] {
    const neighbours = dumpNeighs(ns).filter((row) => !this.#before.includes(neighbourText(ns, row)));
    const learned = dumpFdb(ns).filter((row) => !this.#before.includes(learnedText(ns, row)));
    return [
      ...(tableRows(ns, "conntrack").length === 0 ? [] : [{ op: "conntrack", args: ["-F"] } as const]),
      ...neighbours.map(({ dev, dst }) => ({ op: "neigh-del", dev, dst }) as const),
      ...learned.map(({ ifname, mac, dst, master }) => ({
        op: "fdb-del" as const,
        dev: ifname,
        mac,
        ...(dst === undefined ? {} : { dst }),
        ...(master === undefined ? {} : { master: true }),
      })),
    ];
  }

  #state(): string {
    return this.#namespaces()
      .flatMap((ns) => [
        ...tableRows(ns, "conntrack").map((row) => `${ns.name} ${Object.values(row).join(" ")}`),
        ...dumpNeighs(ns).map((row) => neighbourText(ns, row)),
        ...dumpFdb(ns).map((row) => learnedText(ns, row)),
      ])
      .toSorted()
      .join("\n");
  }
}

function neighbourText(ns: NetNamespace, { dev, dst, lladdr }: ReturnType<typeof dumpNeighs>[number]): string {
  return `${ns.name} neigh ${dev} ${dst} ${lladdr ?? ""};`;
}

function learnedText(ns: NetNamespace, { ifname, mac, dst, master }: ReturnType<typeof dumpFdb>[number]): string {
  return `${ns.name} fdb ${ifname} ${mac} ${dst ?? ""} ${master ?? ""};`;
}
