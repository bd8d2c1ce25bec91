// A refusal that came up while something of the file was being done, and where that is written.

import type { SourcePosition } from "@kubehop/kube";
import { Refusal } from "@kubehop/sim";

export class StepRefusal extends Refusal {
  readonly position: SourcePosition;
  /** What kind of mistake of the file it is. */
  readonly code: "not-modelled" | "bad-value";

  constructor(refusal: Refusal, position: SourcePosition, code: StepRefusal["code"] = "not-modelled") {
    super(refusal.message, refusal.subject);
    this.position = position;
    this.code = code;
  }
}
