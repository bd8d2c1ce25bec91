// Every name a scenario may refer to, and the checks of references to them.
import {
  didYouMean,
  isIPv6,
  type KubeObject,
  kindFromWord,
  type LoadedObject,
  nearest,
  type Path,
} from "@kubehop/kube";
import type { BareSpec } from "../model/bare-spec.ts";
import type { AgentName, ClusterSpec } from "../model/cluster-spec.ts";
import type { PodRef } from "../model/scenario.ts";
import { isAddress, parsePodText, parseServiceText, type PodText } from "../schema/notation.ts";
import type { LoadContext } from "./context.ts";
import { entriesOf, own } from "./draft.ts";

/** Something that makes pods, or a pod. */
interface Workload {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Pods it makes at first; undefined: depends on the nodes. */
  readonly replicas: number | undefined;
}

const WORKLOAD_KINDS: readonly string[] = [
  "Pod",
  "Deployment",
  "ReplicaSet",
  "DaemonSet",
  "StatefulSet",
  "ReplicationController",
];

/** Services every cluster has. */
const BUILT_IN_SERVICES: readonly string[] = ["default/kubernetes", "kube-system/kube-dns"];

const BUILT_IN_PORTS: readonly (readonly [string, readonly string[]])[] = [
  ["default/kubernetes", ["https"]],
  ["kube-system/kube-dns", ["dns", "dns-tcp"]],
];

export class KnownNames {
  readonly nodes: readonly string[];
  readonly hosts: readonly string[];
  /** Namespaces of a lab without a cluster. */
  readonly namespaces: readonly string[];
  readonly isBare: boolean;
  readonly aliases: Readonly<Record<string, string>>;
  readonly #agents: readonly AgentName[];
  readonly #workloads: readonly Workload[];
  readonly #services: ReadonlySet<string>;
  /** Names of ports ("" for one without a name) by Service; those of Services that steps make or change are not known. */
  readonly #servicePorts: ReadonlyMap<string, readonly string[]>;
  readonly #podNames: ReadonlySet<string>;
  /** False: manifests could not be read, a name that is missing may stand there. */
  readonly #complete: boolean;
  /** Steps may make further pods. */
  readonly #growing: boolean;
  readonly #context: LoadContext;

