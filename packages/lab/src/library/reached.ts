// What came of something a program did at a place: a value to be looked at, or given to `expect(…).toReach(…)`.
import type { DropRecord, FlowOutcome, FlowResult } from "../model/outcome.ts";

export interface Reached {
  /** As one would type it: `pod/web$ curl http://svc`. */
  readonly what: string;
  /** How the last request ended; undefined: none was made. */
  readonly result: FlowResult | undefined;
  /** Pod or machine that answered, by its full name; undefined: nobody. */
  readonly by: string | undefined;
  /** Source address that the server saw. */
  readonly client: string | undefined;
  /** TTL of the request at the server. */
  readonly ttl: number | undefined;
  /** Every request, in order. */
  readonly flows: readonly FlowOutcome[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Packets that were dropped meanwhile, anywhere. */
  readonly drops: readonly DropRecord[];
  /** Virtual ms since time 0. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Full name of the pods that a reference meant at that moment: `web#1`, `deploy/web` (all of its pods), an alias. */
  readonly namesOf: (reference: string) => readonly string[];
  /** Address of a place, an alias, `svc/NAME` or an address at that moment; undefined: it had none. */
  readonly addressOf: (name: string) => string | undefined;
  /** The way there and back as `kubehop explain` tells it; told by repeating everything up to here. */
  readonly explain: () => string;
}
