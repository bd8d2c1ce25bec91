// The bridge plugin (containernetworking/plugins plugins/main/bridge): a veth pair between a pod and a Linux bridge that is the
// pods' gateway. The steps come in the plugin's order, because MACs, interface indexes and learned addresses depend on it.

import { parseIpv4, parseMac } from "@kubehop/netstack";
import type { ConfigOp, Door, LinkRow, LinkSpec } from "@kubehop/netstack";
import type { Random } from "@kubehop/sim";
import type { HostLocal } from "../ipam/host-local.ts";
import { applyOps } from "../plugin/apply.ts";
import type { AddResult, CniPlugin, PodSandbox } from "../plugin/cni-plugin.ts";
import { CniError } from "../plugin/cni-plugin.ts";
import { bridgeHas } from "./features.ts";
import { gratuitousArp } from "./gratuitous-arp.ts";
import { setupIpMasq, teardownIpMasq } from "./ip-masq.ts";
import type { Masqueraded } from "./ip-masq.ts";
import { macOfAddress, randomMac } from "./mac.ts";

export interface BridgeOptions {
  /** The node. */
  readonly host: Door;
  /** Name of the CNI network: part of the names of ipMasq's chains. Flannel's manifests say cbr0. */
  readonly network: string;
  /** Name of the bridge; the plugin's default is cni0. */
  readonly bridge: string;
  /** Release of the plugin, e.g. `1.6.0`. */
  readonly version: string;
  readonly mtu: number;
  readonly hairpinMode: boolean;
  /** Masquerade what pods send out of their network. The flannel delegate sets it where flanneld runs without --ip-masq. */
  readonly ipMasq: boolean;
  readonly ipam: HostLocal;
  /** Extra routes of a pod, via the gateway (the flannel delegate adds its network). */
  readonly routes: readonly string[];
  readonly random: Random;
}

const AGENT = "cni bridge";
const CONTAINER_DEVICE = "eth0";

export class BridgePlugin implements CniPlugin {
  readonly #options: BridgeOptions;
  /** What ipMasq made, by container id. */
  readonly #masqueraded = new Map<string, Masqueraded>();

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  /** cmdAdd. After a failure the address is free again; what else was made goes with the sandbox, or by {@link del}. */
  add(sandbox: PodSandbox): AddResult {
    const { ipam } = this.#options;
    const bridgeMac = this.#setupBridge();
    const hostVeth = this.#setupVeth(sandbox);
    const ip = ipam.allocate(sandbox.id, sandbox.pins.ip);
    try {
      this.#configureContainer(sandbox, ip);
      this.#configureGateway(bridgeMac);
      this.#masquerade(sandbox, ip);
    } catch (error) {
      ipam.release(sandbox.id);
      throw error;
    }
    return { ip, hostVeth };
  }

  /** cmdDel: the address, then the pod's device, which takes the host end along; a device that is gone already is fine. */
  del(sandbox: PodSandbox): void {
    this.#options.ipam.release(sandbox.id);
    if (sandbox.door.link(CONTAINER_DEVICE) !== undefined)
      applyOps(sandbox.door, AGENT, [{ op: "link-del", dev: CONTAINER_DEVICE }]);
    const masqueraded = this.#masqueraded.get(sandbox.id);
    if (masqueraded === undefined) return;
    this.#masqueraded.delete(sandbox.id);
    // What somebody has taken away already is fine.
    for (const op of teardownIpMasq(masqueraded)) this.#options.host.apply({ agent: AGENT, ops: [op] });
  }

