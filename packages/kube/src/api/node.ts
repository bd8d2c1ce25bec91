// Node (core/v1): a machine with its addresses, its pod network and its taints.
import * as z from "zod";
import { cidr, ipv4, labelKey, text } from "./leaves.ts";
import { type KindDefinition, lazy } from "./kind.ts";
import { boolean, kindShape, type Labels, type ObjectBase } from "./meta.ts";
import type { TaintEffect } from "./pod.ts";
import { leaf, list, object } from "./shape.ts";

export interface Taint {
  key: string;
  value?: string;
  effect: TaintEffect;
}

export interface NodeAddress {
  type: "InternalIP" | "ExternalIP" | "Hostname" | "InternalDNS" | "ExternalDNS";
  address: string;
}

export interface Node extends ObjectBase {
  apiVersion: "v1";
  kind: "Node";
  spec: {
    /** The node's share of the cluster's pod network; absent until the IPAM controller gives one. */
    podCIDR?: string;
    podCIDRs: string[];
    taints: Taint[];
    unschedulable: boolean;
  };
  status: { addresses: NodeAddress[]; ready: boolean; kubeletVersion: string };
}

/** Label with the node's name that kubelet sets on its node. */
export const HOSTNAME_LABEL = "kubernetes.io/hostname";

export const nodeKind: KindDefinition<Node> = {
  kind: "Node",
  plural: "nodes",
  shortNames: ["no"],
  apiVersions: ["v1"],
  namespaced: false,
  shape: lazy(() =>
    kindShape({
      spec: object(
        {
          podCIDR: leaf(cidr),
          podCIDRs: list(leaf(cidr)),
          taints: list(
            object(
              {
                key: leaf(labelKey),
                value: leaf(text),
                effect: leaf(z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])),
              },
              { required: ["key", "effect"], ignored: ["timeAdded"] },
            ),
          ),
          unschedulable: boolean,
        },
        { ignored: ["providerID", "externalID", "configSource"] },
      ),
      status: object(
        {
          addresses: list(
            object(
              {
                type: leaf(z.enum(["InternalIP", "ExternalIP", "Hostname", "InternalDNS", "ExternalDNS"])),
                address: leaf(text),
              },
              { required: ["type", "address"] },
            ),
          ),
        },
        {
          ignored: [
            "capacity",
            "allocatable",
            "phase",
            "conditions",
            "daemonEndpoints",
            "nodeInfo",
            "images",
            "volumesInUse",
            "volumesAttached",
            "config",
            "runtimeHandlers",
            "features",
            "declaredFeatures",
          ],
        },
      ),
    }),
  ),
  validate: (draft, report) => {
    const { podCIDR, podCIDRs } = draft.spec ?? {};
    if ((podCIDRs?.length ?? 0) > 1)
      report(["spec", "podCIDRs"], "one podCIDR per node: dual stack is not modelled yet", { code: "not-modelled" });
    if (podCIDR !== undefined && podCIDRs?.[0] !== undefined && podCIDRs[0] !== podCIDR) {
      report(["spec", "podCIDRs", 0], `podCIDRs must begin with podCIDR ${podCIDR}`, { code: "conflict" });
    }
    for (const [index, entry] of (draft.status?.addresses ?? []).entries()) {
      const numeric = entry?.type === "InternalIP" || entry?.type === "ExternalIP";
      const bad = numeric && entry?.address !== undefined && !ipv4.safeParse(entry.address).success;
      if (bad) report(["status", "addresses", index, "address"], `${entry.address} is not an IPv4 address`);
    }
  },
  defaults: (draft, set) => {
    const name = draft.metadata?.name;
    set(["metadata", "labels", HOSTNAME_LABEL], name);
    set(["spec", "podCIDRs"], draft.spec?.podCIDR === undefined ? [] : [draft.spec.podCIDR]);
    if (draft.spec?.podCIDRs?.[0] !== undefined) set(["spec", "podCIDR"], draft.spec.podCIDRs[0]);
    set(["spec", "taints"], []);
    set(["spec", "unschedulable"], false);
    set(["status", "addresses"], []);
    set(["status", "ready"], true);
    set(["status", "kubeletVersion"], "");
  },
};

/** What is needed to describe a node without writing a manifest. */
export interface NodeInput {
  readonly name: string;
  /** The node's address in the underlay (InternalIP). */
  readonly ip: string;
  readonly podCIDR?: string;
  readonly labels?: Labels;
  readonly taints?: readonly Taint[];
  /** `kubectl get nodes` VERSION, with the `v`. */
  readonly kubeletVersion?: string;
  /** Printed as ROLES, kept as `node-role.kubernetes.io/…` labels: `control-plane`, `master`. */
  readonly roles?: readonly string[];
}

/** The node's address that other nodes use; undefined when none is known. */
export function internalIP(node: Node): string | undefined {
  return node.status.addresses.find((address) => address.type === "InternalIP")?.address;
}
