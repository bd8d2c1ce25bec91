// `kubehop new`: a dump of a cluster → a scenario that stands like it, and a first step.
import {
  type Diagnostic,
  IGNORED_KINDS,
  type Kind,
  KINDS,
  loadManifests,
  parseYaml,
  REFUSED_KINDS,
  type SourceText,
} from "@kubehop/kube";
import { stringify } from "yaml";
import { cleaned } from "./clean.ts";
import { clusterOf } from "./cluster.ts";
import { controllerOf, type Dumped, entriesAt, subjectOf, textAt } from "./dumped.ts";
import { firstStep } from "./first-step.ts";
import { Notes } from "./notes.ts";
import { type KnownPod, knownPods, podPin } from "./pods.ts";
import { readDump } from "./read-dump.ts";
import { serviceKey, serviceManifest, serviceNetwork, servicePin } from "./services.ts";
import { settled } from "./settle.ts";
import { scenarioText } from "./write.ts";

type Plain = Record<string, unknown>;

export interface NewOptions {
  readonly title: string;
  /** Path of the manifests' file as the scenario names it; undefined: they stand in the scenario. */
  readonly manifests: string | undefined;
  /** Called with what comes next, where the dump is so large that it takes seconds. */
  readonly onProgress?: (stage: string) => void;
}

/** Objects of a dump from which on somebody wonders whether anything happens. */
const MANY = 500;

