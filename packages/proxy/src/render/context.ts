/**
 * What every renderer function needs: the release's features, the node, the two tables under construction, and the
 * service port with everything that is computed once per port (printed name, chains, usable endpoints).
 */
import { endpointChain, serviceChains } from "../chains/names.ts";
import type { ServiceChains } from "../chains/names.ts";
import { categorizeEndpoints } from "../endpoints/categorize.ts";
import type { UsableEndpoints } from "../endpoints/categorize.ts";
import { orderEndpoints } from "../endpoints/order.ts";
import type { NodeFacts, ProxyEndpoint, ServicePort } from "../model/input.ts";
import { endpointText, servicePortKey } from "../model/input.ts";
import { originOfService } from "../model/origin.ts";
import type { RuleOrigin } from "../model/origin.ts";
import type { Features } from "../version/features.ts";
import type { TableBuilder } from "./rule-table.ts";

export interface RenderContext {
  readonly features: Features;
  readonly node: NodeFacts;
  readonly nat: TableBuilder;
  readonly filter: TableBuilder;
  /** The masquerade bit as kube-proxy prints it: 0x00004000. */
  readonly mark: string;
  /** More endpoints than the release comments: per-endpoint rules go without. */
  readonly largeCluster: boolean;
  /** Text of 1/n for `--probability`. */
  readonly probability: (n: number) => string;
}

/** An endpoint with its printed form and chain. */
export interface PlannedEndpoint extends ProxyEndpoint {
  readonly text: string;
  readonly chain: string;
}

/** A service port with all that its rules repeat. */
export interface PlannedService {
  readonly svc: ServicePort;
  readonly origin: RuleOrigin;
  /** Name as comments print it. */
  readonly title: string;
  readonly chains: ServiceChains;
  readonly usable: UsableEndpoints<PlannedEndpoint>;
}

/** Name of a service port in comments and hashes, as the release prints it. */
export function printedName(svc: ServicePort, features: Features): string {
  const name = `${svc.namespace}/${svc.name}`;
  return svc.portName === "" && !features.unnamedPortColon ? name : `${name}:${svc.portName}`;
}

export function planService(
  svc: ServicePort,
  nodeName: string,
  features: Features,
  pin: Readonly<Record<string, readonly string[]>> | undefined,
): PlannedService {
  const title = printedName(svc, features);
  const ordered = orderEndpoints(svc.endpoints, pin?.[servicePortKey(svc)], features);
  const planned = ordered.map((ep): PlannedEndpoint => {
    const text = endpointText(ep);
    return { ...ep, text, chain: endpointChain(title, svc.protocol, text) };
  });
  return {
    svc,
    origin: originOfService(svc),
    title,
    chains: serviceChains(title, svc.protocol),
    usable: categorizeEndpoints(svc, planned, nodeName, features),
  };
}
