// Values of a row's columns: what a column can never hold is a slip, and with count: 0 it would never be noticed.
import { didYouMean, hasHostBits, parseCidr, parseIPv4 } from "@kubehop/kube";
import type { Column } from "../expect/tables.ts";

export interface ValueComplaint {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Why no row can have this value; undefined: one can, or the column is open. */
export function checkValue(column: Column, value: string): ValueComplaint | undefined {
  const { words, form } = column;
  if (words === undefined && form === undefined) return undefined;
  const parts = value === "" ? [""] : value.split(",");
  if (parts.every((part) => words?.includes(part) === true || form?.test(part) === true)) return undefined;
  const message = `${column.name} is never ${JSON.stringify(value)}`;
  return { message, hint: hintOf(column, value) };
}

function hintOf({ words = [], form, example }: Column, value: string): string {
  const other = [value.toLowerCase(), value.toUpperCase()].find(
    (text) => words.includes(text) || form?.test(text) === true,
  );
  if (other !== undefined) return `write ${other}`;
  const known = words.filter((word) => word !== "");
  return didYouMean(value, known) ?? (known.length === 0 ? `such as ${example}` : `values: ${known.join(", ")}`);
}

/** Something that is written like an address or a network: digits, dots, a length. */
export function looksNumeric(value: string): boolean {
  return /^[\d.]+(?:\/\d*)?$/.test(value);
}

/** `networks`: the column holds them. */
export function checkAddressValue(value: string, networks: boolean): ValueComplaint | undefined {
  if (!value.includes("/"))
    return parseIPv4(value) === undefined ? { message: `${JSON.stringify(value)} is not an IPv4 address` } : undefined;
  if (!networks) return { message: `${JSON.stringify(value)} is a network, this column holds addresses` };
  if (parseCidr(value) === undefined) return { message: `${JSON.stringify(value)} is not an IPv4 network (a.b.c.d/n)` };
  return hasHostBits(value) ? { message: `${value} names a host inside its network` } : undefined;
}
