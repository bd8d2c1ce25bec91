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
  /** `file:line` of the manifest, when it is known. */
  readonly position?: string;
}

export function originOfService(svc: ServicePort): RuleOrigin {
  const { namespace, name, port, portName, position } = svc;
  const origin = { kind: "Service", namespace, name, port, portName } as const;
  return position === undefined ? origin : { ...origin, position };
}
