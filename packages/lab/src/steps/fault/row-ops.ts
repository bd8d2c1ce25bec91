// A row of a table, named by the tool's own columns → the operation of the config door that takes it out.

import type { ConfigOp, NetNamespace, RouteType, XtBackendName } from "@kubehop/netstack";
import type { Names } from "../../expect/match-flow.ts";
import { formatRow, matchRows, type TableRow } from "../../expect/match-row.ts";
import type { DeletableTable } from "../../model/fault-spec.ts";
import { ruleBackends, tableRows } from "../rows.ts";

/** Rows that are listed when it is not clear which one is meant. */
const SHOWN = 5;

/** What takes the one row out that fits, or why there is no such one: a sentence, and the rows that one may have meant. */
export function deleteRowOps(
  ns: NetNamespace,
  table: DeletableTable,
  columns: Readonly<Record<string, string>>,
  names: Names,
): readonly ConfigOp[] | string {
  const rows = tableRows(ns, table);
  const { matching, near } = matchRows(table, rows, columns, names);
  const [row, other] = matching;
  if (row === undefined) return `no ${table} row fits${listed(table, "near", near)}`;
  if (other !== undefined) return `${matching.length} ${table} rows fit, name one${listed(table, "found", matching)}`;
  return [OPS[table](row, backendOf(ns, table, rows.indexOf(row)))];
}

function listed(table: DeletableTable, word: string, rows: readonly TableRow[]): string {
  const shown = rows.slice(0, SHOWN).map((row) => formatRow(table, row));
  const more = rows.length > SHOWN ? ` | … ${rows.length - SHOWN} more` : "";
  return shown.length === 0 ? "" : `; ${word}: ${shown.join(" | ")}${more}`;
}

/** A rule's number counts in the chain of its own back end. */
function backendOf(ns: NetNamespace, table: DeletableTable, index: number): XtBackendName | undefined {
  return table === "rule" ? ruleBackends(ns)[index] : undefined;
}

const OPS: Readonly<Record<DeletableTable, (row: TableRow, backend: XtBackendName | undefined) => ConfigOp>> = {
  route: (row) => ({
    op: "route-del",
    dst: row["dst"] ?? "",
    table: row["table"] ?? "main",
    type: row["type"] as RouteType,
    metric: Number(row["metric"]),
    ...filled(row, "via", "dev"),
  }),
  rule: ({ table = "", chain = "", num = "" }, backend) => ({
    op: "iptables",
    args: ["-t", table, "-D", chain, num],
    ...(backend === undefined ? {} : { backend }),
  }),
  fdb: ({ mac = "", dev = "", master = "", dst = "" }) => ({
    op: "fdb-del",
    mac,
    dev,
    ...(master === "" ? {} : { master: true }),
    ...(dst === "" ? {} : { dst }),
  }),
  neigh: ({ dst = "", dev = "" }) => ({ op: "neigh-del", dst, dev }),
  conntrack: (row) => ({
    op: "conntrack",
    args: ["-D", ...CT_WORDS.flatMap(([word, name]) => [word, row[name] ?? ""]), ...portWords(row)],
  }),
};

function filled(row: TableRow, ...names: readonly ("via" | "dev")[]): { readonly via?: string; readonly dev?: string } {
  return Object.fromEntries(names.flatMap((name) => (row[name] === "" ? [] : [[name, row[name]]])));
}

/** Options of `conntrack -D` by column: both directions, so that no other entry fits. */
const CT_WORDS: readonly (readonly [word: string, column: string])[] = [
  ["-p", "proto"],
  ["--orig-src", "src"],
  ["--orig-dst", "dst"],
  ["--reply-src", "reply-src"],
  ["--reply-dst", "reply-dst"],
];

const CT_PORTS: Readonly<Record<string, readonly (readonly [word: string, column: string])[]>> = {
  tcp: portOptions(),
  udp: portOptions(),
  udplite: portOptions(),
  sctp: portOptions(),
  icmp: [["--icmp-id", "sport"]],
};

function portOptions(): readonly (readonly [string, string])[] {
  return [
    ["--orig-port-src", "sport"],
    ["--orig-port-dst", "dport"],
  ];
}

function portWords(row: TableRow): string[] {
  return (CT_PORTS[row["proto"] ?? ""] ?? []).flatMap(([word, name]) => [word, row[name] ?? ""]);
}
