// An object of a dump → a manifest as a person would have written it: what the API server added goes, what does nothing to the network
// goes (it may hold secrets, as environment variables and arguments do), what is not modelled is told.
import { type Kind, KINDS, REFUSED_ANNOTATIONS } from "@kubehop/kube";
import { at, type Dumped, entriesAt, subjectOf } from "./dumped.ts";
import type { Notes } from "./notes.ts";

type ObjectShape = ReturnType<(typeof KINDS)[Kind]["shape"]>;
type Shape = ObjectShape["modelled"][string];
type Plain = Record<string, unknown>;

/** A manifest of a kind that is modelled. */
export function cleaned(dumped: Dumped, kind: Kind, notes: Notes): Plain {
  const { apiVersion, value } = dumped;
  const sweep = new Sweep(dumped, notes);
  const { metadata: _metadata, status: _status, apiVersion: _version, kind: _kind, ...rest } = value;
  const spec = sweep.object(KINDS[kind].shape(), rest, "");
  return { apiVersion, kind, metadata: sweep.metadata(), ...spec };
}

/** What the API server fills in, and a person leaves out. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  restartPolicy: "Always",
  dnsPolicy: "ClusterFirst",
  terminationGracePeriodSeconds: 30,
  protocol: "TCP",
  sessionAffinity: "None",
  internalTrafficPolicy: "Cluster",
  ipFamilyPolicy: "SingleStack",
};

/** Of containers: nothing here runs them, and passwords stand in them. */
const UNUSED_OF_CONTAINERS: readonly string[] = ["command", "args"];

/** Written by tools, not by people. */
const TOOL_ANNOTATIONS =
  /^(?:kubectl|deployment|deprecated\.daemonset\.template|endpoints|control-plane\.alpha)\.kubernetes\.io\//;

/** They decide which pods are ready, and so which are endpoints. */
const PROBES: readonly string[] = ["readinessProbe", "startupProbe"];

class Sweep {
  readonly #dumped: Dumped;
  readonly #notes: Notes;

  constructor(dumped: Dumped, notes: Notes) {
    this.#dumped = dumped;
    this.#notes = notes;
  }

  object(shape: ObjectShape, value: unknown, path: string): Plain {
    const kept: Plain = {};
    for (const [key, item] of entriesAt(value)) {
      const below = path === "" ? key : `${path}.${key}`;
      const of = shape.modelled[key];
      if (of === undefined) this.#drop(shape, key, below);
      else if (path.endsWith("ontainers[]") && UNUSED_OF_CONTAINERS.includes(key))
        this.#notes.leftOut("command and args of containers, which nothing runs here", this.#subject());
      else if (path.endsWith("metadata") && key === "annotations") this.#dropAnnotations(item);
      else if (item !== null && DEFAULTS[key] !== item) {
        const swept = this.#value(of, item, below);
        if (!isEmpty(swept)) kept[key] = swept;
      }
    }
    return kept;
  }

  metadata(): Plain {
    const { name, namespace, value } = this.#dumped;
    const labels = Object.fromEntries(entriesAt(value, "metadata", "labels"));
    this.#dropAnnotations(at(value, "metadata", "annotations"));
    return {
      name,
      ...(namespace === "" || namespace === "default" ? {} : { namespace }),
      ...(isEmpty(labels) ? {} : { labels }),
    };
  }

  /** No annotation of a manifest has an effect here that is modelled (those of flannel stand on nodes), and any may hold a secret. */
  #dropAnnotations(annotations: unknown): void {
    for (const [annotation] of entriesAt(annotations)) {
      const effect = REFUSED_ANNOTATIONS[annotation];
      if (effect !== undefined)
        this.#notes.missing(`annotation ${annotation}, not modelled (${effect})`, this.#subject());
      else if (!TOOL_ANNOTATIONS.test(annotation))
        this.#notes.leftOut("annotations", `${this.#subject()} ${annotation}`);
    }
  }

  #value(shape: Shape, value: unknown, path: string): unknown {
    if (shape.kind === "object") return this.object(shape, value, path);
    if (shape.kind === "list" && Array.isArray(value))
      return value.map((item) => this.#value(shape.of, item, `${path}[]`));
    if (shape.kind === "map")
      return Object.fromEntries(
        entriesAt(value).map(([key, item]) => [key, this.#value(shape.of, item, `${path}.${key}`)]),
      );
    return value;
  }

  #drop(shape: ObjectShape, key: string, path: string): void {
    const reason = shape.refused[key];
    if (reason !== undefined) this.#notes.missing(`${path}, not modelled (${reason})`, this.#subject());
    else if (PROBES.includes(key))
      this.#notes.missing(`${path}, not made: a pod is ready when its network is`, this.#subject());
    else if (shape.ignored.includes(key))
      this.#notes.leftOut("fields without effect on the network", `${this.#dumped.kind} ${path}`);
    else this.#notes.missing(`${path}, not known`, this.#subject());
  }

  #subject(): string {
    return subjectOf(this.#dumped);
  }
}

/** `key: {}` and `key: []` say nothing. */
function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Addresses that outside balancers gave: they are part of how a Service is reached. */
export function loadBalancerStatus({ value }: Dumped): Plain {
  const ingress = at(value, "status", "loadBalancer", "ingress");
  return Array.isArray(ingress) && ingress.length > 0 ? { status: { loadBalancer: { ingress } } } : {};
}
