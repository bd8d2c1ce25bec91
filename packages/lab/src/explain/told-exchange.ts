// Which packets a failing step is told by.

import type { FlowOutcome } from "../model/outcome.ts";
import { failed, type OwnExchange } from "./own-requests.ts";

/** Those of the request that is not as expected; of one that never left (its name was not resolved), the first that went wrong. */
export function toldExchange(
  exchanges: readonly OwnExchange[],
  wrong: FlowOutcome | undefined,
): OwnExchange | undefined {
  if (wrong?.ends === undefined) return exchanges.find(failed);
  return exchanges.find(({ flow }) => flow === wrong);
}
