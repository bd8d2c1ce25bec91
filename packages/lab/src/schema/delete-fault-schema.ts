// `fault: { delete: … }`: one row of a table, by the tools' own columns.
import * as z from "zod";
import { TABLE_COLUMNS } from "../expect/tables.ts";
import type { DeletableTable } from "../model/fault-spec.ts";
import { optional, required } from "./key.ts";
import * as leaf from "./leaves.ts";

export const DELETABLE = ["route", "rule", "fdb", "neigh", "conntrack"] as const satisfies readonly DeletableTable[];

function rowOf(table: DeletableTable): z.ZodObject {
  return z.strictObject(
    Object.fromEntries(
      TABLE_COLUMNS[table].map(({ name, description, example }) => [
        name,
        optional(leaf.cellText, description, `${name}: ${example}`, "any"),
      ]),
    ),
  );
}

const deleteSchema = z.strictObject({
  in: required(leaf.text, "Place of the table.", "in: node2"),
  route: optional(rowOf("route"), "A route.", "route: { dst: 10.244.1.0/24, dev: flannel.1 }", "none"),
  rule: optional(rowOf("rule"), "An iptables rule.", "rule: { table: nat, chain: KUBE-SERVICES, num: 1 }", "none"),
  fdb: optional(rowOf("fdb"), "A forwarding entry.", "fdb: { dev: flannel.1, dst: node1 }", "none"),
  neigh: optional(rowOf("neigh"), "A neighbour.", "neigh: { dev: flannel.1, dst: 10.244.0.0 }", "none"),
  conntrack: optional(rowOf("conntrack"), "A connection.", "conntrack: { proto: udp, dst: svc/dns }", "none"),
});

export const deleteKeys = {
  delete: optional(
    deleteSchema,
    "One row of a table is taken out; the columns must fit exactly one.",
    "delete: { in: node2, fdb: { dev: flannel.1, dst: node1 } }",
    "none",
  ),
};
