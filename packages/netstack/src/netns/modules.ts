// Loadable modules whose absence changes behaviour. Registering is what loading does: without br_netfilter its sysctls do not exist.

import { loadBrNetfilter, unloadBrNetfilter } from "../netfilter/br_netfilter/br-netfilter.ts";
import type { NetNamespace } from "./net-namespace.ts";

interface ModuleOps {
  load(ns: NetNamespace): void;
  unload(ns: NetNamespace): void;
}

const MODULES: Readonly<Record<string, ModuleOps>> = {
  br_netfilter: { load: loadBrNetfilter, unload: unloadBrNetfilter },
};

/** Names of the modules that can be loaded, for documentation. */
export const MODULE_NAMES: readonly string[] = Object.keys(MODULES);

/** Modules as one namespace sees them. A node loads a module in its own namespace; real modules are machine-wide, one machine is one node. */
export class Modules {
  private readonly ns: NetNamespace;
  private readonly loaded = new Set<string>();

  constructor(ns: NetNamespace) {
    this.ns = ns;
  }

  has(name: string): boolean {
    return this.loaded.has(name);
  }

  list(): string[] {
    return [...this.loaded];
  }

  /** False: no such module here (modprobe prints FATAL). Loading twice is fine. */
  load(name: string): boolean {
    const ops = MODULES[name];
    if (ops === undefined) return false;
    if (!this.loaded.has(name)) {
      this.loaded.add(name);
      ops.load(this.ns);
    }
    return true;
  }

  /** False: was not loaded. */
  unload(name: string): boolean {
    if (!this.loaded.delete(name)) return false;
    MODULES[name]?.unload(this.ns);
    return true;
  }
}
