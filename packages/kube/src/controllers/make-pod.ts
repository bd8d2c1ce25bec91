// Pods from templates: name, labels, owner, identity.
import { KINDS } from "../api/kinds.ts";
import type { Labels, ObjectBase, OwnerReference } from "../api/meta.ts";
import { MAX_PODS } from "../api/workload.ts";
import { pendingStatus, type Pod, type PodTemplateSpec } from "../api/pod.ts";
import type { ControllerContext } from "./context.ts";
import { generateName } from "./names.ts";
import { controllerOf } from "./pod-index.ts";
import { tooManyPods } from "./pod-limit.ts";

/** What a controller adds to its template. */
export interface PodMaking {
  readonly labels?: Labels;
  /** Fixed name (StatefulSet); else generated. */
  readonly name?: string;
  readonly nodeName?: string;
  readonly hostname?: string;
  readonly subdomain?: string;
}

type Owner = ObjectBase & { readonly spec: { readonly template: PodTemplateSpec } };

/** Makes the next pod of a workload. Numbering goes by the workload people know: the Deployment, not its ReplicaSet. */
export function makePod(context: ControllerContext, owner: Owner, making: PodMaking = {}): Pod {
  const { namespace } = owner.metadata;
  const workload = topOwner(owner);
  if (context.store.count("Pod") >= MAX_PODS) throw tooManyPods(`${workload.kind} ${namespace}/${workload.name}`);
  const identity = context.identities.next(namespace, wordOf(workload.kind), workload.name);
  const label = `pod ${namespace}/${owner.kind}/${owner.metadata.name} ${identity.ordinal}`;
  const random = context.random.fork(label);
  const generated = (): string => unusedName(context, namespace, `${owner.metadata.name}-`, random);
  const name = making.name ?? context.pins.podName(identity) ?? generated();
  const template = owner.spec.template;
  const { nodeName, hostname, subdomain } = making;
  const pod = context.store.create<Pod>({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...owner.metadata,
      name,
      labels: { ...template.metadata.labels, ...making.labels },
      annotations: template.metadata.annotations,
      ownerReferences: [ownerReference(owner)],
    },
    spec: {
      ...template.spec,
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(hostname === undefined ? {} : { hostname }),
      ...(subdomain === undefined ? {} : { subdomain }),
    },
    status: pendingStatus(),
  });
  context.identities.record(identity, pod);
  return pod;
}

function unusedName(
  context: ControllerContext,
  namespace: string,
  prefix: string,
  random: Parameters<typeof generateName>[1],
): string {
  let name = generateName(prefix, random);
  while (context.store.get("Pod", namespace, name) !== undefined) name = generateName(prefix, random);
  return name;
}

export function ownerReference(owner: ObjectBase): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
}

/** The workload a person wrote: a Deployment for the ReplicaSets it made. */
function topOwner(owner: ObjectBase): { kind: string; name: string } {
  return controllerOf(owner) ?? { kind: owner.kind, name: owner.metadata.name };
}

function wordOf(kind: string): string {
  const known = Object.values(KINDS).find((definition) => definition.kind === kind);
  return known?.shortNames[0] ?? kind.toLowerCase();
}
