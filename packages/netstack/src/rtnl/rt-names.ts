// Numbers and names of tables, protocols and scopes (iproute2 etc/iproute2/rt_*).

import {
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_SITE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
} from "../ipv4/rt-types.ts";

const TABLES: Readonly<Record<string, number>> = {
  default: RT_TABLE_DEFAULT,
  main: RT_TABLE_MAIN,
  local: RT_TABLE_LOCAL,
};

const PROTOCOLS: Readonly<Record<string, number>> = {
  unspec: 0,
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  gated: 8,
  ra: 9,
  mrt: 10,
  zebra: 11,
  bird: 12,
  dnrouted: 13,
  xorp: 14,
  ntk: 15,
  dhcp: 16,
  keepalived: 18,
  babel: 42,
  bgp: 186,
  isis: 187,
  ospf: 188,
  rip: 189,
  eigrp: 192,
};

const SCOPES: Readonly<Record<string, number>> = {
  global: RT_SCOPE_UNIVERSE,
  site: RT_SCOPE_SITE,
  link: RT_SCOPE_LINK,
  host: RT_SCOPE_HOST,
  nowhere: RT_SCOPE_NOWHERE,
};

export type NameSpace = "table" | "protocol" | "scope";
const SPACES: Readonly<Record<NameSpace, Readonly<Record<string, number>>>> = {
  table: TABLES,
  protocol: PROTOCOLS,
  scope: SCOPES,
};

/** Name → number; digits pass (tables up to 32 bits, the others up to 255). Undefined: no such name. */
export function parseRtName(space: NameSpace, text: string): number | undefined {
  const known = Object.hasOwn(SPACES[space], text) ? SPACES[space][text] : undefined;
  if (known !== undefined) return known;
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : -1;
  return value >= 0 && value <= (space === "table" ? 0xffffffff : 255) ? value : undefined;
}

function byNumber(names: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(names).map(([name, number]) => [number, name]));
}

const NAMES: Readonly<Record<NameSpace, ReadonlyMap<number, string>>> = {
  table: byNumber(TABLES),
  protocol: byNumber(PROTOCOLS),
  scope: byNumber(SCOPES),
};

/** Number → name, digits when it has none. */
export function rtName(space: NameSpace, value: number): string {
  return NAMES[space].get(value) ?? String(value);
}
