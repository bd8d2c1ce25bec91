// Rows and rules that were there and are gone, or that say something else now: put back as they were.

import type { NetNamespace } from "@kubehop/netstack";
import { type Row, tableRows } from "../../steps/rows.ts";
import { type Candidate, typed } from "../candidate.ts";
import type { Evidence } from "../evidence.ts";
import { isNode, namespaceOf, placeName } from "../places.ts";
import { type RememberedRule, type RememberedTable, rulesOf } from "../remembered.ts";

/** Rules of one machine that are put back one by one; what lost more of them wants its agent. */
const MOST_RULES = 8;

/** Commands that put the rows and rules of a machine back. */
export function putBackCandidates(evidence: Evidence): Candidate[] {
  return wayOf(evidence).flatMap((name) => putBackAt(name, evidence));
}

/** Machines and pods that packets of the failing step came through. */
export function wayOf({ clues }: Evidence): string[] {
  return [...new Set(clues.filter(({ near }) => near < 3).map(({ step }) => step.ns))];
}

export function putBackAt(name: string, evidence: Evidence): Candidate[] {
  const { cluster, failing } = evidence;
  const ns = namespaceOf(cluster, name);
  const place = placeName(cluster, name);
  if (ns === undefined || place === undefined) return [];
  const rows = TABLES.flatMap(([table, say]) =>
    evidence.remembered.missing(ns, table).flatMap((row) => {
      const said = ns.devices.byName(row["dev"] ?? "") === undefined ? undefined : say(row, tableRows(ns, table));
      return said === undefined
        ? []
        : [typed(place, said.command, failing.index, { touches: "row", family: `${said.family} on ${place}` })];
    }),
  );
  return [...rows, ...rulesBack(ns, place, evidence)];
}

interface Said {
  readonly command: string;
  readonly family: string;
}

/** How a row is put back, beside those that are there now; undefined: it comes and goes by itself. */
type Say = (row: Row, now: readonly Row[]) => Said | undefined;

const TABLES: readonly (readonly [RememberedTable, Say])[] = [
  ["route", sayRoute],
  ["neigh", sayNeighbour],
  ["fdb", sayForwarding],
];

/** Rows of these tables are the kernel's own. */
const OWN_TABLES: readonly (string | undefined)[] = ["local"];

const ROUTE_WORDS = ["src", "metric", "table", "proto", "scope"] as const;
/** What need not be said. */
const USUAL: Readonly<Record<(typeof ROUTE_WORDS)[number], string>> = {
  src: "",
  metric: "0",
  table: "main",
  proto: "boot",
  scope: "global",
};

function sayRoute(row: Row, now: readonly Row[]): Said | undefined {
  const { dst = "", type = "", via = "", dev = "", onlink = "" } = row;
  if (OWN_TABLES.includes(row["table"])) return undefined;
  const isSame = (other: Row): boolean => ["dst", "table", "metric"].every((key) => other[key] === row[key]);
  const words = [
    ...(type === "unicast" ? [] : [type]),
    dst,
    ...(via === "" ? [] : ["via", via]),
    ...(dev === "" ? [] : ["dev", dev]),
    ...(onlink === "" ? [] : [onlink]),
    ...ROUTE_WORDS.flatMap((key) => (row[key] === undefined || row[key] === USUAL[key] ? [] : [key, row[key]])),
  ];
  const verb = now.some(isSame) ? "replace" : "add";
  return { command: `ip route ${verb} ${words.join(" ")}`, family: `route ${dst}` };
}

/** What was learned is learned again. */
function sayNeighbour({ dst = "", dev = "", lladdr = "", state }: Row): Said | undefined {
  return state === "PERMANENT" && lladdr !== "" ? neighbourBack(dst, lladdr, dev) : undefined;
}

export function neighbourBack(dst: string, lladdr: string, dev: string): Said {
  return {
    command: `ip neigh replace ${dst} lladdr ${lladdr} dev ${dev} nud permanent`,
    family: `neigh ${dst} dev ${dev}`,
  };
}

/** Entries of tunnels; those of bridges are learned, or belong to their ports. */
function sayForwarding({ mac = "", dev = "", dst = "" }: Row, now: readonly Row[]): Said | undefined {
  return dst === "" ? undefined : forwardingBack(mac, dev, dst, now);
}

export function forwardingBack(mac: string, dev: string, dst: string, now: readonly Row[]): Said {
  const verb = now.some((row) => row["mac"] === mac && row["dev"] === dev) ? "replace" : "append";
  return { command: `bridge fdb ${verb} ${mac} dev ${dev} dst ${dst}`, family: `fdb ${mac} dev ${dev}` };
}

/** Rules of nodes. What an agent wrote that has written since is its own change. */
function rulesBack(ns: NetNamespace, place: string, { cluster, failing, remembered }: Evidence): Candidate[] {
  if (!isNode(cluster, ns.name)) return [];
  const since = new Set(
    cluster.events
      .filter(({ event, at }) => event === "synced" && at >= remembered.since)
      .map(({ subject }) => subject),
  );
  const before = remembered.rules(ns);
  const now = rulesOf(ns);
  return missingRules(before, now)
    .filter(({ agent }) => !since.has(`${ns.name}/${agent}`))
    .slice(0, MOST_RULES)
    .map((rule) =>
      typed(place, `${toolOf(rule)} ${placed(rule, before, now)}`, failing.index, {
        touches: "row",
        family: `rule ${rule.chain} ${rule.spec} on ${place}`,
      }),
    );
}

function missingRules(before: readonly RememberedRule[], now: readonly RememberedRule[]): RememberedRule[] {
  const left = new Map<string, number>();
  for (const rule of now) left.set(keyOf(rule), (left.get(keyOf(rule)) ?? 0) + 1);
  return before.filter((rule) => {
    const count = left.get(keyOf(rule)) ?? 0;
    left.set(keyOf(rule), count - 1);
    return count <= 0;
  });
}

function keyOf({ tool, table, chain, spec }: RememberedRule): string {
  return `${tool} ${table} ${chain} ${spec}`;
}

/** `-A CHAIN …` at the end, else with the number it has behind those that stood before it and are still there. */
function placed(rule: RememberedRule, before: readonly RememberedRule[], now: readonly RememberedRule[]): string {
  const { chain, spec } = rule;
  const present = chainOf(rule, now).map(keyOf);
  const old = chainOf(rule, before);
  const ahead = old.slice(0, old.indexOf(rule)).map(keyOf);
  const number = 2 + present.findLastIndex((key) => ahead.includes(key));
  if (number > present.length) return `-A ${chain} ${spec}`;
  return `-I ${chain} ${number === 1 ? "" : `${number} `}${spec}`;
}

function chainOf({ tool, table, chain }: RememberedRule, rules: readonly RememberedRule[]): RememberedRule[] {
  return rules.filter((one) => one.tool === tool && one.table === table && one.chain === chain);
}

function toolOf({ tool, table }: RememberedRule): string {
  return table === "filter" ? tool : `${tool} -t ${table}`;
}
