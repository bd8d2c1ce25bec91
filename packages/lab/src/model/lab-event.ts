// What happens in a cluster besides packets: pods come and go, agents write, steps begin. The timeline waits for it, reports show it.

export interface LabEvent {
  /** Virtual ms since time 0. */
  readonly at: number;
  /** As scenarios name it: `echo#1`, `svc/echo`, `node1/kube-proxy`, `node1`, the id of a step. */
  readonly subject: string;
  /** The word that `after:` waits for: `ready`, `gone`, `synced`, `batch` … */
  readonly event: string;
  /** For which number of it, for events that are counted (`batch 2`); undefined: not counted. */
  readonly number?: number;
  /** Further words for reports, e.g. `conntrack untouched`; "" when there is nothing to add. */
  readonly detail: string;
}
