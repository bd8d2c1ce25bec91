// `fault:` → one fault. It is of exactly one kind, and has only keys of that kind.
import type { Path } from "@kubehop/kube";
import type { FaultSpec } from "../../model/fault-spec.ts";
import type { ExpectContext } from "../expectation.ts";
import { AGENT_ROW } from "./agent.ts";
import { BOOT_ROW, CRASH_ROW } from "./crash.ts";
import { DELETE_ROW } from "./delete.ts";
import type { DraftFault, FaultRow } from "./fault-row.ts";
import { HEAL_ROW, LINK_ROW } from "./link.ts";

/** Every kind of fault, each with its keys. */
export const FAULT_ROWS: readonly FaultRow[] = [AGENT_ROW, CRASH_ROW, BOOT_ROW, LINK_ROW, HEAL_ROW, DELETE_ROW];

/** Undefined: it was wrong, and that is reported. */
export function buildFault(ec: ExpectContext, draft: DraftFault, path: Path): FaultSpec | undefined {
  const { context } = ec;
  const written = FAULT_ROWS.filter(({ key }) => context.document.has([...path, key]));
  const [row, second] = written;
  if (row === undefined) {
    const kinds = FAULT_ROWS.filter(({ refused }) => refused !== true).map(({ key }) => key);
    context.report(path, `a fault needs one of ${kinds.join(", ")}`, { code: "missing-key" });
    return undefined;
  }
  if (second !== undefined) {
    context.report([...path, second.key], `a fault is one thing, this one has ${row.key} and ${second.key}`, {
      code: "conflict",
      hint: "make two steps of it",
      atKey: true,
    });
    return undefined;
  }
  reportStrangers(ec, draft, row, path);
  return row.build(ec, draft, path);
}

function reportStrangers({ context }: ExpectContext, draft: DraftFault, row: FaultRow, path: Path): void {
  const own: readonly string[] = [row.key, ...row.beside];
  for (const key of Object.keys(draft)) {
    if (own.includes(key)) continue;
    context.report([...path, key], `"${key}" means nothing beside ${row.key}`, { code: "conflict", atKey: true });
  }
}
