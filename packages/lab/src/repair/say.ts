// A change in words: what one would type and where, or what one would edit.

import { provenancePosition } from "@kubehop/kube";
import type { CellPlan } from "../model/scenario.ts";
import type { Change } from "./candidate.ts";

/** `modprobe br_netfilter on node1`, `edit web.yaml:12 externalTrafficPolicy: Cluster`, `set cluster.docker.forwardPolicy: ACCEPT`. */
export function sayChange(change: Change, { cluster }: CellPlan): string {
  switch (change.kind) {
    case "typed": {
      const all = cluster.nodes.length > 1 && change.in.length === cluster.nodes.length;
      return `${change.command} on ${all ? "every node" : change.in.join(", ")}`;
    }
    case "start":
      return `${change.runs ? "restart" : "start"} ${change.agent} on ${change.node}`;
    case "setting":
      return `set ${change.path}: ${sayValue(change.value)}`;
    case "field": {
      const { file, line } = provenancePosition(change.object.provenance, change.path);
      return `edit ${file}:${line} ${String(change.path.at(-1))}: ${sayValue(change.value)}`;
    }
  }
}

/** As YAML wants it: what looks like a number and is none is quoted. */
function sayValue(value: unknown): string {
  return typeof value === "string" && /^[\d.]+$/.test(value) ? JSON.stringify(value) : String(value);
}
