// Neighbours as `ip neigh` prints them (iproute2 ip/ipneigh.c: print_neigh).

import { formatIpv4 } from "../addr/ipv4.ts";
import { formatMac } from "../addr/mac.ts";
import type { Neigh } from "../neigh/neigh.ts";
import { NUD_NOARP } from "../neigh/neigh.ts";
import { nudWord } from "../neigh/nud-words.ts";
import type { IprouteVersion } from "./iproute-version.ts";
import { iprouteAtLeast } from "./iproute-version.ts";

export interface NeighPrintOptions {
  /** -s: ages in seconds and probes. `now` is needed then, in virtual ms. */
  readonly stats?: boolean;
  readonly now?: number;
  /** iproute2 release; before 4.17 the line ended without a blank. Unset: a recent one. */
  readonly version?: IprouteVersion;
  /** The listing was asked for one device: its name is not repeated. */
  readonly dev?: boolean;
}

/** One line without its newline. */
export function printNeigh(neigh: Neigh, o: NeighPrintOptions = {}): string {
  const words = [formatIpv4(neigh.addr)];
  if (o.dev !== true) words.push(`dev ${neigh.dev.name}`);
  const lladdr = hasAddress(neigh) ? `lladdr ${formatMac(neigh.lladdr)}` : null;
  if (lladdr !== null) words.push(lladdr);
  const stats =
    o.stats === true
      ? ` used ${age(o.now, neigh.used)}/${age(o.now, neigh.confirmed)}/${age(o.now, neigh.updated)}probes ${neigh.probes} `
      : "";
  const end = o.version === undefined || iprouteAtLeast(o.version, "4.17") ? " " : "";
  return `${words.join(" ")} ${stats}${nudWord(neigh.state)}${end}`;
}

/** The kernel tells an address only where one is known. */
export function hasAddress(neigh: Neigh): boolean {
  return neigh.valid || neigh.state === NUD_NOARP;
}

function age(now: number | undefined, then: number): number {
  return Math.max(0, Math.floor(((now ?? 0) - then) / 1000));
}

/** A row of `ip -j neigh`. */
export interface NeighRow {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
  readonly state: readonly string[];
}

export function neighRow(neigh: Neigh): NeighRow {
  return {
    dst: formatIpv4(neigh.addr),
    dev: neigh.dev.name,
    ...(hasAddress(neigh) ? { lladdr: formatMac(neigh.lladdr) } : {}),
    state: [nudWord(neigh.state)],
  };
}
