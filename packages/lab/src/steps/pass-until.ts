// Virtual time passes, event by event, until something has happened.

import type { Cluster } from "../cluster/cluster.ts";

/** Virtual ms a command may take before one gives up on it: longer than any TCP timeout. */
export const COMMAND_LIMIT_MS = 3_600_000;

/** False: it did not happen within the limit. */
export function passUntil(cluster: Cluster, happened: () => boolean): boolean {
  const { world } = cluster;
  const limit = world.now + COMMAND_LIMIT_MS;
  cluster.settle();
  while (!happened()) {
    const next = world.clock.nextAt();
    if (next === undefined || next > limit) return false;
    world.clock.runNext();
    cluster.settle();
  }
  return true;
}
