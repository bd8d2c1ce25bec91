// What a scenario gets without packets, though a real cluster would send some. Told by `kubehop support`.

export interface Shortcut {
  readonly what: string;
  /** What happens here instead. */
  readonly here: string;
}

export const SHORTCUTS: readonly Shortcut[] = [
  {
    what: "names in commands and flows",
    here: "known at once and everywhere: no query goes to the cluster's DNS, so a broken path to it breaks no name",
  },
  {
    what: "kubectl and the agents' talk with the API server",
    here: "reach the control plane at once, at any place that has kubectl; the Service `kubernetes` has its rules and no server behind them",
  },
  {
    what: "a node that crashes is found out",
    here: "by nobody: it stays Ready, its pods stay endpoints; a machine that crashed does not come back",
  },
  { what: "container starts and probes", here: "take no time and are not made: a pod is ready when its network is" },
];
