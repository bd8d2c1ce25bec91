// `cluster:` → a complete ClusterSpec. Everything not written comes from the release's flavour and is remembered as a default.
import { atLeast } from "@kubehop/sim";
import type {
  AgentName,
  CniSpec,
  ClusterSpec,
  DockerSpec,
  FlannelSpec,
  KernelVersion,
  KubernetesVersion,
  ProxySpec,
} from "../model/cluster-spec.ts";
import type { ClusterFile } from "../schema/scenario-schema.ts";
import type { LoadContext } from "./context.ts";
import type { Draft } from "./draft.ts";
import { type Flavour, flavourOf, HAIRPIN_SINCE, NEWEST, TODAYS_DOCKER } from "./flavours.ts";
import { iptablesOf, versionText } from "./versions.ts";
import { buildMachines } from "./machines.ts";
import { checkNetworks, buildServices, buildUnderlay } from "./networks.ts";
import { AGENT_NAMES } from "../schema/cluster-schema.ts";

type DraftCluster = Draft<ClusterFile>;

/** Never fails: what is wrong is reported, and a default stands in for it. */
export function buildClusterSpec(context: LoadContext): ClusterSpec {
  const draft = context.draft.cluster ?? {};
  const kubernetes = context.or(
    versionText<KubernetesVersion>(draft.kubernetes),
    "cluster.kubernetes",
    NEWEST,
    "newest",
  );
  const flavour = flavourOf(kubernetes);
  const release = `kubernetes ${kubernetes}`;
  const cni = buildCni(context, draft, flavour, release);
  const base = {
    kubernetes,
    kernel: context.or(versionText<KernelVersion>(draft.kernel), "cluster.kernel", flavour.kernel, release),
    iptables: iptablesOf(context, draft.iptables, "cluster.iptables", flavour.iptables, release),
    iproute2: flavour.iproute2,
    cni,
    proxy: buildProxy(context, draft, cni),
    services: buildServices(context, draft.services),
    docker: buildDocker(context, draft, cni, flavour, release),
  };
  context.fill("cluster.iproute2", base.iproute2, release);
  const underlay = buildUnderlay(context, draft);
  const machines = buildMachines(context, draft, { ...base, underlay });
  const spec: ClusterSpec = {
    ...base,
    underlay,
    ...machines,
    agents: buildAgents(context, draft, base.docker !== undefined, cni),
  };
  checkNetworks(context, spec);
  return spec;
}

function buildCni(context: LoadContext, draft: DraftCluster, flavour: Flavour, release: string): CniSpec {
  const written = draft.cni;
  const long = typeof written === "object" ? written : {};
  const named = Object.keys(long);
  if (named.length > 1)
    context.report(["cluster", "cni"], `one pod network at a time, found ${named.join(" and ")}`, { code: "conflict" });
  const empty = Object.keys(context.document.valueAt(["cluster", "cni"]) ?? {}).length === 0;
  if (typeof written === "object" && empty)
    context.report(["cluster", "cni"], "a pod network is missing", { hint: "write flannel or docker" });
  const kind = typeof written === "string" ? written : long.docker === undefined ? "flannel" : "docker";
  if (written === undefined) context.fill("cluster.cni", "flannel");
  return kind === "docker" ? { kind: "docker" } : buildFlannel(context, long.flannel ?? {}, flavour, release);
}

type DraftFlannel = NonNullable<Extract<NonNullable<DraftCluster["cni"]>, object>["flannel"]>;

function buildFlannel(context: LoadContext, draft: DraftFlannel, flavour: Flavour, release: string): FlannelSpec {
  const at = "cluster.cni.flannel";
  const version = bare(context.or(versionText(draft.version), `${at}.version`, flavour.flannel, release));
  const hairpin = atLeast(version, HAIRPIN_SINCE);
  return {
    kind: "flannel",
    version,
    backend: context.or(draft.backend, `${at}.backend`, "vxlan"),
    network: context.or(draft.network, `${at}.network`, "10.244.0.0/16"),
    mtu: draft.mtu,
    vni: context.or(draft.vni, `${at}.vni`, 1),
    plugins: bare(context.or(versionText(draft.plugins), `${at}.plugins`, flavour.plugins, release)),
    hairpinMode: context.or(draft.hairpinMode, `${at}.hairpinMode`, hairpin, `manifest of flannel ${version}`),
    ipMasq: context.or(draft.ipMasq, `${at}.ipMasq`, true),
  };
}

