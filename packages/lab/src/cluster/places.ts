// Names of a scenario → what they mean in the running cluster. Places are where commands run; hosts are what addresses are asked for.

import type { ControlPlane, Pod } from "@kubehop/kube";
import { dumpAddrs, parseIpv4 } from "@kubehop/netstack";
import type { Ipv4, NetNamespace, World } from "@kubehop/netstack";
import type { CellPlan } from "../model/scenario.ts";

/** The desk with kubectl: not on the network. */
export const ADMIN = "admin";

export interface Place {
  /** Full name: machine name, or the pod's `namespace/name`. */
  readonly name: string;
  /** A namespace of a lab without a cluster is a host. */
  readonly kind: "admin" | "node" | "host" | "pod";
  readonly ns: NetNamespace;
  /** Namespace whose Services are found by their short names. */
  readonly namespace: string;
}

export class Places {
  readonly #world: World;
  readonly #plan: CellPlan;
  readonly #control: ControlPlane;
  /** Undefined in a lab of namespaces. */
  readonly #admin: NetNamespace | undefined;

  constructor(world: World, plan: CellPlan, control: ControlPlane, admin: NetNamespace | undefined) {
    this.#world = world;
    this.#plan = plan;
    this.#control = control;
    this.#admin = admin;
  }

  /** Place, alias or pod reference; undefined: no such place now. */
  find(text: string): Place | undefined {
    const name = this.#plan.names[text] ?? text;
    if (name === ADMIN && this.#admin !== undefined)
      return { name, kind: "admin", ns: this.#admin, namespace: "default" };
    const machine = this.#machine(name);
    if (machine !== undefined) return machine;
    const pod = this.pod(name);
    return pod === undefined ? undefined : this.#placeOfPod(pod);
  }

  /** Pod of a reference (`deploy/web#1`, `web#1`, a pod's name, a workload with one pod). */
  pod(text: string): Pod | undefined {
    const { found } = this.#control.resolvePod(this.#plan.names[text] ?? text);
    return found === undefined ? undefined : this.#control.store.get("Pod", found.namespace, found.name);
  }

  /** Full name of a pod of a reference, also of one that is gone. */
  nameOnce(text: string): string | undefined {
    const { found } = this.#control.resolvePod(this.#plan.names[text] ?? text);
    return found === undefined ? undefined : `${found.namespace}/${found.name}`;
  }

  /** All places of a kind that has namespaces: every machine, then every pod. */
  all(): Place[] {
    const { nodes, hosts } = this.#plan.cluster;
    const machines = [...nodes, ...hosts, ...this.#namespaces()]
      .map(({ name }) => this.#machine(name))
      .filter((place) => place !== undefined);
    const pods = this.#control.store
      .list("Pod")
      .map((pod) => this.#placeOfPod(pod))
      .filter((place) => place !== undefined);
    return [...machines, ...pods];
  }

  /** What an end of a flow means: an address, an alias, a place, `svc/NAME` or `svc/NS/NAME`; else a name in `namespace`'s DNS. */
  address(text: string, namespace = "default"): Ipv4 | undefined {
    const name = this.#plan.names[text] ?? text;
    return (
      parseIpv4(name) ??
      this.#serviceReference(name, namespace) ??
      this.#placeAddress(name) ??
      this.#dnsName(name, namespace)
    );
  }

  /**
   * What a name typed in a command resolves to at a place. In pods the cluster's DNS comes first, so a Service hides a pod of the
   * same name; machines do not ask it. Names of the scenario are known everywhere, as if they stood in /etc/hosts.
   */
  resolve(text: string, place: Place): Ipv4 | undefined {
    const name = this.#plan.names[text] ?? text;
    const dns = place.kind === "pod" ? this.#dnsName(name, place.namespace) : undefined;
    return parseIpv4(name) ?? dns ?? this.#serviceReference(name, place.namespace) ?? this.#placeAddress(name);
  }

  #machine(name: string): Place | undefined {
    const { nodes, hosts } = this.#plan.cluster;
    const kind = nodes.some((node) => node.name === name)
      ? "node"
      : [...hosts, ...this.#namespaces()].some((host) => host.name === name)
        ? "host"
        : undefined;
    const ns = this.#world.namespaces.get(name);
    return kind === undefined || ns === undefined ? undefined : { name, kind, ns, namespace: "default" };
  }

  #namespaces(): readonly { readonly name: string }[] {
    return this.#plan.bare?.namespaces ?? [];
  }

  #placeOfPod(pod: Pod): Place | undefined {
    const { namespace, name } = pod.metadata;
    const full = `${namespace}/${name}`;
    const ns = this.#world.namespaces.get(pod.spec.hostNetwork ? (pod.spec.nodeName ?? "") : full);
    return ns === undefined ? undefined : { name: full, kind: "pod", ns, namespace };
  }

  #placeAddress(name: string): Ipv4 | undefined {
    const machine = [...this.#plan.cluster.nodes, ...this.#plan.cluster.hosts].find((m) => m.name === name);
    const ip = machine?.ip ?? this.pod(name)?.status.podIP ?? this.#firstAddress(name);
    return ip === undefined ? undefined : parseIpv4(ip);
  }

  /** A namespace has the address that its devices got first. */
  #firstAddress(name: string): string | undefined {
    const known = this.#namespaces().some((one) => one.name === name);
    const ns = known ? this.#world.namespaces.get(name) : undefined;
    const devices = ns === undefined ? [] : dumpAddrs(ns).filter(({ ifname }) => ifname !== "lo");
    return devices.flatMap(({ addr_info }) => addr_info)[0]?.local;
  }

  #serviceReference(name: string, namespace: string): Ipv4 | undefined {
    const [word, first, second] = name.split("/");
    if (word !== "svc" || first === undefined) return undefined;
    return second === undefined ? this.#clusterIP(namespace, first) : this.#clusterIP(first, second);
  }

  /** Cluster DNS as the search list of a pod in `namespace` finds it: NAME, NAME.NS, NAME.NS.svc, with or without cluster.local. */
  #dnsName(name: string, namespace: string): Ipv4 | undefined {
    const labels = name
      .replace(/\.$/, "")
      .replace(/\.cluster\.local$/, "")
      .split(".");
    const [service = "", ns = namespace, svc = "svc", ...rest] = labels;
    return svc === "svc" && rest.length === 0 ? this.#clusterIP(ns, service) : undefined;
  }

  #clusterIP(namespace: string, name: string): Ipv4 | undefined {
    const spec = this.#control.store.get("Service", namespace, name)?.spec;
    return spec?.clusterIP === undefined ? undefined : parseIpv4(spec.clusterIP);
  }
}
