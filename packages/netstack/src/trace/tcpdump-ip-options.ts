// print-ip.c: ip_optprint.

import { formatIpv4 } from "../addr/ipv4.ts";
import { getU32 } from "../wire/bytes.ts";

const NAMES: Readonly<Record<number, string>> = {
  0: "EOL",
  1: "NOP",
  7: "RR",
  68: "timestamp",
  130: "security",
  131: "LSRR",
  136: "stream",
  137: "SSRR",
  148: "RA",
};
const ROUTES = new Set([7, 131, 137]);

/** Options between `at` and `end`, separated by commas, up to and including the first EOL. */
export function ipOptionsPrint(b: Uint8Array, at: number, end: number): string {
  const words: string[] = [];
  let p = at;
  while (p < end) {
    const type = b[p] as number;
    const name = NAMES[type] ?? `unknown ${type}`;
    if (type <= 1) {
      words.push(name);
      p++;
      if (type === 0) break;
      continue;
    }
    const size = b[p + 1] ?? 0;
    if (size < 2 || p + size > end) {
      words.push(`${name} [bad length ${size}]`);
      break;
    }
    words.push(name + optionBody(b, p, type, size));
    p += size;
  }
  return words.join(",");
}

function optionBody(b: Uint8Array, p: number, type: number, size: number): string {
  if (ROUTES.has(type)) return routeList(b, p, size);
  if (type === 68) return timestamps(b, p, size);
  return type === 148 && b[p + 3] !== 0 ? ` value ${((b[p + 2] as number) << 8) | (b[p + 3] as number)}` : "";
}

/** The pointer stands before the address that is next; behind the last one there is none. */
function routeList(b: Uint8Array, p: number, size: number): string {
  const hops: string[] = [];
  for (let at = 3; at + 4 <= size; at += 4) hops.push(` ${formatIpv4(getU32(b, p + at))}`);
  return hops.join(",");
}

const TS_TYPES: Readonly<Record<number, string>> = { 0: "TSONLY", 1: "TS+ADDR", 3: "PRESPEC" };

function timestamps(b: Uint8Array, p: number, size: number): string {
  const pointer = b[p + 2] as number;
  const kind = (b[p + 3] as number) & 15;
  const step = kind === 0 ? 4 : 8;
  let text = ` TS{${TS_TYPES[kind] ?? "???"}`;
  for (let at = 4; at + step <= size; at += step) {
    const mark = pointer === at + 1 ? " ^ " : " ";
    const host = step === 8 ? formatIpv4(getU32(b, p + at)) : "";
    text += `${mark}${getU32(b, p + at + step - 4)}@${host}`;
  }
  const overflow = (b[p + 3] as number) >>> 4;
  return `${text}${overflow > 0 ? ` [${overflow} hops not recorded]` : ""}}`;
}
