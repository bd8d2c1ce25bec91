/**
 * Where a rule comes from. Origins stand beside the text, never inside it, so that an explanation can walk
 * rule → Service → manifest line while the text stays byte for byte what kube-proxy writes.
 */
import type { ServicePort } from "./input.ts";

/** The Service port a rule was written for. */
export interface RuleOrigin {
  readonly kind: "Service";
  readonly namespace: string;
  readonly name: string;
  /** Number of the service port. */
  readonly port: number;
  /** "" when the port has no name. */
  readonly portName: string;
}

export function originOfService(svc: ServicePort): RuleOrigin {
  return { kind: "Service", namespace: svc.namespace, name: svc.name, port: svc.port, portName: svc.portName };
}
