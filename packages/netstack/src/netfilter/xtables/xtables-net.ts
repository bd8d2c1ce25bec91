// xtables of one namespace: two back ends side by side (iptables-nft and iptables-legacy), each with its own tables and hooks.

import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { XtBackendName } from "../../rtnl/batch.ts";
import { XtBackend } from "./backend.ts";
import { ContextPool } from "./context-pool.ts";
import type { IptablesVersion } from "./iptables-version.ts";
import { IPTABLES_FLAVOURS } from "./iptables-version.ts";
import type { PickRule } from "./kernel-services.ts";
import { KernelServices } from "./kernel-services.ts";
import { RecentTables } from "./recent-tables.ts";
import { RuleCache } from "./rule-cache.ts";

export type { PickRule, RulePlace } from "./kernel-services.ts";

export class XtablesNet {
  /** Version of the iptables programs on this node. */
  version: IptablesVersion = "1.8.9";
  /** What plain `iptables` works on (the alternatives link of a distribution); null: what its version brings. */
  alternative: XtBackendName | null = null;
  /** Lists of -m recent. */
  readonly recent = new RecentTables();
  private readonly services: KernelServices;
  private readonly contexts: ContextPool;
  private readonly ns: NetNamespace;
  private readonly backends = new Map<XtBackendName, XtBackend>();

  constructor(ns: NetNamespace) {
    this.ns = ns;
    this.services = new KernelServices(ns);
    this.contexts = new ContextPool(this.services, this.recent);
  }

  /** Pins the outcome of random rules, so that a run can choose the endpoint. */
  get pick(): PickRule | null {
    return this.services.pickRule;
  }

  set pick(fn: PickRule | null) {
    this.services.pickRule = fn;
  }

  /** The back end that plain `iptables` is. */
  get plain(): XtBackendName {
    return this.alternative ?? (IPTABLES_FLAVOURS[this.version].nft ? "nft" : "legacy");
  }

  /** The back end, made on first use; without a name the plain one. */
  backend(name: XtBackendName = this.plain): XtBackend {
    let backend = this.backends.get(name);
    if (backend === undefined) this.backends.set(name, (backend = this.create(name)));
    return backend;
  }

  /** True when the back end has tables. */
  uses(name: XtBackendName): boolean {
    return this.backends.get(name)?.used === true;
  }

  private create(kind: XtBackendName): XtBackend {
    const { ns } = this;
    const cache = (ns.world.ruleCache ??= new RuleCache());
    return new XtBackend({
      ns,
      kind,
      cache,
      contexts: this.contexts,
      resources: { recent: this.recent, ipset: ns.ipset },
      flavour: () => IPTABLES_FLAVOURS[this.version],
      legacyPresent: () => this.uses("legacy"),
      reroute: (pkt) => this.services.reroute(pkt),
    });
  }
}
