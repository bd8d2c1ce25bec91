// What a scenario fixes instead of leaving it to the seed: names, places, addresses. Keys are references such as
// `deploy/echo#1`, `prod/export#3`, `svc/web`; a pin that nothing ever asked for is probably a slip and can be listed.

/** Pins as the scenario gives them. */
export interface PinOptions {
  /** Pod reference → pod name. */
  readonly podNames?: Readonly<Record<string, string>>;
  /** Deployment reference → pod-template-hash of its first ReplicaSet. */
  readonly templateHashes?: Readonly<Record<string, string>>;
  /** Pod reference, or workload reference with a list (n-th entry for the n-th pod, then again from the start) → node. */
  readonly place?: Readonly<Record<string, string | readonly string[]>>;
  /** Service reference → ClusterIP. */
  readonly clusterIPs?: Readonly<Record<string, string>>;
  /** `svc/web:http`, `svc/web:80`, or `svc/web:` → node port. */
  readonly nodePorts?: Readonly<Record<string, number>>;
}

/** The pod a reference means: the n-th pod ever made of a workload. */
export interface PodIdentity {
  readonly namespace: string;
  /** kubectl's short word of the workload's kind: `deploy`, `rs`, `rc`, `ds`, `sts`; `pod` for a bare pod. */
  readonly word: string;
  /** The workload's name. */
  readonly workload: string;
  /** 1 for the first pod ever made of it. */
  readonly ordinal: number;
}

/** Pins with a memory of which were used. */
export class PinTable {
  readonly #options: PinOptions;
  readonly #used = new Set<string>();

  constructor(options: PinOptions) {
    this.#options = options;
  }

  podName(pod: PodIdentity): string | undefined {
    return this.#find("podNames", podReferences(pod));
  }

  templateHash(namespace: string, deployment: string): string | undefined {
    const references = workloadReferences({ namespace, word: "deploy", workload: deployment });
    return this.#find("templateHashes", references) ?? this.#hashInPodName(deployment, references);
  }

  /** A pinned pod name `web-67594d6bf6-x7k2p` says its ReplicaSet's hash too. */
  #hashInPodName(deployment: string, references: readonly string[]): string | undefined {
    for (const [reference, name] of Object.entries(this.#options.podNames ?? {})) {
      if (!references.includes(reference.replace(/#\d+$/, "")) || !name.startsWith(`${deployment}-`)) continue;
      const [, hash] = /^([a-z0-9]+)-[a-z0-9]{5}$/.exec(name.slice(deployment.length + 1)) ?? [];
      if (hash !== undefined) return hash;
    }
    return undefined;
  }

  /** Node for a pod: by its own reference first, else from its workload's list. */
  place(pod: PodIdentity): string | undefined {
    const found = this.#find("place", podReferences(pod)) ?? this.#find("place", workloadReferences(pod));
    return typeof found === "object" ? found[(pod.ordinal - 1) % found.length] : found;
  }

  clusterIP(namespace: string, name: string): string | undefined {
    return this.#find("clusterIPs", serviceReferences(namespace, name));
  }

  /** Asked with the port's name first, then with its number, then without either: the pin of a Service with one port. */
  nodePort(
    namespace: string,
    name: string,
    port: { readonly name?: string; readonly port: number },
  ): number | undefined {
    const words = port.name === undefined ? [port.port, ""] : [port.name, port.port, ""];
    return this.#find(
      "nodePorts",
      serviceReferences(namespace, name).flatMap((ref) => words.map((word) => `${ref}:${word}`)),
    );
  }

  /** Pins that nothing asked for, as `place deploy/webb#1`. */
  unused(): string[] {
    return Object.entries(this.#options).flatMap(([table, entries]: [string, object]) =>
      Object.keys(entries)
        .map((key) => `${table} ${key}`)
        .filter((id) => !this.#used.has(id)),
    );
  }

  #find<K extends keyof PinOptions>(table: K, keys: readonly string[]): NonNullable<PinOptions[K]>[string] | undefined {
    const entries = this.#options[table];
    const key = entries && keys.find((k) => k in entries);
    if (entries === undefined || key === undefined) return undefined;
    this.#used.add(`${table} ${key}`);
    return entries[key] as NonNullable<PinOptions[K]>[string];
  }
}

/** All ways to write a pod's reference, the most exact first. */
function podReferences(pod: PodIdentity): string[] {
  const numbered = workloadReferences(pod).map((reference) => `${reference}#${pod.ordinal}`);
  return pod.word === "pod" ? [...numbered, ...workloadReferences(pod)] : numbered;
}

function workloadReferences({ namespace, word, workload }: Omit<PodIdentity, "ordinal">): string[] {
  return [`${namespace}/${word}/${workload}`, `${word}/${workload}`, `${namespace}/${workload}`, workload];
}

function serviceReferences(namespace: string, name: string): string[] {
  return [`${namespace}/svc/${name}`, `svc/${name}`, `${namespace}/${name}`, name];
}
