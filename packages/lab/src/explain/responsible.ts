// Who is to be asked about a drop that no rule decided: the row that led to it, and who wrote that row.

import { originText } from "./background.ts";
import type { StepOf } from "./phrases.ts";

/** Rows that sent a packet on, the newest of each table. */
export interface RowsUsed {
  route?: StepOf<"route">;
  neigh?: StepOf<"neigh">;
}

/** Reasons that come from the way a route chose. */
const BY_ROUTE: ReadonlySet<string> = new Set(["NEIGH_FAILED", "NEIGH_QUEUEFULL", "NEIGH_CREATEFAIL", "NEIGH_DEAD"]);

/** Settings behind what the kernel says, by what it says. */
const SETTINGS: Readonly<Record<string, string>> = {
  "forwarding is off": "sysctl net.ipv4.ip_forward",
};

/** `route 10.244.1.0/24 dev cni0, kernel`; "" when the reason says all there is to say. */
export function responsible({ reason, detail }: StepOf<"drop">, { route, neigh }: RowsUsed): string {
  const setting = reason === "IP_RPFILTER" ? "sysctl net.ipv4.conf.*.rp_filter" : SETTINGS[detail];
  if (setting !== undefined) return setting;
  if (!BY_ROUTE.has(reason) || route === undefined) return "";
  const { origin } = neigh?.origin === undefined || neigh.origin === null ? route : neigh;
  const writer = originText(origin);
  return `route ${route.route.replaceAll(/ (?:proto|scope|src) \S+/g, "").trimEnd()}, ${writer === "" ? "kernel" : writer}`;
}
