// One row of a forwarding database (struct net_bridge_fdb_entry).

import type { Mac } from "../addr/mac.ts";
import type { BridgePort } from "./bridge-port.ts";
import type { RuleOrigin } from "../rtnl/batch.ts";

export class FdbEntry {
  readonly addr: Mac;
  /** Null: the bridge itself. */
  port: BridgePort | null;
  /** The address belongs to the bridge or a port: frames to it go up, and it never moves (`permanent`). */
  isLocal: boolean;
  /** Does not age. */
  isStatic: boolean;
  /** A frame from elsewhere does not move it. */
  sticky = false;
  addedByUser = false;
  /** Who wrote it; null: it was learned, or is a port's own address. */
  origin: RuleOrigin | null = null;
  /** Virtual ms: last seen as source, last used as destination. */
  updated: number;
  used: number;

  constructor(addr: Mac, port: BridgePort | null, isLocal: boolean, isStatic: boolean, now: number) {
    this.addr = addr;
    this.port = port;
    this.isLocal = isLocal;
    this.isStatic = isStatic;
    this.updated = now;
    this.used = now;
  }
}
