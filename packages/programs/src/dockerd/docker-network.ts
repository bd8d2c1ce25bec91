// Docker's own network as the pods' network (kubelet without a CNI plugin): veth pairs into docker0, addresses one after the other,
// container MACs 02:42 + address (libnetwork drivers/bridge, netutils.GenerateMACFromIP).

import { formatIpv4, formatMac, parseInterfaceAddr, parseIpv4 } from "@kubehop/netstack";
import type { ConfigOp, Door, Ipv4 } from "@kubehop/netstack";
import type { Random } from "@kubehop/sim";
import { applyAll, NodeRefusal } from "../node/ensure.ts";
import type { PodNetwork, SandboxRequest } from "../kubelet/pod-network.ts";
import { DOCKER_BRIDGE } from "./dockerd.ts";

export interface DockerNetworkOptions {
  readonly door: Door;
  /** Address of docker0 with its length, e.g. `172.17.0.1/16`. */
  readonly bridge: string;
  readonly mtu: number;
  readonly random: Random;
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
    const { door, bridge } = this.#options;
    const subnet = parseInterfaceAddr(bridge);
    if (subnet === undefined) throw new NodeRefusal(`docker0: ${bridge} is not an address`);
    const ip = this.#allocate(request, subnet.addr, subnet.len);
    const { hostEnd, sandboxEnd, ops } = this.#createEndpoint(request);
    this.#veths.set(request.id, hostEnd);
    applyAll(door, AGENT, ops);
    // osl/interface_linux.go: moved into the sandbox, where it keeps its index, then renamed, configured and brought up.
    applyAll(door, AGENT, [{ op: "link-set", dev: sandboxEnd, netns: request.door.netns }]);
    applyAll(request.door, AGENT, [
      { op: "link-set", dev: "lo", up: true },
      { op: "link-set", dev: sandboxEnd, name: "eth0" },
      { op: "link-set", dev: "eth0", address: request.pins.mac ?? dockerMac(ip) },
      { op: "addr-add", dev: "eth0", local: `${formatIpv4(ip)}/${subnet.len}` },
      { op: "link-set", dev: "eth0", up: true },
      { op: "route-add", dst: "default", via: formatIpv4(subnet.addr), dev: "eth0" },
    ]);
    return { ip: formatIpv4(ip) };
  }

  del(request: SandboxRequest): void {
    const veth = this.#veths.get(request.id);
    for (const [ip, id] of this.#taken) if (id === request.id) this.#taken.delete(ip);
    if (veth === undefined) return;
    this.#veths.delete(request.id);
    // Somebody may have deleted it already.
    this.#options.door.apply({ agent: AGENT, ops: [{ op: "link-del", dev: veth }] });
  }

  /** bridge.go CreateEndpoint: both ends are made on the node, and the sandbox's end gets the lower index. */
  #createEndpoint({ id, pins }: SandboxRequest): { hostEnd: string; sandboxEnd: string; ops: ConfigOp[] } {
    const { mtu, random } = this.#options;
    const draw = random.fork(`veth ${id}`);
    const name = (): string => `veth${draw.u32().toString(16).padStart(8, "0").slice(0, 7)}`;
    const hostEnd = pins.veth ?? name();
    const sandboxEnd = name();
    const address = pins.vethMac === undefined ? {} : { address: pins.vethMac };
    const ops: ConfigOp[] = [
      { op: "link-add", name: hostEnd, ...address, mtu, link: { type: "veth", peer: { name: sandboxEnd, mtu } } },
      { op: "link-set", dev: hostEnd, master: DOCKER_BRIDGE },
      { op: "link-set", dev: hostEnd, up: true },
    ];
    return { hostEnd, sandboxEnd, ops };
  }

  /** The lowest free address (libnetwork ipam, not serial). */
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
