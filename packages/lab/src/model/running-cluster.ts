// A cluster in the middle of a run, for who looks on. Looking changes nothing.

import type { ControlPlane } from "@kubehop/kube";
import type { Ipv4, NetNamespace, World } from "@kubehop/netstack";
import type { LabEvent } from "./lab-event.ts";
import type { CellPlan } from "./scenario.ts";

export interface RunningCluster {
  readonly world: World;
  readonly plan: CellPlan;
  readonly control: ControlPlane;
  /** World time that scenarios call 0. */
  readonly epoch: number;
  /** What has happened besides packets since time 0. */
  readonly events: readonly LabEvent[];
  readonly places: {
    /** Place, alias or pod reference; undefined: no such place now. */
    find(text: string): { readonly kind: string; readonly ns: NetNamespace } | undefined;
    /** Address of a place, an alias, `svc/NAME` or an address; undefined: it has none now. */
    address(text: string): Ipv4 | undefined;
  };
}
