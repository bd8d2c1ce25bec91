// What kubelet needs of a network plugin; cni's plugins have this shape.

import type { Door } from "@kubehop/netstack";

export interface SandboxRequest {
  /** Container id: another one for every sandbox. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** Of the pod's namespace. */
  readonly door: Door;
  readonly pins: {
    readonly ip?: string | undefined;
    readonly mac?: string | undefined;
    readonly veth?: string | undefined;
    readonly vethMac?: string | undefined;
  };
}

export interface PodNetwork {
  /** @throws NodeRefusal with the plugin's words, when it refuses */
  add(request: SandboxRequest): { readonly ip: string };
  /** Also called after a refused {@link add}: takes away what that has made. */
  del(request: SandboxRequest): void;
}
