// What later recordings tell of a case besides its frames: commands before it, sockets that listen, learned rows before and after.

import { applyBatch, conntrackCommand, dumpFdb, dumpNeighs, tcpListen, udpOpen } from "@kubehop/netstack";
import type { ConfigOp, NeighRow, NetNamespace, World } from "@kubehop/netstack";
import { typeCommand } from "./commands.ts";
import { RecordingError } from "./corpus.ts";
import type { RecordedCase, RecordedFdbRow, RecordedListen, RecordedNeighRow } from "./format.ts";
import { namespaceOf } from "./lab.ts";

export interface SeenTables {
  /** node → list → rows. */
  readonly recent: Readonly<Record<string, Readonly<Record<string, readonly { src: string; ttl: number }[]>>>>;
  readonly fdb: Readonly<Record<string, readonly RecordedFdbRow[]>>;
  readonly neigh: Readonly<Record<string, readonly RecordedNeighRow[]>>;
}

/** Setup commands, then the learned rows the recorder found, then the sockets; conntrack begins empty. */
export function prepareCase(world: World, nodes: readonly string[], testCase: RecordedCase): void {
  for (const command of testCase.setup ?? []) typeCommand(namespaceOf(world, command.ns), command);
  for (const [name, rows] of Object.entries(testCase.fdb?.before ?? {})) seedFdb(namespaceOf(world, name), rows);
  for (const [name, rows] of Object.entries(testCase.neigh?.before ?? {})) seedNeighs(namespaceOf(world, name), rows);
  for (const socket of testCase.listen ?? []) listen(namespaceOf(world, socket.ns), socket);
  if (testCase.setup !== undefined) for (const name of nodes) conntrackCommand(namespaceOf(world, name), ["-F"]);
}

function apply(ns: NetNamespace, ops: readonly ConfigOp[]): void {
  const error = applyBatch(ns, { agent: "recording", ops });
  if (error !== null) throw new RecordingError(`${ns.name}: ${JSON.stringify(ops[error.index])}: ${error.message}`);
}

/** Learned rows become the recorded ones; what is configured stands already. */
function seedFdb(ns: NetNamespace, rows: readonly RecordedFdbRow[]): void {
  const learned = (row: { readonly state: string; readonly master?: string | undefined }): boolean =>
    row.state === "" && row.master !== undefined;
  for (const row of dumpFdb(ns).filter(learned))
    apply(ns, [{ op: "fdb-del", dev: row.ifname, mac: row.mac, master: true }]);
  for (const row of rows.filter(learned))
    apply(ns, [{ op: "fdb-replace", dev: row.ifname, mac: row.mac, master: true, state: "dynamic" }]);
}

const SEEDED_STATES: Readonly<Record<string, "permanent" | "stale" | "reachable" | "noarp">> = {
  PERMANENT: "permanent",
  STALE: "stale",
  REACHABLE: "reachable",
  NOARP: "noarp",
};

function seedNeighs(ns: NetNamespace, rows: readonly RecordedNeighRow[]): void {
  const key = (row: { readonly dst: string; readonly dev: string }): string => `${row.dev} ${row.dst}`;
  const wanted = new Set(rows.map(key));
  for (const row of dumpNeighs(ns))
    if (!wanted.has(key(row))) apply(ns, [{ op: "neigh-del", dev: row.dev, dst: row.dst }]);
  for (const { dst, dev, lladdr, state } of rows.filter((row) => !isFailed(row))) {
    const nud = SEEDED_STATES[state[0] ?? ""];
    if (nud === undefined || lladdr === undefined)
      throw new RecordingError(`${ns.name}: a neighbour that begins ${state.join(" ")} is not modelled`);
    apply(ns, [{ op: "neigh-replace", dev, dst, lladdr, nud }]);
  }
}

function listen(ns: NetNamespace, { proto, addr, port }: RecordedListen): void {
  if (proto === "udp") udpOpen(ns, { addr, port });
  else tcpListen(ns, { addr, port, onConnection: () => ({}) });
}

/** The tables that the recording tells, as they are now. */
export function tablesOf(world: World, testCase: RecordedCase): SeenTables {
  const of = <T>(names: object | undefined, rows: (ns: NetNamespace) => T): Record<string, T> =>
    Object.fromEntries(Object.keys(names ?? {}).map((name) => [name, rows(namespaceOf(world, name))]));
  const recent = Object.entries(testCase.recent ?? {}).map(([node, lists]) => {
    const tables = namespaceOf(world, node).xt.recent;
    return [
      node,
      Object.fromEntries(Object.keys(lists).map((list) => [list, tables.get(list)?.rows() ?? []])),
    ] as const;
  });
  return {
    recent: Object.fromEntries(recent),
    fdb: of(testCase.fdb?.after, fdbRows),
    neigh: of(testCase.neigh?.after, (ns) => neighRows(ns, testCase.neigh?.before[ns.name] ?? [])),
  };
}

/** An entry that had failed before stays in the kernel's list until somebody asks again; ours forgets it at once. */
function neighRows(ns: NetNamespace, before: readonly RecordedNeighRow[]): RecordedNeighRow[] {
  const rows = dumpNeighs(ns).map(recordedNeigh);
  const stale = before.filter(
    (row) => isFailed(row) && !rows.some(({ dst, dev }) => dst === row.dst && dev === row.dev),
  );
  return [...rows, ...stale];
}

function isFailed(row: RecordedNeighRow): boolean {
  return row.state[0] === "FAILED";
}

function recordedNeigh({ dst, dev, lladdr, state }: NeighRow): RecordedNeighRow {
  return { dst, dev, state: [...state], ...(lladdr === undefined ? {} : { lladdr }) };
}

function fdbRows(ns: NetNamespace): RecordedFdbRow[] {
  return dumpFdb(ns).map(({ mac, ifname, dst, flags, master, state }) => ({
    mac,
    ifname,
    flags: [...flags],
    state,
    ...(dst === undefined ? {} : { dst }),
    ...(master === undefined ? {} : { master }),
  }));
}
