/** Where kube-proxy learns of Services: a list that can be watched. */
import type { ServicePort } from "../model/input.ts";

/** The agent's only view of the cluster; an adapter stands between it and an API store. */
export interface ServiceSource {
  /** All service ports of the cluster, in any order. A list and its values never change once handed out. */
  list(): readonly ServicePort[];
  /** Calls `onChange` after each change; the result ends the watch. */
  watch(onChange: () => void): () => void;
}
