// Deployments: one ReplicaSet per template, rolled from old to new as pods become ready.
// Twin: pkg/controller/deployment (rolling.go, recreate.go, util/deployment_util.go).
import type { Deployment } from "../api/deployment.ts";
import type { PodTemplateSpec } from "../api/pod.ts";
import type { ReplicaSet } from "../api/replica-set.ts";
import { equalJson } from "../store/equal.ts";
import { type Controller, type ControllerContext, WorkQueue } from "./context.ts";
import { ownerReference } from "./make-pod.ts";
import { templateHash } from "./names.ts";
import { controllerOf, isActive } from "./pod-index.ts";

const HASH_LABEL = "pod-template-hash";

export class DeploymentController implements Controller {
  readonly name = "deployment";
  readonly #context: ControllerContext;
  readonly #queue = new WorkQueue();
  /** ReplicaSets by their Deployment's uid, oldest first. */
  readonly #sets = new Map<string, Map<string, ReplicaSet>>();

  constructor(context: ControllerContext) {
    this.#context = context;
    context.store.watch("Deployment", ({ object }) => this.#queue.add(object.metadata.namespace, object.metadata.name));
    context.store.watch("ReplicaSet", ({ type, object }) => {
      this.#index(type === "deleted", object);
      this.#enqueueOwner(object);
    });
    // Readiness of pods drives a rollout on.
    context.store.watch("Pod", ({ object }) => {
      const owner = controllerOf(object);
      const set =
        owner?.kind === "ReplicaSet"
          ? context.store.get("ReplicaSet", object.metadata.namespace, owner.name)
          : undefined;
      if (set !== undefined) this.#enqueueOwner(set);
    });
  }

  get pending(): boolean {
    return this.#queue.pending;
  }

  sync(): void {
    this.#queue.drain((namespace, name) => {
      const deployment = this.#context.store.get("Deployment", namespace, name);
      if (deployment !== undefined) this.#syncOne(deployment);
    });
  }

  #enqueueOwner(set: ReplicaSet): void {
    const owner = controllerOf(set);
    if (owner?.kind === "Deployment") this.#queue.add(set.metadata.namespace, owner.name);
  }

  #syncOne(deployment: Deployment): void {
    const sets = [...(this.#sets.get(deployment.metadata.uid)?.values() ?? [])];
    const current = sets.find((set) => equalJson(withoutHash(set.spec.template), deployment.spec.template));
    const old = sets.filter((set) => set !== current);
    if (deployment.spec.paused && current === undefined) return;
    if (deployment.spec.strategy.type === "Recreate") this.#recreate(deployment, current, old);
    else
      this.#roll(
        deployment,
        current ?? this.#createSet(deployment, old.length === 0 ? deployment.spec.replicas : 0),
        old,
      );
  }

  #index(gone: boolean, set: ReplicaSet): void {
    const owner = controllerOf(set)?.uid;
    if (owner === undefined) return;
    const sets = this.#sets.get(owner) ?? new Map<string, ReplicaSet>();
    if (gone) sets.delete(set.metadata.name);
    else this.#sets.set(owner, sets.set(set.metadata.name, set));
  }

  /** All old pods go before the first new one comes. */
  #recreate(deployment: Deployment, current: ReplicaSet | undefined, old: readonly ReplicaSet[]): void {
    for (const set of old) this.#scale(set, 0);
    const remaining = old.some((set) => this.#context.pods.ownedBy(set.metadata.uid).length > 0);
    if (remaining) return;
    if (current === undefined) this.#createSet(deployment, deployment.spec.replicas);
    else this.#scale(current, deployment.spec.replicas);
  }

  #roll(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): void {
    const { replicas } = deployment.spec;
    const limits = rollingLimits(deployment);
    const total = sum([current, ...old].map((set) => set.spec.replicas));
    if (current.spec.replicas > replicas || old.every((set) => set.spec.replicas === 0))
      return this.#scale(current, replicas);
    const room = replicas + limits.surge - total;
    if (room > 0 && current.spec.replicas < replicas) {
      return this.#scale(current, current.spec.replicas + Math.min(room, replicas - current.spec.replicas));
    }
    return this.#shrinkOld(current, old, replicas - limits.unavailable);
  }

  /** Old pods go as far as enough pods stay available: unready ones first, then ready ones. */
  #shrinkOld(current: ReplicaSet, old: readonly ReplicaSet[], minAvailable: number): void {
    const all = [current, ...old];
    const total = sum(all.map((set) => set.spec.replicas));
    const newUnavailable = current.spec.replicas - this.#available(current);
    let removable = total - minAvailable - newUnavailable;
    let available = sum(all.map((set) => this.#available(set))) - minAvailable;
    for (const set of old) {
      const unhealthy = Math.min(removable, set.spec.replicas - this.#available(set));
      const healthy = Math.max(0, Math.min(available, removable - unhealthy, this.#available(set)));
      if (unhealthy + healthy <= 0) continue;
      removable -= unhealthy + healthy;
      available -= healthy;
      this.#scale(set, set.spec.replicas - unhealthy - healthy);
    }
  }

  #available(set: ReplicaSet): number {
    return this.#context.pods.ownedBy(set.metadata.uid).filter((pod) => isActive(pod) && pod.status.ready).length;
  }

  #scale(set: ReplicaSet, replicas: number): void {
    this.#context.store.update("ReplicaSet", set.metadata.namespace, set.metadata.name, (draft) => {
      draft.spec.replicas = replicas;
    });
  }

  #createSet(deployment: Deployment, replicas: number): ReplicaSet {
    const { metadata, spec } = deployment;
    const hash = this.#hashFor(deployment);
    const labels = { ...spec.template.metadata.labels, [HASH_LABEL]: hash };
    return this.#context.store.create<ReplicaSet>({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: {
        ...metadata,
        name: `${metadata.name}-${hash}`,
        labels,
        annotations: {},
        ownerReferences: [ownerReference(deployment)],
      },
      spec: {
        replicas,
        selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash } },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
    });
  }

  /** The pinned hash belongs to the first template, the one a document shows. */
  #hashFor(deployment: Deployment): string {
    const { namespace, name } = deployment.metadata;
    const pinned = this.#context.pins.templateHash(namespace, name);
    const isFree = (hash: string): boolean =>
      this.#context.store.get("ReplicaSet", namespace, `${name}-${hash}`) === undefined;
    if (pinned !== undefined && isFree(pinned)) return pinned;
    let hash = templateHash(deployment.spec.template);
    for (let collisions = 1; !isFree(hash); collisions++) hash = templateHash([deployment.spec.template, collisions]);
    return hash;
  }
}

/** A ReplicaSet's template without the hash that the controller put in. */
function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata.labels;
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** Percentages: surge rounds up, unavailable down; both zero would stand still, so one may be unavailable. */
function rollingLimits(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge = "25%", maxUnavailable = "25%" } = deployment.spec.strategy.rollingUpdate ?? {};
  const { replicas } = deployment.spec;
  const surge = Math.ceil(share(maxSurge, replicas));
  const unavailable = Math.floor(share(maxUnavailable, replicas));
  return surge === 0 && unavailable === 0
    ? { surge, unavailable: 1 }
    : { surge, unavailable: Math.min(unavailable, replicas) };
}

/** A number, or so many percent of `whole`. */
export function share(value: number | string, whole: number): number {
  return typeof value === "number" ? value : (Number(value.slice(0, -1)) / 100) * whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
