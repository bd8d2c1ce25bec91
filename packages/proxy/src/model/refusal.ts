import { Refusal } from "@kubehop/sim";

/**
 * What kube-proxy's renderer does not model, refused by name instead of guessed.
 *
 * A refusal is a mistake of the scenario (a version, a field or a combination that is not supported), so it
 * carries the object and the field: the caller turns it into a diagnostic with a file position.
 */
export class ProxyRefusal extends Refusal {
  override readonly name = "ProxyRefusal";
  /** Object the refusal is about, e.g. `Service default/web`, or `kube-proxy` for settings. */
  declare readonly subject: string;
  /** Field or setting that is not modelled, e.g. `spec.trafficDistribution`. */
  readonly field: string;

  constructor(subject: string, field: string, reason: string) {
    super(`${subject}: ${field}: ${reason}`, subject);
    this.field = field;
  }
}
