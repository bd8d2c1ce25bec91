// Changes of API objects as events that scenarios wait for.

import type { ControlPlane, Endpoints, Pod } from "@kubehop/kube";
import { serviceSubject, shortReference } from "../schema/subjects.ts";
import type { EventLog } from "./event-log.ts";

/** Tells of pods that are scheduled and ready, and of Services whose number of ready endpoints changes. That a pod is gone its kubelet tells. */
export function watchObjects(control: ControlPlane, log: EventLog): void {
  control.store.watch("Pod", ({ object, old, type }) => {
    if (type === "deleted") return;
    const { nodeName } = object.spec;
    if (nodeName !== undefined && old?.spec.nodeName === undefined)
      tellPod(control, log, object, "scheduled", `to ${nodeName}`);
    if (object.status.ready && old?.status.ready !== true)
      tellPod(control, log, object, "ready", object.status.podIP ?? "");
    const { deletionTimestamp } = object.metadata;
    if (deletionTimestamp !== undefined && old?.metadata.deletionTimestamp === undefined)
      tellPod(control, log, object, "terminating");
  });
  control.store.watch("Endpoints", ({ object, old, type }) => {
    const number = type === "deleted" ? 0 : readyOf(object);
    if (number !== (old === undefined ? 0 : readyOf(old)))
      log.tell(serviceSubject(object.metadata.namespace, object.metadata.name), "endpoints", { number });
  });
}

/** `echo#1`, `prod/echo#1`; a pod that nobody made for a workload by its name. */
export function podSubject(control: ControlPlane, pod: Pod): string {
  return shortReference(control.referenceOf(pod) ?? `${pod.metadata.namespace}/${pod.metadata.name}`);
}

export function tellPod(control: ControlPlane, log: EventLog, pod: Pod, event: string, detail = ""): void {
  log.tell(podSubject(control, pod), event, { detail });
}

function readyOf({ subsets }: Endpoints): number {
  return new Set(subsets.flatMap(({ addresses }) => addresses.map(({ ip }) => ip))).size;
}
