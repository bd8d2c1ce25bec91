// Rows of a tunnel that name a MAC or a machine which the far end does not have.

import { dumpAddrs, dumpLinks } from "@kubehop/netstack";
import type { NetNamespace, Step } from "@kubehop/netstack";
import { tableRows } from "../../steps/rows.ts";
import { type Candidate, typed } from "../candidate.ts";
import type { Clue, Evidence } from "../evidence.ts";
import { namespaceOf, placeName } from "../places.ts";
import { forwardingBack, neighbourBack } from "./put-back.ts";

/** The device that has an address. */
interface FarEnd {
  readonly mac: string;
  /** Of a VXLAN device, the address of its machine that it sends from; else "". */
  readonly local: string;
}

export function tunnelEndCandidates({ step, near, metIn }: Clue, { cluster }: Evidence): Candidate[] {
  const hop = near < 2 ? nextHop(step) : undefined;
  const ns = namespaceOf(cluster, step.ns);
  const place = placeName(cluster, step.ns);
  if (hop === undefined || ns === undefined || place === undefined) return [];
  const [end, another] = farEnds([...cluster.world.namespaces.values()], hop.address);
  if (end === undefined || another !== undefined || end.local === "" || !isTunnel(ns, hop.dev)) return [];
  const wanted = [
    ...(neighbourOf(ns, hop.address, hop.dev) === end.mac ? [] : [neighbourBack(hop.address, end.mac, hop.dev)]),
    ...forwardingOf(ns, end, hop.dev),
  ];
  return wanted.map(({ command, family }) =>
    typed(place, command, metIn, { touches: "row", family: `${family} on ${place}` }),
  );
}

function nextHop(step: Step): { readonly address: string; readonly dev: string } | undefined {
  if (step.kind === "neigh") return { address: step.nexthop, dev: step.dev };
  if (step.kind !== "route") return undefined;
  const [, address, dev] = / via (\S+) dev (\S+)/.exec(` ${step.route}`) ?? [];
  return address === undefined || dev === undefined ? undefined : { address, dev };
}

function isTunnel(ns: NetNamespace, dev: string): boolean {
  return ns.devices.byName(dev)?.kind === "vxlan";
}

function farEnds(all: readonly NetNamespace[], address: string): FarEnd[] {
  return all.flatMap((ns) =>
    dumpAddrs(ns)
      .filter(({ addr_info }) => addr_info.some(({ local }) => local === address))
      .flatMap(({ ifname }) => dumpLinks(ns).filter((link) => link.ifname === ifname))
      .map(({ address: mac, linkinfo }) => ({ mac, local: textOf(linkinfo.info_data?.["local"]) })),
  );
}

function neighbourOf(ns: NetNamespace, address: string, dev: string): string | undefined {
  return tableRows(ns, "neigh").find((row) => row["dst"] === address && row["dev"] === dev)?.["lladdr"];
}

function forwardingOf(ns: NetNamespace, { mac, local }: FarEnd, dev: string): ReturnType<typeof forwardingBack>[] {
  const rows = tableRows(ns, "fdb");
  const known = rows.some((row) => row["mac"] === mac && row["dev"] === dev && row["dst"] === local);
  return known ? [] : [forwardingBack(mac, dev, local, rows)];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
