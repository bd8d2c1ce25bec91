// Docker's own network as the pods' network (kubelet without a CNI plugin): veth pairs into docker0, addresses one after the other,
// container MACs 02:42 + address (libnetwork drivers/bridge, netutils.GenerateMACFromIP).

import { formatIpv4, formatMac, parseInterfaceAddr, parseIpv4 } from "@kubehop/netstack";
import type { Ipv4, NetNamespace } from "@kubehop/netstack";
import type { Random } from "@kubehop/sim";
import { applyAll, NodeRefusal } from "../node/ensure.ts";
import type { Door } from "../node/ensure.ts";
import type { PodNetwork, SandboxRequest } from "../kubelet/pod-network.ts";
import { DOCKER_BRIDGE } from "./dockerd.ts";

export interface DockerNetworkOptions {
  readonly door: Door;
  /** Address of docker0 with its length, e.g. `172.17.0.1/16`. */
  readonly bridge: string;
  readonly mtu: number;
  readonly random: Random;
  /** The door of a sandbox. */
  readonly sandboxDoor: (ns: NetNamespace) => Door;
}

const AGENT = "dockerd";

/** `02:42` and the four bytes of the address. */
export function dockerMac(ip: Ipv4): string {
  return formatMac(0x0242_0000_0000 + ip);
}

export class DockerNetwork implements PodNetwork {
  readonly #options: DockerNetworkOptions;
  readonly #veths = new Map<string, string>();
  readonly #taken = new Map<number, string>();

  constructor(options: DockerNetworkOptions) {
    this.#options = options;
  }

  add(request: SandboxRequest): { readonly ip: string } {
    const { door, bridge, mtu, random, sandboxDoor } = this.#options;
    const subnet = parseInterfaceAddr(bridge);
    if (subnet === undefined) throw new NodeRefusal(`docker0: ${bridge} is not an address`);
    const ip = this.#allocate(request, subnet.addr, subnet.len);
    const veth =
      request.pins.veth ?? `veth${random.fork(`veth ${request.id}`).u32().toString(16).padStart(8, "0").slice(0, 7)}`;
    applyAll(door, AGENT, [
      {
        op: "link-add",
        name: veth,
        ...(request.pins.vethMac === undefined ? {} : { address: request.pins.vethMac }),
        mtu,
        link: {
          type: "veth",
          peer: { name: "eth0", netns: request.ns.name, address: request.pins.mac ?? dockerMac(ip), mtu },
        },
      },
      { op: "link-set", dev: veth, master: DOCKER_BRIDGE },
      { op: "link-set", dev: veth, up: true },
    ]);
    applyAll(sandboxDoor(request.ns), AGENT, [
      { op: "link-set", dev: "lo", up: true },
      { op: "addr-add", dev: "eth0", local: `${formatIpv4(ip)}/${subnet.len}` },
      { op: "link-set", dev: "eth0", up: true },
      { op: "route-add", dst: "default", via: formatIpv4(subnet.addr), dev: "eth0" },
    ]);
    this.#veths.set(request.id, veth);
    return { ip: formatIpv4(ip) };
  }

  del(request: SandboxRequest): void {
    const veth = this.#veths.get(request.id);
    for (const [ip, id] of this.#taken) if (id === request.id) this.#taken.delete(ip);
    if (veth === undefined) return;
    this.#veths.delete(request.id);
    applyAll(this.#options.door, AGENT, [{ op: "link-del", dev: veth }]);
  }

  #allocate(request: SandboxRequest, gateway: Ipv4, len: number): Ipv4 {
    const wanted = request.pins.ip === undefined ? undefined : parseIpv4(request.pins.ip);
    const size = 2 ** (32 - len);
    const network = gateway - (gateway % size);
    for (let offset = 1; offset < size - 1; offset++) {
      const ip = (wanted ?? network + offset) as Ipv4;
      if (ip !== gateway && !this.#taken.has(ip)) {
        this.#taken.set(ip, request.id);
        return ip;
      }
      if (wanted !== undefined) break;
    }
    throw new NodeRefusal(
      wanted === undefined
        ? "no available IPv4 addresses on this network's address pools: bridge"
        : "Address already in use",
    );
  }
}
