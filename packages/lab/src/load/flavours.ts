// What a release of Kubernetes came with: the defaults of everything a scenario does not say. A feature is a row; so is a flavour.
import type { IptablesSpec, KernelVersion, KubernetesMinor, KubernetesVersion } from "../model/cluster-spec.ts";

export interface Flavour {
  readonly kubernetes: KubernetesMinor;
  readonly kernel: KernelVersion;
  readonly iptables: IptablesSpec;
  readonly iproute2: string;
  readonly flannel: string;
  readonly plugins: string;
  /** dockerd runs on the nodes; its release. */
  readonly docker: string | undefined;
  readonly source: string;
}

export const NEWEST: KubernetesMinor = "1.28";

export const FLAVOURS: Readonly<Record<KubernetesMinor, Flavour>> = {
  "1.9": {
    kubernetes: "1.9",
    kernel: "4.9",
    iptables: { version: "1.4.21", backend: "legacy" },
    iproute2: "4.11",
    flannel: "0.10.0",
    plugins: "0.6.0",
    docker: "17.03",
    source: "kops on Debian Jessie, 2018: kernel 4.4–4.9, CNI plugins 0.6.0 (0a:58 MACs in the capture)",
  },
  "1.10": {
    kubernetes: "1.10",
    kernel: "3.10",
    iptables: { version: "1.4.21", backend: "legacy" },
    iproute2: "4.11",
    flannel: "0.10.0",
    plugins: "0.6.0",
    docker: "17.03",
    source:
      "kubeadm on CentOS 7.5: kernel 3.10, iptables 1.4.21, iproute 4.11, one DOCKER-ISOLATION chain (before 17.06)",
  },
  "1.28": {
    kubernetes: "1.28",
    kernel: "6.18",
    iptables: { version: "1.8.9", backend: "nft" },
    iproute2: "6.1",
    flannel: "0.25.1",
    plugins: "1.3.0",
    docker: undefined,
    source: "containerd on Debian 12 tools; kernel as in the recordings",
  },
};

/** Patch levels come with the same. */
export function flavourOf(version: KubernetesVersion): Flavour {
  return FLAVOURS[version.split(".").slice(0, 2).join(".") as KubernetesMinor];
}

/** dockerd of today, where `docker: true` is said on a release that comes without it. */
export const TODAYS_DOCKER = "24.0";

/** The flannel manifest sets the bridge plugin's hairpinMode since this release. */
export const HAIRPIN_SINCE = "0.10.0";
