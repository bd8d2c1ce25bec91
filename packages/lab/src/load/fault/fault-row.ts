// A kind of fault as the loader knows it: the key it is known by, and the keys that belong to it.
import type { Path } from "@kubehop/kube";
import type * as z from "zod";
import type { FaultSpec } from "../../model/fault-spec.ts";
import type { faultSchema } from "../../schema/fault-schema.ts";
import type { Draft } from "../draft.ts";
import type { ExpectContext } from "../expectation.ts";

export type DraftFault = Draft<z.infer<typeof faultSchema>>;

type FaultKey = keyof DraftFault;

export interface FaultRow {
  /** The key that makes a fault one of this kind. */
  readonly key: FaultKey;
  /** Keys that may stand beside it. */
  readonly beside: readonly FaultKey[];
  /** The real thing has it, kubehop does not: offered to nobody. */
  readonly refused?: true;
  /** Undefined: it was wrong, and that is reported. `path` is that of the fault. */
  readonly build: (ec: ExpectContext, draft: DraftFault, path: Path) => FaultSpec | undefined;
}
