// Settings of the scenario's cluster with other known values, and other releases of what it is made of.

import { BRIDGE_FEATURES } from "@kubehop/cni";
import { atLeast } from "@kubehop/sim";
import type { ClusterSpec } from "../../model/cluster-spec.ts";
import { IPTABLES_VERSIONS, KERNEL_VERSIONS, KUBERNETES_VERSIONS } from "../../schema/cluster-schema.ts";
import type { Candidate, Touches } from "../candidate.ts";
import type { Evidence } from "../evidence.ts";

/** A key of the file, and what else it could say. */
interface Setting {
  readonly path: string;
  readonly values: (cluster: ClusterSpec) => readonly (string | boolean)[];
}

/** Releases at which flanneld's rules change (cni/src/flannel/rules.ts). */
export const FLANNEL_RELEASES = [
  "0.6.0",
  "0.8.0",
  "0.9.1",
  "0.10.0",
  "0.11.0",
  "0.17.0",
  "0.20.0",
  "0.20.2",
  "0.21.0",
  "0.21.3",
  "0.21.4",
] as const;

const PLUGIN_RELEASES = [...new Set(Object.values(BRIDGE_FEATURES).map(({ first }) => first))].toSorted((a, b) =>
  atLeast(a, b) ? 1 : -1,
);

const SWITCHES: readonly Setting[] = [
  {
    path: "cluster.cni.flannel.hairpinMode",
    values: ({ cni }) => (cni.kind === "flannel" ? [!cni.hairpinMode] : []),
  },
  { path: "cluster.cni.flannel.ipMasq", values: ({ cni }) => (cni.kind === "flannel" ? [!cni.ipMasq] : []) },
  { path: "cluster.proxy.masqueradeAll", values: ({ proxy }) => [!proxy.masqueradeAll] },
  {
    path: "cluster.docker.forwardPolicy",
    values: ({ docker, cni }) => (docker?.forwardPolicy === "DROP" && cni.kind !== "docker" ? ["ACCEPT"] : []),
  },
  {
    path: "cluster.cni.docker.forwardPolicy",
    values: ({ docker, cni }) => (docker?.forwardPolicy === "DROP" && cni.kind === "docker" ? ["ACCEPT"] : []),
  },
];

const RELEASES: readonly Setting[] = [
  {
    path: "cluster.cni.flannel.version",
    values: ({ cni }) => (cni.kind === "flannel" ? near(cni.version, FLANNEL_RELEASES) : []),
  },
  {
    path: "cluster.cni.flannel.plugins",
    values: ({ cni }) => (cni.kind === "flannel" ? near(cni.plugins, PLUGIN_RELEASES) : []),
  },
  { path: "cluster.kubernetes", values: ({ kubernetes }) => near(kubernetes, KUBERNETES_VERSIONS) },
  { path: "cluster.kernel", values: ({ kernel }) => near(kernel, KERNEL_VERSIONS) },
  { path: "cluster.iptables", values: ({ iptables }) => near(iptables.version, IPTABLES_VERSIONS) },
];

/** The next newer releases and the newest, then the one before: what an upgrade heals first, then what it broke. */
function near(now: string, releases: readonly string[]): string[] {
  const newer = releases.filter((release) => !atLeast(now, release));
  const older = releases.filter((release) => !atLeast(release, now));
  return [...new Set([...newer.slice(0, 2), ...newer.slice(-1), ...older.slice(-1)])];
}

export function switchCandidates({ plan }: Evidence): Candidate[] {
  return plan.bare === undefined ? candidates(SWITCHES, plan.cluster, "setting") : [];
}

export function releaseCandidates({ plan }: Evidence): Candidate[] {
  return plan.bare === undefined ? candidates(RELEASES, plan.cluster, "release") : [];
}

function candidates(settings: readonly Setting[], cluster: ClusterSpec, touches: Touches): Candidate[] {
  return settings.flatMap(({ path, values }) =>
    values(cluster).map((value): Candidate => ({ change: { kind: "setting", path, value }, touches, family: path })),
  );
}
