// The bridge plugin (containernetworking/plugins plugins/main/bridge): a veth pair between a pod and a Linux bridge that is the
// pods' gateway. The steps come in the plugin's order, because MACs, interface indexes and learned addresses depend on it.

import { formatMac, packetSend, parseIpv4 } from "@kubehop/netstack";
import type { ConfigOp, NetNamespace } from "@kubehop/netstack";
import type { Random } from "@kubehop/sim";
import type { HostLocal } from "../ipam/host-local.ts";
import { applyOps } from "../plugin/apply.ts";
import type { AddResult, CniPlugin, PodSandbox } from "../plugin/cni-plugin.ts";
import { CniError } from "../plugin/cni-plugin.ts";
import { bridgeHas } from "./features.ts";
import { gratuitousArp } from "./gratuitous-arp.ts";
import { macOfAddress, randomMac } from "./mac.ts";

export interface BridgeOptions {
  /** The node. */
  readonly host: NetNamespace;
  /** Name of the bridge; the plugin's default is cni0. */
  readonly bridge: string;
  /** Release of the plugin, e.g. `1.6.0`. */
  readonly version: string;
  readonly mtu: number;
  readonly hairpinMode: boolean;
  readonly ipam: HostLocal;
  /** Extra routes of a pod, via the gateway (the flannel delegate adds its network). */
  readonly routes: readonly string[];
  readonly random: Random;
}

const AGENT = "cni bridge";
const CONTAINER_DEVICE = "eth0";

export class BridgePlugin implements CniPlugin {
  readonly #options: BridgeOptions;
  readonly #veths = new Map<string, string>();

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  add(sandbox: PodSandbox): AddResult {
    const { host, ipam } = this.#options;
    this.#setupBridge();
    const hostVeth = this.#setupVeth(sandbox);
    const ip = ipam.allocate(sandbox.id, sandbox.pins.ip);
    this.#configureContainer(sandbox, ip);
    this.#configureGateway();
    applyOps(host, AGENT, [{ op: "sysctl", key: "net.ipv4.ip_forward", value: "1" }]);
    return { ip, hostVeth };
  }

  del(sandbox: PodSandbox): void {
    const veth = this.#veths.get(sandbox.id);
    this.#options.ipam.release(sandbox.id);
    if (veth === undefined) return;
    this.#veths.delete(sandbox.id);
    applyOps(this.#options.host, AGENT, [{ op: "link-del", dev: veth }]);
  }

  #setupBridge(): void {
    const { host, bridge, mtu } = this.#options;
    if (host.devices.byName(bridge) !== undefined) return;
    applyOps(host, AGENT, [
      { op: "link-add", name: bridge, link: { type: "bridge" }, mtu },
      { op: "link-set", dev: bridge, up: true },
    ]);
  }

  #setupVeth(sandbox: PodSandbox): string {
    const { host, bridge, mtu, hairpinMode, version, random } = this.#options;
    const draw = random.fork(`veth ${sandbox.id}`);
    const veth = sandbox.pins.veth ?? `veth${draw.u32().toString(16).padStart(8, "0")}`;
    const vethMac = sandbox.pins.vethMac ?? randomMac(draw);
    const podMac = sandbox.pins.mac ?? randomMac(draw);
    if (bridgeHas("vethMadeInPod", version)) {
      applyOps(sandbox.ns, AGENT, [
        {
          op: "link-add",
          name: CONTAINER_DEVICE,
          address: podMac,
          mtu,
          link: { type: "veth", peer: { name: veth, address: vethMac, mtu } },
        },
        { op: "link-set", dev: CONTAINER_DEVICE, up: true },
        { op: "link-set", dev: veth, netns: host.name },
      ]);
    } else {
      applyOps(sandbox.ns, AGENT, [
        {
          op: "link-add",
          name: CONTAINER_DEVICE,
          address: podMac,
          mtu,
          link: { type: "veth", peer: { name: veth, netns: host.name, address: vethMac, mtu } },
        },
        { op: "link-set", dev: CONTAINER_DEVICE, up: true },
      ]);
    }
    this.#veths.set(sandbox.id, veth);
    applyOps(host, AGENT, [
      { op: "link-set", dev: veth, up: true },
      { op: "link-set", dev: veth, master: bridge },
      ...(hairpinMode ? [{ op: "link-set", dev: veth, hairpin: true } as const] : []),
    ]);
    return veth;
  }

  #configureContainer(sandbox: PodSandbox, ip: string): void {
    const { ipam, routes, version } = this.#options;
    const dev = CONTAINER_DEVICE;
    const notify: ConfigOp[] = bridgeHas("arpNotify", version)
      ? [{ op: "sysctl", key: `net.ipv4.conf.${dev}.arp_notify`, value: "1" }]
      : [];
    applyOps(sandbox.ns, AGENT, [
      { op: "link-set", dev: "lo", up: true },
      ...notify,
      { op: "addr-add", dev, local: `${ip}/${ipam.len}` },
      ...routes.map((dst): ConfigOp => ({ op: "route-add", dst, via: ipam.gateway, dev })),
      { op: "route-add", dst: "default", via: ipam.gateway, dev },
    ]);
    if (bridgeHas("macFromAddress", version)) {
      applyOps(sandbox.ns, AGENT, [{ op: "link-set", dev, address: sandbox.pins.mac ?? macOfAddress(ip) }]);
    }
    if (bridgeHas("gratuitousArp", version)) this.#announce(sandbox.ns, ip);
  }

  #announce(ns: NetNamespace, ip: string): void {
    const dev = ns.devices.byName(CONTAINER_DEVICE);
    const addr = parseIpv4(ip);
    if (dev !== undefined && addr !== undefined) packetSend(dev, gratuitousArp(dev.addr, addr));
  }

  /** ensureAddr: another address on the bridge is the symptom of a changed node subnet, and an error. */
  #configureGateway(): void {
    const { host, bridge, ipam, version } = this.#options;
    const dev = host.devices.byName(bridge);
    const gateway = `${ipam.gateway}/${ipam.len}`;
    const wanted = parseIpv4(ipam.gateway);
    if (dev === undefined || wanted === undefined) return;
    if (dev.inDev.addrs.some((a) => a.local === wanted)) return;
    if (dev.inDev.addrs.length > 0)
      throw new CniError(`failed to set bridge addr: "${bridge}" already has an IP address different from ${gateway}`);
    applyOps(host, AGENT, [{ op: "addr-add", dev: bridge, local: gateway }]);
    const mac = bridgeHas("macFromAddress", version) ? macOfAddress(ipam.gateway) : formatMac(dev.addr);
    applyOps(host, AGENT, [{ op: "link-set", dev: bridge, address: mac }]);
  }
}
