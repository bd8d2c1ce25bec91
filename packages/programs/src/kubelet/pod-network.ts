// What kubelet needs of a network plugin; cni's plugins have this shape.

import type { NetNamespace } from "@kubehop/netstack";

export interface SandboxRequest {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly ns: NetNamespace;
  readonly pins: {
    readonly ip?: string | undefined;
    readonly mac?: string | undefined;
    readonly veth?: string | undefined;
    readonly vethMac?: string | undefined;
  };
}

export interface PodNetwork {
  /** @throws an Error whose message is the plugin's, when it refuses. */
  add(request: SandboxRequest): { readonly ip: string };
  del(request: SandboxRequest): void;
}