function bare(release: string): string {
  return release.replace(/^v/, "");
}

/** Written settings of docker0, wherever they stand: `cni: { docker }` or `docker:`. */
function buildDocker(
  context: LoadContext,
  draft: DraftCluster,
  cni: CniSpec,
  flavour: Flavour,
  release: string,
): DockerSpec | undefined {
  const asCni = typeof draft.cni === "object" ? draft.cni.docker : undefined;
  if (cni.kind === "docker" && draft.docker === false) {
    context.report(["cluster", "docker"], "pods on docker0 need dockerd", {
      code: "conflict",
      hint: "take docker: false out, or choose cni: flannel",
    });
  }
  const wanted = draft.docker ?? (cni.kind === "docker" || flavour.docker !== undefined);
  if (draft.docker === undefined)
    context.fill("cluster.docker", wanted !== false, cni.kind === "docker" ? "cni docker" : release);
  if (wanted === false) return undefined;
  const long = asCni ?? (typeof draft.docker === "object" ? draft.docker : {});
  const at = asCni === undefined ? "cluster.docker" : "cluster.cni.docker";
  return {
    version: bare(context.or(versionText(long.version), `${at}.version`, flavour.docker ?? TODAYS_DOCKER, release)),
    bridge: context.or(long.bridge, `${at}.bridge`, "172.17.0.1/16"),
    forwardPolicy: context.or(long.forwardPolicy, `${at}.forwardPolicy`, "DROP", "dockerd turns forwarding on itself"),
  };
}

/** kubeadm gives kube-proxy the pods' network; without an overlay nobody knows one. */
function buildProxy(context: LoadContext, draft: DraftCluster, cni: CniSpec): ProxySpec {
  const long = typeof draft.proxy === "object" ? draft.proxy : {};
  const mode = typeof draft.proxy === "string" ? draft.proxy : long.mode;
  const fallback = cni.kind === "flannel" ? cni.network : "none";
  const clusterCIDR = context.or(long.clusterCIDR, "cluster.proxy.clusterCIDR", fallback, `cni ${cni.kind}`);
  return {
    mode: context.or(mode, "cluster.proxy.mode", "iptables"),
    clusterCIDR: clusterCIDR === "none" ? undefined : clusterCIDR,
    masqueradeAll: context.or(long.masqueradeAll, "cluster.proxy.masqueradeAll", false),
  };
}

/** The agents that run in this cluster, in start order; a list must name all of them once. */
function buildAgents(context: LoadContext, draft: DraftCluster, docker: boolean, cni: CniSpec): AgentName[] {
  const runs: Readonly<Record<AgentName, boolean>> = {
    dockerd: docker,
    kubelet: true,
    flanneld: cni.kind === "flannel",
    "kube-proxy": true,
  };
  const all = AGENT_NAMES.filter((name) => runs[name]);
  const written = draft.agents;
  if (written === undefined) {
    context.fill("cluster.agents", all.join(", "));
    return [...all];
  }
  const named = new Set<AgentName>();
  for (const [index, name] of written.entries()) {
    if (name === undefined) continue;
    const path = ["cluster", "agents", index];
    if (named.has(name)) context.report(path, `${name} stands twice`, { code: "conflict" });
    if (!runs[name]) context.report(path, `${name} does not run in this cluster`, { code: "conflict" });
    named.add(name);
  }
  const missing = all.filter((name) => !named.has(name));
  if (missing.length > 0 && !written.includes(undefined)) {
    context.report(["cluster", "agents"], `the start order leaves out ${missing.join(" and ")}`, {
      hint: `all of: ${all.join(", ")}`,
    });
  }
  return [...named];
}
