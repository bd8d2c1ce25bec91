// dockerd of a node: docker0 and its chains. Where Docker itself turned forwarding on it also set the policy of FORWARD to DROP
// (since 1.13), which is what later broke pod traffic of every network that did not allow itself.

import { formatCidr, parseCidr } from "@kubehop/netstack";
import type { Agent, ConfigOp, Door } from "@kubehop/netstack";
import { applyAll, ensureAll, ensureThere } from "../node/ensure.ts";
import { dockerRules } from "./chains.ts";

export interface DockerOptions {
  readonly door: Door;
  /** Release as major.minor, e.g. `17.03`. */
  readonly version: string;
  /** Address of docker0, e.g. `172.17.0.1/16`. */
  readonly bridge: string;
  /** MAC of docker0. */
  readonly mac: string;
  readonly forwardPolicy: "ACCEPT" | "DROP";
}

export const DOCKER_BRIDGE = "docker0";

export class Dockerd implements Agent {
  readonly name = "dockerd";
  readonly #options: DockerOptions;

  constructor(options: DockerOptions) {
    this.#options = options;
  }

  /** A bridge, address or rule from a run before stays. */
  start(): void {
    const { door, version, bridge, mac, forwardPolicy } = this.#options;
    const dev = DOCKER_BRIDGE;
    // libnetwork leaves TxQLen of its request at 0, and so that is what it asks for.
    ensureThere(door, this.name, { op: "link-add", name: dev, link: { type: "bridge" }, address: mac, txqueuelen: 0 });
    ensureThere(door, this.name, { op: "addr-add", dev, local: bridge });
    const policy: ConfigOp[] = forwardPolicy === "DROP" ? [{ op: "iptables", args: ["-P", "FORWARD", "DROP"] }] : [];
    applyAll(door, this.name, [
      { op: "link-set", dev, up: true },
      { op: "sysctl", key: "net.ipv4.ip_forward", value: "1" },
      ...policy,
    ]);
    const network = parseCidr(bridge);
    ensureAll(door, this.name, dockerRules(version, dev, network === undefined ? bridge : formatCidr(network)));
  }

  stop(): void {
    // Rules and bridge outlive the daemon.
  }
}
