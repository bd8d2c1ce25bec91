// One context per nesting level: REJECT in OUTPUT sends a packet that is itself walked through the tables.

import { XtContext } from "./context.ts";
import type { RecentTables } from "./recent-tables.ts";
import type { XtServices } from "./services.ts";

export class ContextPool {
  private readonly contexts: XtContext[] = [];
  private depth = 0;
  private readonly services: XtServices;
  private readonly recent: RecentTables;

  constructor(services: XtServices, recent: RecentTables) {
    this.services = services;
    this.recent = recent;
  }

  take(): XtContext {
    const at = this.depth++;
    let c = this.contexts[at];
    if (c === undefined) {
      c = new XtContext();
      c.services = this.services;
      c.recent = this.recent;
      this.contexts[at] = c;
    }
    return c;
  }

  give(): void {
    this.depth--;
  }
}
