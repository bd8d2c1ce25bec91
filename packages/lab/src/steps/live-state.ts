// The cluster as expectations see it at the end of a step.

import { formatIpv4 } from "@kubehop/netstack";
import type { Cluster } from "../cluster/cluster.ts";
import { timeOfEvent } from "../cluster/match-event.ts";
import type { LiveState } from "../model/outcome.ts";
import { tableRows } from "./rows.ts";
import type { StepWatch } from "./watch.ts";

export function liveState(cluster: Cluster, watch: StepWatch): LiveState {
  const { places } = cluster;
  return {
    drops: () => watch.drops,
    frames: (place, dev) => watch.frames(place, dev),
    ways: () => watch.ways(),
    rows: (table, place) => {
      const ns = places.find(place)?.ns;
      return ns === undefined ? undefined : tableRows(ns, table);
    },
    addressOf: (name) => {
      const address = places.address(name);
      return address === undefined ? undefined : formatIpv4(address);
    },
    timeOf: (moment, from) => (typeof moment === "number" ? { at: moment } : timeOfEvent(cluster, moment, from)),
    placeOf: (name) => places.find(name)?.name ?? places.nameOnce(name),
  };
}
