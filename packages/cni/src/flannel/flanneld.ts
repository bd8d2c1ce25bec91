// flanneld with the vxlan backend. The first versions answered L2 and L3 misses of the kernel; since 0.9.0 nothing is ever missed:
// for every remote node exactly one neighbour, one FDB entry and one route are programmed, in this order, the route last, so that
// the kernel never asks for an address on the overlay (flannel pkg/backend/vxlan/vxlan_network.go: handleSubnetEvents).

import type { StoreClient } from "@kubehop/kube";
import { formatIpv4, parseCidr } from "@kubehop/netstack";
import type { Agent, ConfigOp, Door } from "@kubehop/netstack";
import { Refusal } from "@kubehop/sim";
import { CniError } from "../plugin/cni-plugin.ts";
import { installRules } from "./install-rules.ts";
import { annotateNode, leaseOf } from "./lease.ts";
import type { Lease } from "./lease.ts";
import { configureVxlan, ensureVxlan } from "./vxlan-device.ts";

export interface FlannelOptions {
  readonly node: string;
  readonly store: StoreClient;
  /** The node's. */
  readonly door: Door;
  readonly version: string;
  /** The flannel network, e.g. `10.244.0.0/16`. */
  readonly network: string;
  /** The node's share of it. */
  readonly subnet: string;
  readonly vni: number;
  /** Underlay device and its address. */
  readonly iface: string;
  readonly publicIP: string;
  /** Of the overlay. */
  readonly mtu: number;
  /** MAC of a new flannel device. */
  readonly vtepMac: string;
  /** --ip-masq. */
  readonly ipMasq: boolean;
  /** The node's iptables knows --random-fully. */
  readonly randomFully: boolean;
}

/** What vxlan adds in front of a frame: Ethernet, IPv4, UDP, VXLAN. */
export const VXLAN_OVERHEAD = 50;
/** The kernel's own default port, which flannel leaves alone. */
const VXLAN_PORT = 8472;

/** The daemon cannot start: it would exit with this text. */
export class FlannelError extends Refusal {
  override readonly name = "FlannelError";
}

export class Flanneld implements Agent {
  readonly name = "flanneld";
  /** What the running daemon would log as errors; it goes on after them. */
  readonly errors: string[] = [];
  readonly #options: FlannelOptions;
  readonly #leases = new Map<string, Lease>();
  #unwatch: (() => void) | null = null;

  constructor(options: FlannelOptions) {
    this.#options = options;
  }

  get device(): string {
    return `flannel.${this.#options.vni}`;
  }

  /** What a run before has left is taken over. @throws FlannelError */
  start(): void {
    const { store, node } = this.#options;
    try {
      this.#registerNetwork();
    } catch (error) {
      throw error instanceof CniError ? new FlannelError(`flanneld on ${node}: ${error.message}`) : error;
    }
    const refused = installRules(this.#options.door, this.#options);
    if (refused !== null) this.errors.push(`Failed to ensure iptables rules: ${refused.message}`);
    this.#unwatch = store.watch("Node", (event) => {
      if (event.type === "deleted") this.#remove(event.object.metadata.name);
      else this.#learn(leaseOf(event.object));
    });
    for (const other of store.list("Node")) this.#learn(leaseOf(other));
  }

  /** Device, routes and rules outlive the daemon. */
  stop(): void {
    this.#unwatch?.();
    this.#unwatch = null;
  }

  /** vxlan.go RegisterNetwork: the device, then the lease with its MAC, then address and up. */
  #registerNetwork(): void {
    const { door, store, node, vni, iface, publicIP, mtu, vtepMac, subnet, network } = this.#options;
    const name = this.device;
    const spec = { name, vni, iface, local: publicIP, port: VXLAN_PORT, mac: vtepMac, mtu };
    const mac = ensureVxlan(door, this.name, spec);
    annotateNode(store, node, vni, mac, publicIP);
    configureVxlan(door, this.name, name, vtepAddress(subnet), network);
  }

  #learn(lease: Lease | undefined): void {
    if (lease === undefined || lease.node === this.#options.node) return;
    if (sameLease(this.#leases.get(lease.node), lease)) return;
    this.#leases.set(lease.node, lease);
    const { neigh, fdb, route } = this.#entries(lease);
    if (!this.#try("AddARP failed", neigh.add)) return;
    if (!this.#try("AddFDB failed", fdb.add)) {
      this.#try("DelARP failed", neigh.del);
      return;
    }
    if (this.#try(`failed to add vxlanRoute (${lease.subnet} -> ${vtepAddress(lease.subnet)})`, route.add)) return;
    this.#try("DelARP failed", neigh.del);
    this.#try("DelFDB failed", fdb.del);
  }

  /** All three are tried, also after one could not be deleted. */
  #remove(node: string): void {
    const lease = this.#leases.get(node);
    if (lease === undefined) return;
    this.#leases.delete(node);
    const { neigh, fdb, route } = this.#entries(lease);
    this.#try("DelARP failed", neigh.del);
    this.#try("DelFDB failed", fdb.del);
    this.#try(`failed to delete vxlanRoute (${lease.subnet} -> ${vtepAddress(lease.subnet)})`, route.del);
  }

  #entries({ subnet, vtepMac, publicIP }: Lease): Record<"neigh" | "fdb" | "route", { add: ConfigOp; del: ConfigOp }> {
    const dev = this.device;
    const via = vtepAddress(subnet);
    return {
      neigh: {
        add: { op: "neigh-replace", dev, dst: via, lladdr: vtepMac, nud: "permanent" },
        del: { op: "neigh-del", dev, dst: via },
      },
      fdb: {
        add: { op: "fdb-replace", dev, mac: vtepMac, dst: publicIP, state: "permanent" },
        del: { op: "fdb-del", dev, mac: vtepMac, dst: publicIP },
      },
      route: {
        add: { op: "route-replace", dst: subnet, via, dev, onlink: true },
        del: { op: "route-del", dst: subnet, via, dev },
      },
    };
  }

  /** One call; a refusal is logged. */
  #try(what: string, op: ConfigOp): boolean {
    const error = this.#options.door.apply({ agent: this.name, ops: [op] });
    if (error !== null) this.errors.push(`${what}: ${error.message}`);
    return error === null;
  }
}

function sameLease(a: Lease | undefined, b: Lease): boolean {
  return a !== undefined && a.subnet === b.subnet && a.vtepMac === b.vtepMac && a.publicIP === b.publicIP;
}

/** The subnet's own address is the VTEP's. */
function vtepAddress(subnet: string): string {
  const cidr = parseCidr(subnet);
  if (cidr === undefined) throw new FlannelError(`subnet ${subnet} is not a network`);
  return formatIpv4(cidr.addr);
}