export type NewScenario =
  | {
      readonly ok: true;
      readonly scenario: string;
      /** Text of the manifests' file; undefined: they stand in the scenario. */
      readonly manifests: string | undefined;
      /** What was guessed and what was left out, one a line. */
      readonly notes: readonly string[];
      /** Why the scenario does not run, or is surely another network than the cluster's; none: it was run, and stands. */
      readonly problems: readonly string[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[]; readonly sources: readonly SourceText[] };

/** Reads what `kubectl get -o yaml` prints. Nothing of a Secret is in what it gives. */
export function newScenario(file: string, text: string, options: NewOptions): NewScenario {
  const dump = readDump(file, text);
  if (!dump.ok) return { ok: false, diagnostics: dump.diagnostics, sources: [dump.source] };
  const notes = new Notes();
  const { objects } = dump;
  const progress = (stage: string): void => {
    if (objects.length >= MANY) options.onProgress?.(stage);
  };
  progress(`${objects.length} objects are read`);
  const own = objects.filter((object) => isOwn(object, notes));
  const services = objects.filter(({ kind }) => kind === "Service");
  const nodes = objects.filter(({ kind }) => kind === "Node").map(({ name }) => name);
  const pods = knownPods(own, nodes, notes);
  tellAbsentNodes(pods, nodes, notes);
  const manifests = manifestsOf(own, pods, notes);
  const kept = new Set(manifests.map(keyOf));
  const keptServices = own.filter((object) => object.kind === "Service" && kept.has(subjectOf(object)));
  const scenario: Plain = {
    scenario: options.title,
    cluster: clusterOf(objects, serviceNetwork(services, notes), notes),
    manifests: options.manifests === undefined ? manifests : [options.manifests],
    place: placeOf(pods, nodes),
    pin: pinOf(pods, keptServices, notes),
    steps: [firstStep(keptServices, pods, nodes)],
  };
  const manifestsText =
    options.manifests === undefined
      ? undefined
      : manifests.map((one) => stringify(one, { lineWidth: 0 })).join("---\n");
  progress("the scenario is written; it is run once");
  const tried = settled(scenario, options.manifests, manifestsText, notes);
  return {
    ok: true,
    scenario: scenarioText(tried),
    manifests: manifestsText,
    notes: notes.lines(),
    problems: notes.problems,
  };
}

/** What an installer brings, and a cluster of a scenario has by itself. */
const INSTALLED =
  /^(?:kube-proxy|kube-flannel|coredns|kube-dns|etcd|kube-apiserver|kube-controller-manager|kube-scheduler)\b/;
const OTHER_CNI = /^(?:calico|canal|cilium|weave-net|antrea|kube-router|aws-node)\b/;
const SYSTEM_NAMESPACES: readonly string[] = [
  "kube-system",
  "kube-flannel",
  "kube-public",
  "kube-node-lease",
  "calico-system",
  "tigera-operator",
];

function isOwn(object: Dumped, notes: Notes): boolean {
  const { kind, namespace, name } = object;
  if (kind === "Node") return false;
  if (kind === "Namespace" && (name === "default" || SYSTEM_NAMESPACES.includes(name))) return false;
  const builtIn = kind !== "ConfigMap" && namespace === "default" && name === "kubernetes";
  if (SYSTEM_NAMESPACES.includes(namespace) && OTHER_CNI.test(name) && kind === "DaemonSet")
    notes.say(`the pod network of ${name} is not modelled: flannel stands in for it`);
  if (!builtIn && !(SYSTEM_NAMESPACES.includes(namespace) && (INSTALLED.test(name) || OTHER_CNI.test(name))))
    return true;
  notes.leftOut("parts that every cluster of a scenario has", subjectOf(object));
  return false;
}

function manifestsOf(own: readonly Dumped[], pods: readonly KnownPod[], notes: Notes): Plain[] {
  const bare = new Set(pods.filter((one) => one.bare).map(({ pod }) => pod));
  const namespaces = new Set(own.filter(({ kind }) => kind === "Namespace").map(({ name }) => name));
  const written = own.filter((object) => isWritten(object, own, bare, notes));
  const needed = [...new Set(written.map(({ namespace }) => namespace))].filter(
    (name) => !["", "default", ...SYSTEM_NAMESPACES].includes(name) && !namespaces.has(name),
  );
  const made = needed.map((name): Plain => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
  return [...made, ...written.map((object) => manifestOf(object, notes)).filter((one) => isAccepted(one, notes))];
}

/** What the scenario's controllers make again is not written; what they cannot make is told. */
function isWritten(object: Dumped, own: readonly Dumped[], bare: ReadonlySet<Dumped>, notes: Notes): boolean {
  const { kind } = object;
  if (kind === "Pod") return bare.has(object);
  const owner = controllerOf(object);
  const isMade = owner !== undefined && own.some((one) => one.kind === owner.kind && one.name === owner.name);
  if (kind === "Endpoints" || kind === "EndpointSlice") return !isMade && !hasSelector(object, own);
  if (isMade) return false;
  if (Object.hasOwn(KINDS, kind)) return true;
  const reason = REFUSED_KINDS[kind];
  if (reason !== undefined) notes.missing(`${kind}, not modelled (${reason})`, subjectOf(object));
  else if (IGNORED_KINDS.includes(kind)) notes.leftOut("objects without effect on the network", subjectOf(object));
  else notes.missing(`${kind}, not known`, subjectOf(object));
  return false;
}

/** The endpoints of a Service with a selector are made by the controllers. */
function hasSelector({ kind, name, namespace, value }: Dumped, own: readonly Dumped[]): boolean {
  const service = kind === "Endpoints" ? name : textAt(value, "metadata", "labels", "kubernetes.io/service-name");
  return own.some(
    (one) =>
      one.kind === "Service" &&
      one.name === service &&
      one.namespace === namespace &&
      entriesAt(one.value, "spec", "selector").length > 0,
  );
}

function manifestOf(object: Dumped, notes: Notes): Plain {
  if (object.kind === "Service") return serviceManifest(object, notes);
  // Which kinds get here was asked before.
  const manifest = cleaned(object, object.kind as Kind, notes);
  if (object.kind !== "Pod") return manifest;
  const { nodeName: _nodeName, ...spec } = Object.fromEntries(entriesAt(manifest, "spec"));
  return { ...manifest, spec };
}

/** A manifest that is refused for what only its values show is left out as a whole. */
function isAccepted(manifest: Plain, notes: Notes): boolean {
  const { diagnostics } = loadManifests([parseYaml("dump", stringify(manifest))]);
  const [first] = diagnostics;
  if (first !== undefined) notes.missing(`refused (${first.message})`, keyOf(manifest));
  return first === undefined;
}

function keyOf(manifest: Plain): string {
  const namespace = textAt(manifest, "metadata", "namespace") ?? (manifest["kind"] === "Namespace" ? "" : "default");
  return subjectOf({ kind: String(manifest["kind"]), namespace, name: textAt(manifest, "metadata", "name") ?? "" });
}

/** Who dumps a part of the nodes has pods on others too. */
function tellAbsentNodes(pods: readonly KnownPod[], nodes: readonly string[], notes: Notes): void {
  if (nodes.length === 0) return;
  for (const { pod, node } of pods)
    if (node !== undefined && !nodes.includes(node)) notes.missing(`node ${node}, not in the dump`, subjectOf(pod));
}

/** DaemonSets have a pod on every node, nobody chooses. */
function placeOf(pods: readonly KnownPod[], nodes: readonly string[]): Plain {
  return Object.fromEntries(
    pods.flatMap(({ ref, node }) =>
      node === undefined || !nodes.includes(node) || isOfDaemonSet(ref) ? [] : [[ref, node]],
    ),
  );
}

function isOfDaemonSet(ref: string): boolean {
  return /(?:^|\/)ds\//.test(ref);
}

function pinOf(pods: readonly KnownPod[], services: readonly Dumped[], notes: Notes): Plain {
  const podPins = pods.flatMap((known): [string, unknown][] => {
    const pin = podPin(known, /(?:^|\/)sts\//.test(known.ref) ? "sts" : "", notes);
    return pin === undefined ? [] : [[known.ref, pin]];
  });
  const servicePins = services.flatMap((service): [string, unknown][] => {
    const pin = servicePin(service);
    return pin === undefined ? [] : [[serviceKey(service), pin]];
  });
  return {
    ...(podPins.length === 0 ? {} : { pods: Object.fromEntries(podPins) }),
    ...(servicePins.length === 0 ? {} : { services: Object.fromEntries(servicePins) }),
  };
}
