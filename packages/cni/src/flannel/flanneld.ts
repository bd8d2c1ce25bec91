// flanneld with the vxlan backend. The first versions answered L2 and L3 misses of the kernel; since 0.9.0 nothing is ever missed:
// for every remote node exactly one neighbour, one FDB entry and one route are programmed, in this order, the route last, so that
// the kernel never asks for an address on the overlay (flannel pkg/backend/vxlan/vxlan_network.go).

import type { ObjectStore } from "@kubehop/kube";
import { parseCidr, formatIpv4 } from "@kubehop/netstack";
import type { Agent, Batch, BatchError, ConfigOp } from "@kubehop/netstack";
import { annotateNode, leaseOf } from "./lease.ts";
import type { Lease } from "./lease.ts";
import { FLANNEL_CHAINS, flannelRules, hasOwnChains } from "./rules.ts";
import type { FlannelRule } from "./rules.ts";

export interface FlannelOptions {
  readonly node: string;
  readonly store: ObjectStore;
  /** The node's config door. */
  readonly apply: (batch: Batch) => BatchError | null;
  readonly version: string;
  /** The flannel network, e.g. `10.244.0.0/16`. */
  readonly network: string;
  readonly subnet: string;
  readonly vni: number;
  /** Underlay device, its address and MTU. */
  readonly iface: string;
  readonly publicIP: string;
  readonly mtu: number;
  readonly vtepMac: string;
  readonly ipMasq: boolean;
  readonly randomFully: boolean;
}

/** What vxlan adds in front of a frame: Ethernet, IPv4, UDP, VXLAN. */
export const VXLAN_OVERHEAD = 50;
/** The kernel's own default port, which flannel leaves alone. */
const VXLAN_PORT = 8472;

/** Operations were refused: the daemon would exit with this text. */
export class FlannelError extends Error {
  override readonly name = "FlannelError";
}

export class Flanneld implements Agent {
  readonly name = "flanneld";
  readonly #options: FlannelOptions;
  readonly #leases = new Map<string, Lease>();
  #unwatch: (() => void) | null = null;

  constructor(options: FlannelOptions) {
    this.#options = options;
  }

  get device(): string {
    return `flannel.${this.#options.vni}`;
  }

  start(): void {
    const { store, node, vni, vtepMac, publicIP } = this.#options;
    this.#apply(this.#deviceOps());
    this.#apply(this.#ruleOps());
    annotateNode(store, node, vni, vtepMac, publicIP);
    this.#unwatch = store.watch("Node", (event) => {
      if (event.type === "deleted") this.#remove(event.object.metadata.name);
      else this.#learn(leaseOf(event.object));
    });
    for (const other of store.list("Node")) this.#learn(leaseOf(other));
  }

  stop(): void {
    this.#unwatch?.();
    this.#unwatch = null;
  }

  #deviceOps(): ConfigOp[] {
    const { vni, publicIP, iface, mtu, vtepMac, subnet } = this.#options;
    const dev = this.device;
    return [
      {
        op: "link-add",
        name: dev,
        address: vtepMac,
        mtu,
        link: {
          type: "vxlan",
          id: vni,
          local: publicIP,
          dev: iface,
          dstport: VXLAN_PORT,
          learning: false,
          udpCsum: false,
        },
      },
      { op: "addr-add", dev, local: `${vtepAddress(subnet)}/32` },
      { op: "link-set", dev, up: true },
    ];
  }

  #ruleOps(): ConfigOp[] {
    const rules = flannelRules(this.#options);
    const chains = hasOwnChains(this.#options.version) ? FLANNEL_CHAINS : [];
    return [
      ...chains.map((c): ConfigOp => ({ op: "iptables", args: ["-t", c.table, "-N", c.chain] })),
      ...rules.map(ruleOp),
    ];
  }

  #learn(lease: Lease | undefined): void {
    if (lease === undefined || lease.node === this.#options.node) return;
    const known = this.#leases.get(lease.node);
    if (
      known !== undefined &&
      known.subnet === lease.subnet &&
      known.vtepMac === lease.vtepMac &&
      known.publicIP === lease.publicIP
    )
      return;
    this.#leases.set(lease.node, lease);
    const dev = this.device;
    const via = vtepAddress(lease.subnet);
    this.#apply([
      { op: "neigh-replace", dev, dst: via, lladdr: lease.vtepMac, nud: "permanent" },
      { op: "fdb-replace", dev, mac: lease.vtepMac, dst: lease.publicIP, state: "permanent" },
      { op: "route-replace", dst: lease.subnet, via, dev, onlink: true },
    ]);
  }

  #remove(node: string): void {
    const lease = this.#leases.get(node);
    if (lease === undefined) return;
    this.#leases.delete(node);
    const dev = this.device;
    const via = vtepAddress(lease.subnet);
    this.#apply([
      { op: "neigh-del", dev, dst: via },
      { op: "fdb-del", dev, mac: lease.vtepMac, dst: lease.publicIP },
      { op: "route-del", dst: lease.subnet, via, dev },
    ]);
  }

  #apply(ops: readonly ConfigOp[]): void {
    const error = this.#options.apply({ agent: this.name, ops });
    if (error !== null)
      throw new FlannelError(
        `flanneld on ${this.#options.node}: ${JSON.stringify(ops[error.index])}: ${error.message}`,
      );
  }
}

/** The subnet's own address is the VTEP's. */
function vtepAddress(subnet: string): string {
  const cidr = parseCidr(subnet);
  if (cidr === undefined) throw new FlannelError(`subnet ${subnet} is not a network`);
  return formatIpv4(cidr.addr);
}

function ruleOp(rule: FlannelRule): ConfigOp {
  return {
    op: "iptables",
    args: ["-t", rule.table, rule.at === "append" ? "-A" : "-I", rule.chain, ...words(rule.spec)],
  };
}

/** Words of a rule text; double quotes keep blanks together. */
function words(spec: string): string[] {
  return [...spec.matchAll(/"([^"]*)"|\S+/g)].map((m) => m[1] ?? m[0]);
}
