// How pods end. A running pod is asked to stop and stays until its kubelet has stopped it.
import type { Pod } from "../api/pod.ts";
import type { ObjectStore } from "../store/store.ts";

/**
 * Deletes a pod as the API server does: one that a kubelet runs becomes Terminating (deletionTimestamp set) until the
 * kubelet reports it gone, any other goes at once.
 */
export function deletePod(store: ObjectStore, pod: Pod, now: number): void {
  const { namespace, name, deletionTimestamp } = pod.metadata;
  const isWired = pod.spec.nodeName !== undefined && pod.status.podIP !== undefined;
  const grace = pod.spec.terminationGracePeriodSeconds;
  if (!isWired || grace === 0) store.delete("Pod", namespace, name);
  else if (deletionTimestamp === undefined) {
    store.update("Pod", namespace, name, (draft) => {
      draft.metadata.deletionTimestamp = now;
    });
  }
}

/**
 * Which of a ReplicaSet's pods go first when there are too many: upstream's ActivePodsWithRanks. Unscheduled before
 * scheduled, pending before running, unready before ready, crowded nodes before others, young before old.
 */
export function deletionOrder(pods: readonly Pod[]): Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of pods) perNode.set(pod.spec.nodeName ?? "", (perNode.get(pod.spec.nodeName ?? "") ?? 0) + 1);
  const rank = (pod: Pod, index: number): number[] => [
    pod.spec.nodeName === undefined ? 0 : 1,
    pod.status.phase === "Pending" ? 0 : 1,
    pod.status.ready ? 1 : 0,
    -(perNode.get(pod.spec.nodeName ?? "") ?? 0),
    -pod.metadata.creationTimestamp,
    -index,
  ];
  const ranked = pods.map((pod, index) => ({ pod, rank: rank(pod, index) }));
  return ranked.sort((a, b) => compareRanks(a.rank, b.rank)).map(({ pod }) => pod);
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
