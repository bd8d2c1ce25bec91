// StatefulSets: pods with fixed names, started upwards and stopped downwards.
// Twin: pkg/controller/statefulset/stateful_set_control.go.
import type { Pod } from "../api/pod.ts";
import type { StatefulSet } from "../api/stateful-set.ts";
import { type Controller, type ControllerContext, WorkQueue } from "./context.ts";
import { makePod } from "./make-pod.ts";
import { templateHash } from "./names.ts";
import { controllerOf } from "./pod-index.ts";
import { deletePod } from "./pod-lifecycle.ts";

const REVISION_LABEL = "controller-revision-hash";

export class StatefulSetController implements Controller {
  readonly name = "statefulset";
  readonly #context: ControllerContext;
  readonly #queue = new WorkQueue();

  constructor(context: ControllerContext) {
    this.#context = context;
    context.store.watch("StatefulSet", ({ object }) =>
      this.#queue.add(object.metadata.namespace, object.metadata.name),
    );
    context.store.watch("Pod", ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === "StatefulSet") this.#queue.add(object.metadata.namespace, owner.name);
    });
  }

  get pending(): boolean {
    return this.#queue.pending;
  }

  sync(): void {
    this.#queue.drain((namespace, name) => {
      const set = this.#context.store.get("StatefulSet", namespace, name);
      if (set !== undefined) this.#syncOne(set);
    });
  }

  #syncOne(set: StatefulSet): void {
    const byName = new Map(this.#context.pods.ownedBy(set.metadata.uid).map((pod) => [pod.metadata.name, pod]));
    const ordered = set.spec.podManagementPolicy === "OrderedReady";
    const hash = templateHash(set.spec.template);
    const names = podNames(set);
    for (const name of names) {
      const pod = byName.get(name);
      if (pod === undefined) this.#create(set, name, hash);
      // In order: the next one waits until this one is ready (a stopping one must be gone first).
      if (ordered && !isHealthy(pod)) return;
    }
    const surplus = [...byName.values()].filter((pod) => !names.includes(pod.metadata.name)).toSorted(byOrdinalDown);
    if (surplus.length > 0) return this.#stop(ordered ? surplus.slice(0, 1) : surplus);
    return this.#rollOn(
      set,
      names.map((name) => byName.get(name)),
      hash,
    );
  }

  #create(set: StatefulSet, name: string, hash: string): void {
    makePod(this.#context, set, {
      name,
      hostname: name,
      ...(set.spec.serviceName === "" ? {} : { subdomain: set.spec.serviceName }),
      labels: {
        [REVISION_LABEL]: `${set.metadata.name}-${hash}`,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": name.slice(set.metadata.name.length + 1),
      },
    });
  }

  /** A new template reaches the pods from the highest number down to the partition, one at a time. */
  #rollOn(set: StatefulSet, pods: readonly (Pod | undefined)[], hash: string): void {
    const { type, rollingUpdate } = set.spec.updateStrategy;
    if (type === "OnDelete") return;
    const from = rollingUpdate?.partition ?? 0;
    const wanted = `${set.metadata.name}-${hash}`;
    for (const pod of pods.slice(from).toReversed()) {
      if (pod === undefined || !isHealthy(pod)) return;
      if (pod.metadata.labels[REVISION_LABEL] !== wanted) return this.#stop([pod]);
    }
  }

  #stop(pods: readonly Pod[]): void {
    for (const pod of pods) deletePod(this.#context.store, pod, this.#context.now());
  }
}

function podNames(set: StatefulSet): string[] {
  const { replicas, ordinals } = set.spec;
  return Array.from({ length: replicas }, (_, i) => `${set.metadata.name}-${ordinals.start + i}`);
}

function isHealthy(pod: Pod | undefined): boolean {
  return pod !== undefined && pod.status.ready && pod.metadata.deletionTimestamp === undefined;
}

function byOrdinalDown(a: Pod, b: Pod): number {
  return ordinal(b) - ordinal(a);
}

function ordinal(pod: Pod): number {
  return Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf("-") + 1));
}
