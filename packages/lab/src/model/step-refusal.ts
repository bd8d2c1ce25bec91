// A refusal that came up after time 0, and the step that was running then.

import type { SourcePosition } from "@kubehop/kube";
import { Refusal } from "@kubehop/sim";

export class StepRefusal extends Refusal {
  readonly position: SourcePosition;

  constructor(refusal: Refusal, position: SourcePosition) {
    super(refusal.message, refusal.subject);
    this.position = position;
  }
}
