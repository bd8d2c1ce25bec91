// How many pods a cluster may have here. Kubernetes' own limits lie higher; every pod is a namespace with devices, and thousands of them
// would only make a run slow without a word.
import { Refusal } from "@kubehop/sim";
import { MAX_PODS } from "../api/workload.ts";

/** `subject`: the workload as its owner writes it. `wanted`: pods asked for, when known. */
export function tooManyPods(subject: string, wanted?: number): Refusal {
  const asked = wanted === undefined ? "" : `${wanted} pods: `;
  return new Refusal(`${subject}: ${asked}clusters of more than ${MAX_PODS} pods are not modelled`, subject);
}
