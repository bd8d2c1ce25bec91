/** A node's iptables in miniature: chains with rule lines, restore as one step, and the errors kube-proxy meets. */
import type { Batch, BatchError, ConfigOp } from "@kubehop/netstack";

const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  filter: ["INPUT", "FORWARD", "OUTPUT"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
};

type Table = Map<string, string[]>;

export class FakeNode {
  /** Every operation handed in, in order. */
  ops: ConfigOp[] = [];
  tables = new Map<string, Table>(
    Object.entries(BUILT_IN).map(([name, chains]) => [name, new Map(chains.map((chain) => [chain, []]))]),
  );

  apply(batch: Batch): BatchError | null {
    for (const [index, op] of batch.ops.entries()) {
      this.ops.push(op);
      const message = this.#run(op);
      if (message !== null) return { index, errno: message.includes("exists") ? "EEXIST" : "EINVAL", message };
    }
    return null;
  }

  /** Chains and rules of all tables, sorted by chain. */
  dump(): Record<string, Record<string, string[]>> {
    const sorted = (table: Table): Record<string, string[]> =>
      Object.fromEntries([...table].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    return Object.fromEntries([...this.tables].map(([name, table]) => [name, sorted(table)]));
  }

  chain(table: string, chain: string): string[] {
    return this.tables.get(table)?.get(chain) ?? [];
  }

  #run(op: ConfigOp): string | null {
    if (op.op === "iptables") return this.#iptables(op.args);
    if (op.op === "iptables-restore") return this.#restore(op.text);
    return null;
  }

  #iptables(args: readonly string[]): string | null {
    const [, tableName = "", command, chain = "", ...spec] = args;
    const table = this.tables.get(tableName);
    if (table === undefined) return "no such table";
    const rules = table.get(chain);
    const text = spec.map((word) => (word.includes(" ") ? `"${word}"` : word)).join(" ");
    if (command === "-N") {
      if (rules !== undefined) return "iptables: Chain already exists.";
      table.set(chain, []);
      return null;
    }
    if (rules === undefined) return "iptables: No chain/target/match by that name.";
    if (command === "-C")
      return rules.includes(text) ? null : "iptables: Bad rule (does a matching rule exist in that chain?).";
    if (command === "-I") rules.unshift(text);
    return null;
  }

  /** Whole input or nothing, per table, as the kernel commits it. */
  #restore(text: string): string | null {
    let name = "";
    let table: Table = new Map();
    for (const line of text.split("\n")) {
      if (line.startsWith("*")) {
        name = line.slice(1);
        table = new Map([...(this.tables.get(name) ?? [])].map(([chain, rules]) => [chain, [...rules]]));
      } else if (line.startsWith(":")) table.set(line.slice(1).split(" ")[0] ?? "", []);
      else if (line.startsWith("-X ")) {
        if (jumps(table).has(line.slice(3))) return "iptables-restore: Too many links";
        table.delete(line.slice(3));
      } else if (line.startsWith("-A ")) {
        const [, chain = "", rule = ""] = /^-A (\S+) (.*)$/.exec(line) ?? [];
        if (!table.has(chain)) return `iptables-restore: no chain ${chain}`;
        table.get(chain)?.push(rule);
      } else if (line === "COMMIT") {
        const missing = [...jumps(table)].filter((target) => target.startsWith("KUBE-") && !table.has(target));
        if (missing.length > 0) return `iptables-restore: no chain ${missing.join(" ")}`;
        this.tables.set(name, table);
      }
    }
    return null;
  }
}

function jumps(table: Table): Set<string> {
  return new Set([...table.values()].flat().map((rule) => / -j (\S+)/.exec(` ${rule}`)?.[1] ?? ""));
}