  /** Makes the bridge unless it is there, and says which MAC it has before the pod's port joins. */
  #setupBridge(): string {
    const { host, bridge, mtu } = this.#options;
    if (host.link(bridge) === undefined)
      applyOps(host, AGENT, [{ op: "link-add", name: bridge, link: { type: "bridge" }, mtu }]);
    applyOps(host, AGENT, [{ op: "link-set", dev: bridge, up: true }]);
    return this.#bridgeLink().address;
  }

  #bridgeLink(): LinkRow {
    const { host, bridge } = this.#options;
    const link = host.link(bridge);
    if (link === undefined) throw new CniError(`could not lookup "${bridge}": Link not found`);
    return link;
  }

  #setupVeth(sandbox: PodSandbox): string {
    const { host, bridge, hairpinMode, random } = this.#options;
    const draw = random.fork(`veth ${sandbox.id}`);
    const veth = sandbox.pins.veth ?? `veth${draw.u32().toString(16).padStart(8, "0")}`;
    const peer = { name: veth, address: sandbox.pins.vethMac ?? randomMac(draw) };
    this.#makeVeth(sandbox, sandbox.pins.mac ?? randomMac(draw), peer);
    applyOps(host, AGENT, [
      { op: "link-set", dev: veth, up: true },
      { op: "link-set", dev: veth, master: bridge },
      { op: "link-set", dev: veth, hairpin: hairpinMode },
    ]);
    return veth;
  }

  #makeVeth(sandbox: PodSandbox, address: string, end: { readonly name: string; readonly address: string }): void {
    const { host, mtu, version } = this.#options;
    const moves = bridgeHas("vethMadeInPod", version);
    const peer = { ...end, mtu, ...(moves ? {} : { netns: host.netns }) };
    const link: LinkSpec = { type: "veth", peer };
    const dev = CONTAINER_DEVICE;
    const ops: ConfigOp[] = [{ op: "link-add", name: dev, address, mtu, link }];
    if (!bridgeHas("arpNotify", version)) ops.push({ op: "link-set", dev, up: true });
    if (moves) ops.push({ op: "link-set", dev: end.name, netns: host.netns });
    applyOps(sandbox.door, AGENT, ops);
  }

  /** ConfigureIface, and what makes the pod known to its neighbours. */
  #configureContainer(sandbox: PodSandbox, ip: string): void {
    const { ipam, routes, version } = this.#options;
    const dev = CONTAINER_DEVICE;
    const notify: ConfigOp[] = bridgeHas("arpNotify", version)
      ? [{ op: "sysctl", key: `net.ipv4.conf.${dev}.arp_notify`, value: "1" }]
      : [];
    applyOps(sandbox.door, AGENT, [
      { op: "link-set", dev: "lo", up: true },
      ...notify,
      { op: "addr-add", dev, local: `${ip}/${ipam.len}` },
      { op: "link-set", dev, up: true },
      ...[...routes, "default"].map((dst): ConfigOp => ({ op: "route-add", dst, via: ipam.gateway, dev })),
    ]);
    if (bridgeHas("macFromAddress", version)) {
      applyOps(sandbox.door, AGENT, [{ op: "link-set", dev, address: sandbox.pins.mac ?? macOfAddress(ip) }]);
    }
    if (bridgeHas("gratuitousArp", version)) announce(sandbox.door, ip);
  }

  #configureGateway(bridgeMac: string): void {
    const { host, bridge, ipam, version } = this.#options;
    this.#ensureAddr(bridgeMac);
    applyOps(host, AGENT, [{ op: "sysctl", key: "net.ipv4.ip_forward", value: "1" }]);
    if (bridgeHas("macFromAddress", version))
      applyOps(host, AGENT, [{ op: "link-set", dev: bridge, address: macOfAddress(ipam.gateway) }]);
  }

  /** Another address on the bridge is the symptom of a changed node subnet, and an error. */
  #ensureAddr(bridgeMac: string): void {
    const { host, bridge, ipam, version } = this.#options;
    const gateway = `${ipam.gateway}/${ipam.len}`;
    for (const address of host.addresses(bridge)) {
      if (address === gateway) return;
      throw new CniError(`failed to set bridge addr: "${bridge}" already has an IP address different from ${gateway}`);
    }
    applyOps(host, AGENT, [{ op: "addr-add", dev: bridge, local: gateway }]);
    // The MAC it had when the plugin looked at it first: not that of the port which has joined since.
    if (!bridgeHas("macFromAddress", version))
      applyOps(host, AGENT, [{ op: "link-set", dev: bridge, address: bridgeMac }]);
  }

  #masquerade(sandbox: PodSandbox, ip: string): void {
    const { host, network, ipMasq, ipam, version } = this.#options;
    if (!ipMasq) return;
    const source = bridgeHas("masqueradePerPod", version) ? ip : ipam.subnet;
    const pod: Masqueraded = { network, id: sandbox.id, source, subnet: ipam.subnet };
    applyOps(host, AGENT, setupIpMasq(pod));
    this.#masqueraded.set(sandbox.id, pod);
  }
}

/** The pod's address, told to its neighbours. */
function announce(door: Door, ip: string): void {
  const mac = parseMac(door.link(CONTAINER_DEVICE)?.address ?? "");
  const addr = parseIpv4(ip);
  if (mac !== undefined && addr !== undefined) door.sendFrame(CONTAINER_DEVICE, gratuitousArp(mac, addr));
}
