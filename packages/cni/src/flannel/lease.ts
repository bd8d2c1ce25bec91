// Leases: which node holds which subnet, and how its VTEP is reached. In kube mode the lease is the Node object: podCIDR from its
// spec, address and VTEP MAC from annotations that flanneld itself writes (flannel pkg/subnet/kube).

import { internalIP } from "@kubehop/kube";
import type { Node, StoreClient } from "@kubehop/kube";

const PREFIX = "flannel.alpha.coreos.com/";
const BACKEND_DATA = `${PREFIX}backend-data`;
const BACKEND_TYPE = `${PREFIX}backend-type`;
const PUBLIC_IP = `${PREFIX}public-ip`;
const SUBNET_MANAGER = `${PREFIX}kube-subnet-manager`;

export interface Lease {
  readonly node: string;
  /** The node's podCIDR. */
  readonly subnet: string;
  readonly publicIP: string;
  readonly vtepMac: string;
}

/** Publish this node's VTEP. */
export function annotateNode(store: StoreClient, node: string, vni: number, vtepMac: string, publicIP: string): void {
  store.update("Node", "", node, (draft) => {
    Object.assign(draft.metadata.annotations, {
      [BACKEND_DATA]: JSON.stringify({ VNI: vni, VtepMAC: vtepMac }),
      [BACKEND_TYPE]: "vxlan",
      [SUBNET_MANAGER]: "true",
      [PUBLIC_IP]: publicIP,
    });
  });
}

/** The lease a Node object stands for; undefined until its flanneld has published. */
export function leaseOf(node: Node): Lease | undefined {
  const { annotations, name } = node.metadata;
  const data = annotations[BACKEND_DATA];
  const subnet = node.spec.podCIDR;
  const publicIP = annotations[PUBLIC_IP] ?? internalIP(node);
  if (data === undefined || subnet === undefined || publicIP === undefined) return undefined;
  const vtepMac = (JSON.parse(data) as { VtepMAC?: string }).VtepMAC;
  return vtepMac === undefined ? undefined : { node: name, subnet, publicIP, vtepMac };
}
