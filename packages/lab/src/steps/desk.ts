// What a command finds at its place: tools of that machine's releases, files, names, and the API server where kubectl is set up.

import { defaultRegistry, startLine, startWords } from "@kubehop/commands";
import type { PlaceContext, Registry, RunningCommand, ShellCommand } from "@kubehop/commands";
import type { NetNamespace, RuleOrigin, ToolVersions } from "@kubehop/netstack";
import { hasBusybox } from "@kubehop/programs";
import type { Cluster } from "../cluster/cluster.ts";
import type { Place } from "../cluster/places.ts";
import { type ReadFile, readBeside } from "../load/files.ts";
import { kubeAccess } from "./kube-access.ts";

export interface Streams {
  /** All that the command will read; nothing unless given. */
  readonly stdin?: string;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Something typed is not modelled. */
  refuse(text: string): void;
  /** Stands behind what the line writes. */
  readonly origin?: RuleOrigin | undefined;
}

/** All places of a cluster from the side of whoever types there. Files live as long as the place. */
export class Desk {
  readonly #cluster: Cluster;
  readonly #readFile: ReadFile;
  readonly #registry: Registry;
  /** In-memory files by place; they go with the namespace they were written in. */
  readonly #files = new Map<string, { readonly ns: NetNamespace; readonly files: Map<string, string> }>();

  /** `more`: commands beside the usual ones. */
  constructor(cluster: Cluster, readFile: ReadFile, ...more: readonly ShellCommand[]) {
    this.#cluster = cluster;
    this.#readFile = readFile;
    this.#registry = defaultRegistry().add(...more);
  }

  /** Start a command line; it ends on the virtual clock. */
  start(place: Place, line: string, streams: Streams): RunningCommand {
    return startLine(this.#context(place, streams), line, this.#registry);
  }

  /** Run words in a pod without a shell: `kubectl exec`. */
  #exec(place: Place, words: readonly string[], streams: Streams): RunningCommand {
    return startWords(this.#context(place, streams), words, this.#registry);
  }

  #context(place: Place, streams: Streams): PlaceContext {
    const cluster = this.#cluster;
    return {
      place: place.name,
      ns: place.ns,
      tools: toolsOf(cluster, place),
      files: this.#filesOf(place),
      stdin: streams.stdin ?? "",
      stdout: (text) => streams.stdout(text),
      stderr: (text) => streams.stderr(text),
      refuse: (text) => streams.refuse(text),
      resolve: (name) => cluster.places.resolve(name, place),
      readFile: (path) => this.#textOf(path, streams),
      origin: streams.origin,
      kube: hasKubectl(cluster, place)
        ? kubeAccess(cluster, (pod, words, to) => this.#exec(pod, words, { ...to, origin: streams.origin }))
        : undefined,
    };
  }

  /** A file beside the scenario; one that is there and is not read is told by name. */
  #textOf(path: string, streams: Streams): string | undefined {
    const found = readBeside(this.#readFile, path);
    if (found === undefined || typeof found === "string") return found;
    streams.refuse(`${path} ${found.refused}`);
    return undefined;
  }

  #filesOf(place: Place): Map<string, string> {
    const known = this.#files.get(place.name);
    if (known?.ns === place.ns) return known.files;
    const files = new Map<string, string>();
    this.#files.set(place.name, { ns: place.ns, files });
    return files;
  }
}

/** At the admin's desk and on the first node, where kubeadm leaves admin.conf. */
function hasKubectl(cluster: Cluster, place: Place): boolean {
  return place.kind === "admin" || place.name === cluster.plan.cluster.nodes[0]?.name;
}

/** A pod has the tools of its node, unless its image is known for busybox. */
function toolsOf(cluster: Cluster, place: Place): ToolVersions {
  const { nodes, iptables, iproute2, kubernetes } = cluster.plan.cluster;
  const pod = place.kind === "pod" ? cluster.places.pod(place.name) : undefined;
  const home = pod === undefined ? place.name : pod.spec.nodeName;
  const node = nodes.find(({ name }) => name === home);
  const tool = node?.iptables ?? iptables;
  return {
    iptables: tool.version,
    backend: tool.backend,
    iproute2: pod !== undefined && hasBusybox(pod) ? "busybox" : (node?.iproute2 ?? iproute2),
    kubectl: node?.kubernetes ?? kubernetes,
  };
}