  constructor(
    context: LoadContext,
    { cluster, bare }: { readonly cluster: ClusterSpec; readonly bare: BareSpec | undefined },
    objects: readonly LoadedObject[],
    complete: boolean,
  ) {
    this.#context = context;
    this.isBare = bare !== undefined;
    this.namespaces = (bare?.namespaces ?? []).map(({ name }) => name);
    this.nodes = cluster.nodes.map((node) => node.name);
    this.hosts = cluster.hosts.map((host) => host.name);
    this.#agents = cluster.agents;
    this.aliases = Object.fromEntries(entriesOf(context.draft.names));
    this.#workloads = objects.flatMap(({ object }) => workloadOf(object));
    const services = objects
      .filter(({ object }) => object.kind === "Service")
      .map(({ object }) => `${object.metadata.namespace}/${object.metadata.name}`);
    this.#services = new Set([...(this.isBare ? [] : BUILT_IN_SERVICES), ...services]);
    this.#servicePorts = new Map([
      ...BUILT_IN_PORTS,
      ...objects.flatMap(({ object }) =>
        object.kind === "Service" ? [[keyOf(object), object.spec.ports.map(({ name = "" }) => name)] as const] : [],
      ),
    ]);
    this.#podNames = new Set(
      entriesOf(context.draft.pin?.pods).flatMap(([, pin]) => (pin.name === undefined ? [] : [pin.name])),
    );
    this.#complete = complete;
    this.#growing = (context.draft.steps ?? []).some((step) => step?.run?.includes("kubectl") === true);
  }

  /** A place to type at. Reports an unknown one. */
  checkPlace(text: string, path: Path): void {
    const name = own(this.aliases, text) ?? text;
    if (this.#isChain(name, text) || (name === "admin" && !this.isBare) || this.#isMachine(name)) return;
    if (isAddress(name) || parseServiceText(name) !== undefined) {
      this.#context.report(
        path,
        `${JSON.stringify(text)} is no place: ${this.isBare ? "commands run in namespaces" : "commands run at admin, on nodes, hosts and in pods"}`,
        { within: text },
      );
      return;
    }
    this.#checkPods(name, path, "place");
  }

  /** An alias of an alias: reported where it is defined. */
  #isChain(name: string, text: string): boolean {
    return Object.hasOwn(this.aliases, text) && Object.hasOwn(this.aliases, name);
  }

  /** A node. */
  checkNode(text: string, path: Path): void {
    if (this.nodes.includes(text)) return;
    this.#context.report(path, `no node is named ${JSON.stringify(text)}`, {
      code: "unresolved",
      hint: this.#nodeLeftOut(text) ?? didYouMean(text, this.nodes) ?? `nodes: ${this.nodes.join(", ")}`,
    });
  }

  /** The text is a pod's name, and no workload's. */
  isSinglePod(text: string): boolean {
    if (this.#podNames.has(text)) return true;
    const parts = parsePodText(text);
    if (typeof parts === "string") return false;
    return this.#workloads.some((workload) => workload.kind === "Pod" && matches(workload, parts));
  }

  /** An agent of a node, `NODE/AGENT`; undefined: there is none of that name, which is reported. */
  agent(text: string, path: Path): { readonly node: string; readonly agent: AgentName } | undefined {
    const [node = "", name = "", ...rest] = text.split("/");
    const agent = this.#agents.find((one) => one === name);
    if (agent !== undefined && rest.length === 0 && this.nodes.includes(node)) return { node, agent };
    const known = this.nodes.flatMap((one) => this.#agents.map((other) => `${one}/${other}`));
    this.#context.report(path, `no agent is named ${JSON.stringify(text)}`, {
      code: "unresolved",
      hint: didYouMean(text, known) ?? `write NODE/AGENT; agents here: ${this.#agents.join(", ")}`,
    });
    return undefined;
  }

  /** Clusters begin with node1 and node2; who writes only one of them has only that one. */
  #nodeLeftOut(text: string): string | undefined {
    if (!/^node\d+$/.test(text) || this.isBare) return undefined;
    const names = this.nodes.join(", ");
    return this.#context.document.has(["cluster", "nodes"])
      ? `cluster.nodes lists only ${names}`
      : `without cluster.nodes there is ${names}`;
  }

  /** One pod or all pods of a workload. */
  podRef(text: string, path: Path): PodRef {
    const name = own(this.aliases, text) ?? text;
    const parts = parsePodText(name);
    this.#checkPods(name, path, "pod");
    const plain: PodText =
      typeof parts === "string" ? { namespace: undefined, kind: undefined, name, index: undefined } : parts;
    return { text, ref: name, ...plain, position: this.#context.position(path) };
  }

  /** An end of a flow, an address column, a client: a place, a Service or an address. */
  checkEnd(text: string, path: Path): void {
    const name = own(this.aliases, text) ?? text;
    if (this.#isChain(name, text)) return;
    if (isAddress(name) || (name === "admin" && !this.isBare) || this.#isMachine(name)) return;
    if (isIPv6(name)) {
      this.#context.report(path, `IPv6 is not modelled yet: ${name}`, {
        within: name,
        code: "not-modelled",
        hint: "write it in IPv4",
      });
      return;
    }
    const service = parseServiceText(name);
    if (service === undefined) this.#checkPods(name, path, "place");
    else this.checkService(service.namespace, service.name, path);
  }

  /** A Service's port as kube-proxy names it, `namespace/name:port`, with an empty port for one that has no name. */
  checkServicePort(text: string, path: Path, atKey = false): void {
    const match = /^([^/:\s]+)\/([^/:\s]+):([^/:\s]*)$/.exec(text);
    if (match === null) {
      this.#context.report(path, `${JSON.stringify(text)} is not NAMESPACE/NAME:PORT`, {
        hint: "a port without a name is empty: default/web:",
        atKey,
      });
      return;
    }
    const [, namespace, name = "", port = ""] = match;
    const before = this.#context.diagnostics.length;
    this.checkService(namespace, name, path, atKey);
    const ports = this.#servicePorts.get(`${namespace}/${name}`);
    if (this.#context.diagnostics.length > before || ports === undefined || ports.includes(port)) return;
    const known = ports.map((one) => JSON.stringify(one)).join(", ");
    this.#context.report(path, `Service ${namespace}/${name} has no port ${JSON.stringify(port)}`, {
      code: "unresolved",
      hint: `its ports: ${known}`,
      atKey,
    });
  }

  /** A Service; returns its namespace, `default` when it is not known. */
  checkService(namespace: string | undefined, name: string, path: Path, atKey = false): string {
    const found = [...this.#services].filter(
      (key) => key.endsWith(`/${name}`) && (namespace === undefined || key === `${namespace}/${name}`),
    );
    const fallback = namespace ?? found[0]?.split("/")[0] ?? "default";
    if (found.length === 1 || !this.#complete) return fallback;
    const text = namespace === undefined ? name : `${namespace}/${name}`;
    if (found.length > 1) {
      this.#context.report(path, `more than one Service is named ${name}`, {
        code: "unresolved",
        hint: `write its namespace too: ${found.join(" or ")}`,
        within: name,
        atKey,
      });
      return fallback;
    }
    const known = [...this.#services].flatMap((key) => [key, key.slice(key.indexOf("/") + 1)]);
    const same = [...this.#services].filter((key) => key.endsWith(`/${name}`));
    this.#context.report(path, `no Service is named ${JSON.stringify(text)}`, {
      code: "unresolved",
      hint: same.length > 0 ? `there is ${same.join(", ")}` : (didYouMean(text, known) ?? listOf(known)),
      within: text,
      atKey,
    });
    return fallback;
  }

  /** Names of aliases must not hide anything, and must lead somewhere. */
  checkAliases(): void {
    for (const [alias, target] of Object.entries(this.aliases)) {
      const path = ["names", alias];
      if (!/^[^\s:>/#,*]+$/.test(alias)) {
        this.#context.report(path, `${JSON.stringify(alias)} cannot be an alias: it could not stand in a FLOW`, {
          hint: "write a word without blanks and : > / # , *",
          atKey: true,
        });
      } else if (alias === "admin" || this.#isMachine(alias)) {
        this.#context.report(
          path,
          `${JSON.stringify(alias)} is already the name of a ${this.isBare ? "namespace" : "machine"}`,
          {
            code: "conflict",
            atKey: true,
          },
        );
      } else if (target === alias) this.#context.report(path, `${JSON.stringify(alias)} stands for itself`);
      else if (Object.hasOwn(this.aliases, target)) {
        const end = this.#endOf(target);
        const hint = end === undefined ? "these aliases stand for each other" : `write ${end}`;
        this.#context.report(path, `${JSON.stringify(target)} is an alias itself`, { hint });
      } else this.checkEnd(target, path);
    }
  }

  /** What an alias of aliases stands for; undefined when they go in a circle. */
  #endOf(alias: string): string | undefined {
    const seen = new Set<string>();
    let name = alias;
    while (Object.hasOwn(this.aliases, name)) {
      if (seen.has(name)) return undefined;
      seen.add(name);
      name = this.aliases[name] ?? name;
    }
    return name;
  }

  #machines(): readonly string[] {
    return this.isBare ? this.namespaces : ["admin", ...this.nodes, ...this.hosts];
  }

  #isMachine(name: string): boolean {
    return this.nodes.includes(name) || this.hosts.includes(name) || this.namespaces.includes(name);
  }

  #checkPods(text: string, path: Path, what: "place" | "pod"): void {
    const parts = parsePodText(text);
    if (typeof parts === "string") {
      this.#context.report(path, parts);
      return;
    }
    if (this.#podNames.has(text)) return;
    const found = this.#workloads.filter((workload) => matches(workload, parts));
    if (found.length === 0) this.#reportUnknown(text, parts, path, what);
    else if (new Set(found.map((workload) => `${workload.namespace}/${workload.name}`)).size > 1)
      this.#reportAmbiguous(text, found, path);
    else this.#checkIndex(parts, found, path);
  }

  #checkIndex(parts: PodText, found: readonly Workload[], path: Path): void {
    const [workload] = found;
    if (
      workload?.replicas === undefined ||
      parts.index === undefined ||
      parts.index <= workload.replicas ||
      this.#growing
    )
      return;
    const pods = workload.replicas === 1 ? "1 pod" : `${workload.replicas} pods`;
    this.#context.report(path, `${workload.kind} ${workload.name} has ${pods}, there is no #${parts.index}`, {
      code: "unresolved",
      within: `${workload.name}#${parts.index}`,
    });
  }

  #reportAmbiguous(text: string, found: readonly Workload[], path: Path): void {
    const names = found.map((workload) => `${workload.namespace}/${workload.name}`).join(", ");
    this.#context.report(path, `${JSON.stringify(text)} may be any of ${names}`, {
      code: "unresolved",
      hint: "write its namespace too: NAMESPACE/NAME",
      within: text,
    });
  }

  #reportUnknown(text: string, parts: PodText, path: Path, what: "place" | "pod"): void {
    // A pod's full name begins with its workload's; which one it will be is not known before the run.
    if (parts.index === undefined && this.#workloads.some((workload) => parts.name.startsWith(`${workload.name}-`)))
      return;
    const pods = this.#workloads.map((workload) => workload.name);
    const known = what === "pod" ? pods : [...new Set([...this.#machines(), ...Object.keys(this.aliases), ...pods])];
    const place = this.isBare ? "no namespace or alias" : "no node, host, pod or alias";
    const noun = what === "pod" ? "no pod or workload" : place;
    const close = didYouMean(parts.name, known);
    // It may stand in a manifest that could not be read; a near miss of a known name is told all the same.
    if (!this.#complete && close === undefined) return;
    const services = [...this.#services].map((key) => key.slice(key.indexOf("/") + 1));
    const service =
      nearest(parts.name, services) === parts.name ? `for the Service write svc/${parts.name}` : undefined;
    const same = this.#workloads.filter((workload) => workload.name === parts.name);
    const other =
      same.length > 0
        ? `there is ${same.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`).join(", ")}`
        : undefined;
    this.#context.report(path, `${noun} is named ${JSON.stringify(text)}`, {
      code: "unresolved",
      hint: this.#nodeLeftOut(text) ?? other ?? close ?? service ?? listOf(known),
      within: text,
    });
  }
}

/** All of a few names; a long list helps nobody. */
function listOf(known: readonly string[]): string | undefined {
  return known.length > 0 && known.length <= 12 ? `known here: ${known.join(", ")}` : undefined;
}

function matches(workload: Workload, parts: PodText): boolean {
  // The name first: it tells nearly all of them apart, and a cluster may have thousands.
  if (workload.name !== parts.name) return false;
  const kind = parts.kind === undefined ? undefined : kindFromWord(parts.kind);
  return (
    (kind === undefined || workload.kind === kind) &&
    (parts.namespace === undefined || workload.namespace === parts.namespace)
  );
}

function workloadOf(object: KubeObject): Workload[] {
  if (!WORKLOAD_KINDS.includes(object.kind)) return [];
  const { name, namespace } = object.metadata;
  const replicas: unknown = "spec" in object ? Reflect.get(object.spec, "replicas") : undefined;
  const count = object.kind === "Pod" ? 1 : typeof replicas === "number" ? replicas : undefined;
  return [{ kind: object.kind, namespace, name, replicas: count }];
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
