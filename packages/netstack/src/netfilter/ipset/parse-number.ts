// Numbers as ipset reads them (strtoull with base 0) and what it says about those it does not take.

import { syntaxError } from "./ip-set-error.ts";

const U8 = 255;
const U16 = 65535;
const U32 = 0xffffffff;

/** Digits with an optional sign in base 8, 10 or 16; undefined: not a number. A negative one is huge, as unsigned arithmetic has it. */
function strtoull(text: string): number | undefined {
  const m = /^\s*([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.exec(text);
  if (m === null) return undefined;
  const digits = m[2] ?? "";
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return m[1] === "-" && value !== 0 ? Infinity : value;
}

/** Throws IpSetError. `shown`: upper bound as the message writes it. */
export function parseNumber(text: string, min: number, max: number, shown = String(max)): number {
  const value = strtoull(text);
  if (value === undefined) throw syntaxError(`'${text}' is invalid as number`);
  if (value < min || value > max) throw syntaxError(`'${text}' is out of range ${min}-${shown}`);
  return value;
}

export function parseU8(text: string): number {
  return parseNumber(text, 0, U8);
}

export function parseU16(text: string): number {
  return parseNumber(text, 0, U16);
}

export function parseU32(text: string): number {
  return parseNumber(text, 0, U32);
}

/** Packet and byte counters: anything but the largest u64. Beyond 2^53 kubehop's counters would not be exact: refused likewise. */
export function parseCounter(text: string): number {
  return parseNumber(text, 0, Number.MAX_SAFE_INTEGER, "18446744073709551614");
}

/** A prefix length. */
export function parseLength(text: string, min: number): number {
  const value = parseU8(text);
  if (value < min || value > 32) throw syntaxError(`'${text}' is out of range ${min}-32`);
  return value;
}
