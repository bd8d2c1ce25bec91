// Releases of iproute2: which text a listing has depends on them.

import { atLeast } from "@kubehop/sim";

/** `busybox` is the `ip` of small images; the others are iproute2 releases such as `4.11` or `6.1`. */
export type IprouteVersion = string;

/** True when `version` is `since` or later. busybox prints like no release of iproute2 in particular: it knows nothing new. */
export function iprouteAtLeast(version: IprouteVersion, since: string): boolean {
  return version !== "busybox" && atLeast(version, since);
}
