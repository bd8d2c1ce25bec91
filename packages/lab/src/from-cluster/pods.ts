// Pods: what a workload makes is made again by it, under the names, on the nodes and with the addresses of the dump.
import { kindFromWord, KINDS } from "@kubehop/kube";
import { at, controllerOf, type Dumped, listAt, subjectOf, textAt } from "./dumped.ts";
import type { Notes } from "./notes.ts";

export interface KnownPod {
  readonly pod: Dumped;
  /** As scenarios name it: `deploy/web#2`, `prod/pod/client`. */
  readonly ref: string;
  /** Nothing in the dump makes it: its own manifest is taken over. */
  readonly bare: boolean;
  readonly node: string | undefined;
}

/** The dump's pods that run, with their names in a scenario. */
export function knownPods(objects: readonly Dumped[], nodes: readonly string[], notes: Notes): KnownPod[] {
  const pods = objects.filter((object) => object.kind === "Pod" && isRunning(object, notes));
  for (const pod of pods.filter((one) => isUnready(one)))
    notes.missing("pods that are not ready in the dump: here they are, and are endpoints", subjectOf(pod));
  const groups = new Map<Dumped | undefined, Dumped[]>();
  for (const pod of pods) {
    const workload = workloadOf(pod, objects);
    const group = groups.get(workload);
    if (group === undefined) groups.set(workload, [pod]);
    else group.push(pod);
  }
  return [...groups].flatMap(([workload, made]) =>
    workload === undefined ? made.map((pod) => barePod(pod)) : madePods(workload, made, nodes, notes),
  );
}

function isRunning(pod: Dumped, notes: Notes): boolean {
  const phase = textAt(pod.value, "status", "phase") ?? "Running";
  const leaving = at(pod.value, "metadata", "deletionTimestamp") !== undefined;
  if ((phase === "Running" || phase === "Pending") && !leaving) return true;
  notes.leftOut(`pods that ${leaving ? "are being deleted" : "have ended"}`, subjectOf(pod));
  return false;
}

function isUnready({ value }: Dumped): boolean {
  const ready = listAt(value, "status", "conditions").find((one) => at(one, "type") === "Ready");
  return textAt(ready, "status") === "False";
}

/** What makes the pod: its controller, or that one's; undefined: nothing that is in the dump. */
function workloadOf(pod: Dumped, objects: readonly Dumped[]): Dumped | undefined {
  let found: Dumped | undefined;
  let made = pod;
  for (;;) {
    const owner = controllerOf(made);
    const next = objects.find(
      ({ kind, name, namespace }) => kind === owner?.kind && name === owner.name && namespace === made.namespace,
    );
    if (next === undefined || kindFromWord(next.kind) === undefined || next.kind === "Node") return found;
    found = made = next;
  }
}

function barePod(pod: Dumped): KnownPod {
  return { pod, ref: `${prefix(pod)}pod/${pod.name}`, bare: true, node: textAt(pod.value, "spec", "nodeName") };
}

function madePods(workload: Dumped, pods: readonly Dumped[], nodes: readonly string[], notes: Notes): KnownPod[] {
  const kind = kindFromWord(workload.kind);
  const word = kind === undefined ? "" : (KINDS[kind].shortNames[0] ?? KINDS[kind].plural);
  const sorted = pods.toSorted((a, b) => compare(orderOf(workload, a, nodes), orderOf(workload, b, nodes)));
  const replicas = at(workload.value, "spec", "replicas");
  const wanted = workload.kind === "DaemonSet" || typeof replicas !== "number" ? sorted.length : replicas;
  for (const pod of sorted.slice(wanted)) notes.missing("pods beyond the replicas of their workload", subjectOf(pod));
  return sorted.slice(0, wanted).map((pod, index) => ({
    pod,
    ref: `${prefix(workload)}${word}/${workload.name}#${index + 1}`,
    bare: false,
    node: textAt(pod.value, "spec", "nodeName"),
  }));
}

/** The order in which our controllers will make them: by node, by ordinal, else by age. */
function orderOf({ kind }: Dumped, { name, value }: Dumped, nodes: readonly string[]): readonly (string | number)[] {
  if (kind === "DaemonSet") return [nodes.indexOf(textAt(value, "spec", "nodeName") ?? ""), name];
  if (kind === "StatefulSet") return [Number(/\d+$/.exec(name)?.[0] ?? 0), name];
  return [textAt(value, "metadata", "creationTimestamp") ?? "", name];
}

function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? "";
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function prefix({ namespace }: Dumped): string {
  return namespace === "default" || namespace === "" ? "" : `${namespace}/`;
}

/** Name and address as pins; undefined where the scenario gives them anyway. */
export function podPin({ pod, bare }: KnownPod, workload: string, notes: Notes): Record<string, string> | undefined {
  const hostNetwork = at(pod.value, "spec", "hostNetwork") === true;
  const ip = hostNetwork ? undefined : podAddress(pod, notes);
  const pin = {
    ...(bare || workload === "sts" ? {} : { name: pod.name }),
    ...(ip === undefined ? {} : { ip }),
  };
  return Object.keys(pin).length === 0 ? undefined : pin;
}

/** A pod that has IPv6 alone gets an IPv4 address, and the cluster is another. */
function podAddress(pod: Dumped, notes: Notes): string | undefined {
  const { value } = pod;
  const all = [textAt(value, "status", "podIP"), ...listAt(value, "status", "podIPs").map((one) => textAt(one, "ip"))];
  const known = [...new Set(all.flatMap((ip) => (ip === undefined || ip === "" ? [] : [ip])))];
  const found = known.find((ip) => !isIPv6(ip));
  for (const ip of known.filter(isIPv6)) {
    notes.missing(`IPv6 is not modelled: address ${ip}`, subjectOf(pod));
    if (found === undefined) notes.problem(`${subjectOf(pod)} has only ${ip}: IPv6 is not modelled`);
  }
  return found;
}

function isIPv6(address: string): boolean {
  return address.includes(":");
}
