// What a machine remembers and a packet was sent by: conntrack entries, neighbours, forwarding entries.

import { type Candidate, typed } from "../candidate.ts";
import type { Clue, Evidence } from "../evidence.ts";
import { namespaceOf, placeName } from "../places.ts";
import { tableRows } from "../../steps/rows.ts";

/** An entry that was there before the packet: its rules were not asked again. */
export function conntrackCandidates({ step, metIn, begunAt, packet }: Clue, { cluster }: Evidence): Candidate[] {
  if (step.kind !== "ct" || step.entry === "" || packet === undefined) return [];
  const place = placeName(cluster, step.ns);
  const protocol = step.entry.split(/\s+/)[0];
  if (place === undefined || protocol === undefined || step.createdAt >= step.at) return [];
  const [address = "", port] = step.to.split(":");
  const what = port === undefined || port === "0" ? `-d ${address}` : `--dport ${port}`;
  // One that this very step has made is gone with it.
  const old = step.createdAt < begunAt;
  return old ? [typed(place, `conntrack -D -p ${protocol} ${what}`, metIn, { touches: "entry" })] : [];
}

/** A neighbour that is not known to be alive, or did not take what it was sent. */
export function neighbourCandidates({ step, metIn, lost, near }: Clue, { cluster }: Evidence): Candidate[] {
  if (step.kind !== "neigh" || step.lladdr === "") return [];
  const place = placeName(cluster, step.ns);
  if (place === undefined || (step.state === "REACHABLE" && !lost && near > 1)) return [];
  return [
    typed(place, `ip neigh del ${step.nexthop} dev ${step.dev}`, metIn, {
      touches: "entry",
      family: `neigh ${step.nexthop} dev ${step.dev} on ${place}`,
    }),
  ];
}

/** The entry by which a bridge or VXLAN device chose where a frame goes. */
export function forwardingCandidates({ step, metIn, lost }: Clue, { cluster }: Evidence): Candidate[] {
  const ns = namespaceOf(cluster, step.ns);
  const place = placeName(cluster, step.ns);
  if (step.kind !== "fdb" || !lost || ns === undefined || place === undefined) return [];
  return tableRows(ns, "fdb")
    .filter((row) => row["mac"] === step.mac && row["state"] !== "permanent" && leadsTo(row, step.port))
    .map(({ mac, dev, dst, master }) => {
      const where = dst !== "" ? ` dst ${dst}` : master !== "" ? " master" : "";
      return typed(place, `bridge fdb del ${mac} dev ${dev}${where}`, metIn, { touches: "entry" });
    });
}

function leadsTo(row: Readonly<Record<string, string>>, port: string): boolean {
  return row["dev"] === port || row["dst"] === port;
}
