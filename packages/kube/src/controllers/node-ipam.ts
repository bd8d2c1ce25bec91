// podCIDRs: every node gets the next free block of the cluster's pod network, in order of arrival.
// Twin: pkg/controller/nodeipam/ipam/range_allocator.go.
import { type Cidr, cidrsOverlap, cidrSize, formatCidr, parseCidr } from "../api/address.ts";
import { type Controller, type ControllerContext, WorkQueue } from "./context.ts";

export interface NodeIpamOptions {
  /** The cluster's pod network; absent: nodes have podCIDRs only where given. */
  readonly clusterCIDR?: Cidr;
  /** Prefix length of one node's block; 24 is the default of kube-controller-manager. */
  readonly nodeMask: number;
}

export class NodeIpam implements Controller {
  readonly name = "node-ipam";
  readonly #context: ControllerContext;
  readonly #options: NodeIpamOptions;
  readonly #queue = new WorkQueue();

  constructor(context: ControllerContext, options: NodeIpamOptions) {
    this.#context = context;
    this.#options = options;
    context.store.watch("Node", ({ type, object }) => {
      if (type === "added" && object.spec.podCIDR === undefined) this.#queue.add("", object.metadata.name);
    });
  }

  get pending(): boolean {
    return this.#queue.pending;
  }

  sync(): void {
    this.#queue.drain((_, name) => this.#assign(name));
  }

  #assign(name: string): void {
    const { clusterCIDR, nodeMask } = this.#options;
    const node = this.#context.store.get("Node", "", name);
    if (clusterCIDR === undefined || node === undefined || node.spec.podCIDR !== undefined) return;
    const block = this.#nextFree(clusterCIDR, nodeMask);
    // Exhausted: the node stays without, as on a real cluster (CIDRNotAvailable); its pods cannot be wired.
    if (block === undefined) return;
    this.#context.store.update("Node", "", name, (draft) => {
      draft.spec.podCIDR = formatCidr(block);
      draft.spec.podCIDRs = [formatCidr(block)];
    });
  }

  #nextFree(cluster: Cidr, prefix: number): Cidr | undefined {
    const nodes = this.#context.store.list("Node");
    const taken = nodes.map((node) => parseCidr(node.spec.podCIDR ?? "")).filter((cidr) => cidr !== undefined);
    const size = 2 ** (32 - prefix);
    for (let offset = 0; offset + size <= cidrSize(cluster); offset += size) {
      const block = { base: (cluster.base + offset) >>> 0, prefix };
      if (!taken.some((cidr) => cidrsOverlap(cidr, block))) return block;
    }
    return undefined;
  }
}
