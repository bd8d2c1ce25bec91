// Routes: one that is missing and that others of its kind have, one that was used, one that refuses.

import { inPrefix, parseCidr, parseIpv4 } from "@kubehop/netstack";
import type { NetNamespace } from "@kubehop/netstack";
import { type Row, tableRows } from "../../steps/rows.ts";
import { type Candidate, typed } from "../candidate.ts";
import type { Clue, Evidence } from "../evidence.ts";
import { namespaceOf, placeName } from "../places.ts";

/** Route types that answer instead of leading somewhere. */
const REFUSING: ReadonlySet<string> = new Set(["blackhole", "unreachable", "prohibit", "throw"]);

/** Where the failing step's requests begin, and wherever its packets were lost. */
function placesOf({ cluster, failing, clues }: Evidence): string[] {
  const { action } = failing;
  const asked = action.kind === "send" ? action.flow.from.name : "in" in action ? action.in : undefined;
  const home = asked === undefined ? undefined : cluster.places.find(asked)?.ns.name;
  const lost = clues.filter(({ near }) => near === 0).map(({ step }) => step.ns);
  return [...new Set([...(home === undefined ? [] : [home]), ...lost])];
}

/** No packet tells of a route that was not there: a default route as a neighbour has it, and routes that refuse. */
export function routeCandidates(evidence: Evidence): Candidate[] {
  return placesOf(evidence).flatMap((name) => [...defaultRouteOf(name, evidence), ...refusingRoutesOf(name, evidence)]);
}

function refusingRoutesOf(name: string, { cluster, failing }: Evidence): Candidate[] {
  const ns = namespaceOf(cluster, name);
  const place = placeName(cluster, name);
  if (ns === undefined || place === undefined) return [];
  return mainRoutes(ns)
    .filter(({ type = "" }) => REFUSING.has(type))
    .map(({ type = "", dst = "" }) => removal(place, `${type} ${dst}`, failing.index));
}

function defaultRouteOf(name: string, { cluster, failing }: Pick<Evidence, "cluster" | "failing">): Candidate[] {
  const ns = namespaceOf(cluster, name);
  const place = placeName(cluster, name);
  if (ns === undefined || place === undefined || mainRoutes(ns).some(({ dst }) => dst === "default")) return [];
  const connected = mainRoutes(ns).filter(({ via, type }) => via === "" && type === "unicast");
  const gateways = new Set<string>();
  for (const other of cluster.world.namespaces.values())
    for (const { dst, via } of mainRoutes(other))
      if (dst === "default" && via !== undefined && via !== "") gateways.add(via);
  return [...gateways].flatMap((gateway) => {
    const dev = connected.find(({ dst }) => contains(dst, gateway))?.["dev"];
    const command = `ip route add default via ${gateway} dev ${dev}`;
    return dev === undefined ? [] : [typed(place, command, failing.index, { touches: "route" })];
  });
}

function mainRoutes(ns: NetNamespace): Row[] {
  return tableRows(ns, "route").filter(({ table }) => table === "main");
}

function contains(network: string | undefined, address: string): boolean {
  const cidr = network === undefined ? undefined : parseCidr(network.includes("/") ? network : `${network}/32`);
  const ip = parseIpv4(address);
  return cidr !== undefined && ip !== undefined && inPrefix(ip, cidr.addr, cidr.len);
}

/** The route that a packet was sent by, or by which its source was held to be somewhere else. */
export function usedRouteCandidates(clue: Clue, { cluster }: Evidence): Candidate[] {
  const { step, metIn, near, packet } = clue;
  const ns = namespaceOf(cluster, step.ns);
  const place = placeName(cluster, step.ns);
  if (near === 3 || ns === undefined || place === undefined) return [];
  if (step.kind === "route" && step.result === "unicast" && near < 2) return [removal(place, step.route, metIn)];
  if (packet === undefined || !isSourceDoubted(clue)) return [];
  return mainRoutes(ns)
    .filter(({ dst, proto }) => dst !== "default" && proto !== "kernel" && contains(dst, packet.src))
    .map(({ dst = "", via = "", dev = "" }) =>
      removal(place, `${dst}${via === "" ? "" : ` via ${via}`} dev ${dev}`, metIn),
    );
}

/** rp_filter dropped it; of a question for an address it only says nothing. */
function isSourceDoubted({ step, packet }: Clue): boolean {
  if (step.kind === "drop") return step.reason === "IP_RPFILTER";
  return step.kind === "consume" && packet?.protocol === "arp" && packet.flags === "who-has";
}

function removal(place: string, route: string, metIn: number): Candidate {
  return typed(place, `ip route del ${route.trim().replaceAll(/ (?:scope|proto|src) \S+/g, "")}`, metIn, {
    touches: "route",
  });
}
