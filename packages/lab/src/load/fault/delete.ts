// `fault: { delete: { in: PLACE, route|rule|fdb|neigh|conntrack: { COLUMN: value } } }`
import type { Path } from "@kubehop/kube";
import type { DeletableTable, DeleteFault } from "../../model/fault-spec.ts";
import { DELETABLE } from "../../schema/delete-fault-schema.ts";
import { entriesOf } from "../draft.ts";
import { checkColumn, type ExpectContext } from "../expectation.ts";
import type { DraftFault, FaultRow } from "./fault-row.ts";

export const DELETE_ROW: FaultRow = { key: "delete", beside: [], build: buildDelete };

function buildDelete(ec: ExpectContext, { delete: draft }: DraftFault, path: Path): DeleteFault | undefined {
  if (draft === undefined) return undefined;
  const at = [...path, "delete"];
  const table = tableOf(ec, at);
  if (draft.in !== undefined) ec.names.checkPlace(draft.in, [...at, "in"]);
  if (table === undefined || draft.in === undefined) return undefined;
  const columns = entriesOf(draft[table] as Record<string, string | number | boolean>).map(([name, value]) => {
    checkColumn(ec, table, name, String(value), [...at, table, name]);
    return [name, String(value)] as const;
  });
  return { kind: "delete", in: draft.in, table, columns: Object.fromEntries(columns) };
}

function tableOf({ context }: ExpectContext, path: Path): DeletableTable | undefined {
  const [table, second] = DELETABLE.filter((name) => context.document.has([...path, name]));
  if (table === undefined)
    context.report(path, `a row of which table? Write one of ${DELETABLE.join(", ")}`, { code: "missing-key" });
  if (second !== undefined)
    context.report([...path, second], `one row is deleted, this fault names ${table} and ${second}`, {
      code: "conflict",
      hint: "make two steps of it",
      atKey: true,
    });
  return table;
}
