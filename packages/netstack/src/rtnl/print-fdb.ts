// Rows of forwarding tables as `bridge fdb show` prints them (iproute2 bridge/fdb.c: print_fdb).

import type { FdbRow } from "./fdb.ts";

/** `dev`: the listing was asked for one device, whose name is then not repeated. `stats`: with -s. Learned rows end in a blank. */
export function printFdb(row: FdbRow, options: { readonly dev?: boolean; readonly stats?: boolean } = {}): string {
  const words = [row.mac];
  if (options.dev !== true) words.push(`dev ${row.ifname}`);
  if (row.dst !== undefined) words.push(`dst ${row.dst}`);
  if (row.viaIf !== undefined) words.push(`via ${row.viaIf}`);
  if (options.stats === true) words.push(`used ${row.used}/${row.updated}`);
  words.push(...row.flags.filter((f) => f === "self"));
  if (row.master !== undefined) words.push(`master ${row.master}`);
  words.push(...row.flags.filter((f) => f !== "self"));
  return `${words.join(" ")} ${row.state}`;
}

/** The whole listing, one line each. */
export function printFdbList(
  rows: readonly FdbRow[],
  options: { readonly dev?: boolean; readonly stats?: boolean } = {},
): string {
  return rows.map((row) => `${printFdb(row, options)}\n`).join("");
}
