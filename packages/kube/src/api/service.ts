// Service (core/v1): the virtual addresses that kube-proxy turns into rules. Checks follow the API server's ValidateService.
import * as z from "zod";
import { cidrContains, formatCidr, parseIPv4 } from "./address.ts";
import {
  cidr,
  clusterIP,
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  ipv4,
  portNumber,
  portOrName,
  protocol,
} from "./leaves.ts";
import { type ApiSettings, type KindDefinition, lazy, type Report, type SetDefault } from "./kind.ts";
import { boolean, type Draft, kindShape, type Labels, labelsShape, type ObjectBase } from "./meta.ts";
import type { Protocol } from "./pod.ts";
import { leaf, list, object } from "./shape.ts";

export type ServiceType = "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";

export interface ServicePort {
  name?: string;
  port: number;
  /** A port number, or the name of a container port that each pod resolves for itself. */
  targetPort: number | string;
  /** Allocated when the type needs one; absent otherwise. */
  nodePort?: number;
  protocol: Protocol;
}

export interface ServiceSpec {
  type: ServiceType;
  /** Dotted quad, `None` (headless), or empty: not allocated yet, or ExternalName. */
  clusterIP: string;
  clusterIPs: string[];
  ports: ServicePort[];
  /** Absent: endpoints are kept by hand. */
  selector?: Labels;
  sessionAffinity: "None" | "ClientIP";
  /** Present with ClientIP: how long a client keeps its endpoint. */
  sessionAffinityConfig?: { clientIP: { timeoutSeconds: number } };
  externalTrafficPolicy?: "Cluster" | "Local";
  internalTrafficPolicy?: "Cluster" | "Local";
  externalIPs: string[];
  externalName?: string;
  loadBalancerIP?: string;
  loadBalancerSourceRanges: string[];
  /** Present for LoadBalancer. */
  allocateLoadBalancerNodePorts?: boolean;
  healthCheckNodePort?: number;
  publishNotReadyAddresses: boolean;
}

export interface Service extends ObjectBase {
  apiVersion: "v1";
  kind: "Service";
  spec: ServiceSpec;
  status: { loadBalancer: { ingress: { ip: string; ipMode?: "VIP" | "Proxy" }[] } };
}

/** Seconds a ClientIP affinity lasts by default (v1.DefaultClientIPServiceAffinitySeconds). */
const AFFINITY_SECONDS = 10800;

const trafficPolicy = leaf(z.enum(["Cluster", "Local"]));

const serviceShape = lazy(() =>
  kindShape(
    {
      spec: object(
        {
          type: leaf(z.enum(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"])),
          clusterIP: leaf(clusterIP),
          clusterIPs: list(leaf(clusterIP)),
          ports: list(
            object(
              {
                name: leaf(dns1123Label),
                port: leaf(portNumber),
                targetPort: leaf(portOrName),
                nodePort: leaf(portNumber),
                protocol: leaf(protocol),
              },
              { required: ["port"], ignored: ["appProtocol"] },
            ),
          ),
          selector: labelsShape,
          sessionAffinity: leaf(z.enum(["None", "ClientIP"])),
          sessionAffinityConfig: object({
            clientIP: object({ timeoutSeconds: leaf(z.number().int().min(1).max(86400)) }),
          }),
          externalTrafficPolicy: trafficPolicy,
          internalTrafficPolicy: trafficPolicy,
          externalIPs: list(leaf(ipv4)),
          externalName: leaf(dns1123Subdomain),
          loadBalancerIP: leaf(ipv4),
          loadBalancerSourceRanges: list(leaf(cidr)),
          allocateLoadBalancerNodePorts: boolean,
          healthCheckNodePort: leaf(portNumber),
          publishNotReadyAddresses: boolean,
          ipFamilies: list(leaf(z.string())),
          ipFamilyPolicy: leaf(z.enum(["SingleStack", "PreferDualStack", "RequireDualStack"])),
        },
        {
          refused: {
            trafficDistribution: "topology aware routing",
            topologyKeys: "topology aware routing",
            loadBalancerClass: "choosing among load balancers",
          },
        },
      ),
      status: object(
        {
          loadBalancer: object({
            ingress: list(
              object(
                { ip: leaf(ipv4), ipMode: leaf(z.enum(["VIP", "Proxy"])) },
                { ignored: ["ports"], refused: { hostname: "a load balancer known only by name; give its address" } },
              ),
            ),
          }),
        },
        { ignored: ["conditions"] },
      ),
    },
    { name: dns1035Label, required: ["spec"] },
  ),
);

export const serviceKind: KindDefinition<Service> = {
  kind: "Service",
  plural: "services",
  shortNames: ["svc"],
  apiVersions: ["v1"],
  namespaced: true,
  shape: serviceShape,
  validate: validateService,
  defaults: defaultService,
};

type ServiceDraft = Draft<Service> & {
  readonly spec?: { readonly ipFamilies?: (string | undefined)[]; readonly ipFamilyPolicy?: string } | undefined;
};

function validateService(draft: Draft<Service>, report: Report, settings: ApiSettings): void {
  const spec = (draft as ServiceDraft).spec;
  if (spec === undefined) return;
  const type = spec.type ?? "ClusterIP";
  validateType(draft, type, report);
  validateClusterIP(draft, settings, report);
  validatePorts(draft, type, settings, report);
  validateFamilies(draft as ServiceDraft, report);
  if (spec.sessionAffinityConfig !== undefined && spec.sessionAffinity !== "ClientIP") {
    report(["spec", "sessionAffinityConfig"], "sessionAffinityConfig needs sessionAffinity: ClientIP", {
      code: "conflict",
      atKey: true,
    });
  }
}

/** Fields that belong to certain types only. */
const NEEDS_TYPE: readonly (readonly [field: keyof ServiceSpec, types: readonly ServiceType[]])[] = [
  ["externalTrafficPolicy", ["NodePort", "LoadBalancer"]],
  ["externalName", ["ExternalName"]],
  ["loadBalancerIP", ["LoadBalancer"]],
  ["loadBalancerSourceRanges", ["LoadBalancer"]],
  ["allocateLoadBalancerNodePorts", ["LoadBalancer"]],
  ["healthCheckNodePort", ["LoadBalancer"]],
];

function validateType(draft: Draft<Service>, type: ServiceType, report: Report): void {
  for (const [field, types] of NEEDS_TYPE) {
    const hasExternalIPs = field === "externalTrafficPolicy" && (draft.spec?.externalIPs ?? []).length > 0;
    if (draft.spec?.[field] === undefined || types.includes(type) || hasExternalIPs) continue;
    report(["spec", field], `${field} needs type ${types.join(" or ")}, this Service is ${type}`, {
      code: "conflict",
      atKey: true,
    });
  }
  if (type === "ExternalName" && draft.spec?.externalName === undefined) {
    report(["spec"], 'missing key "externalName": type ExternalName needs it', { code: "missing-key", atKey: true });
  }
}

function validateClusterIP(draft: Draft<Service>, settings: ApiSettings, report: Report): void {
  const { clusterIP, clusterIPs, type } = draft.spec ?? {};
  if (clusterIPs !== undefined && clusterIPs.length > 1)
    report(["spec", "clusterIPs"], "one ClusterIP per Service: dual stack is not modelled yet", {
      code: "not-modelled",
    });
  if (clusterIP !== undefined && clusterIPs?.[0] !== undefined && clusterIPs[0] !== clusterIP) {
    report(["spec", "clusterIPs", 0], `clusterIPs must begin with clusterIP ${clusterIP}`, { code: "conflict" });
  }
  const wanted = clusterIP ?? clusterIPs?.[0];
  const path = clusterIP === undefined ? ["spec", "clusterIPs", 0] : ["spec", "clusterIP"];
  if (wanted === "None" && (type === "NodePort" || type === "LoadBalancer"))
    report(path, `a headless Service cannot be of type ${type}`, { code: "conflict" });
  const address = wanted === undefined ? undefined : parseIPv4(wanted);
  if (address === undefined) return;
  if (type === "ExternalName") report(path, "an ExternalName Service has no ClusterIP", { code: "conflict" });
  else if (!cidrContains(settings.serviceCIDR, address)) {
    report(path, `${wanted} is not in the service network ${formatCidr(settings.serviceCIDR)}`, {
      hint: "write cluster.services.cidr so that it holds it, or another address",
    });
  }
}

function validatePorts(draft: Draft<Service>, type: ServiceType, settings: ApiSettings, report: Report): void {
  const ports = draft.spec?.ports ?? [];
  const headless = draft.spec?.clusterIP === "None";
  if (ports.length === 0 && type !== "ExternalName" && !headless) {
    report(["spec"], 'missing key "ports" in spec', { code: "missing-key", atKey: true });
  }
  const seen = new Map<string, string>();
  for (const [index, port] of ports.entries()) {
    if (port === undefined) continue;
    validatePort(port as Draft<ServicePort>, index, type, settings, report);
    if (ports.length > 1 && port.name === undefined) {
      report(["spec", "ports", index], 'missing key "name": with several ports each needs a name', {
        code: "missing-key",
      });
    }
    for (const [key, field] of uniqueKeys(port as Draft<ServicePort>)) {
      if (seen.has(key))
        report(["spec", "ports", index, field], `${key} is given twice in this Service`, { code: "conflict" });
      seen.set(key, field);
    }
  }
}

/** What no two ports of a Service may share. */
function uniqueKeys(port: Draft<ServicePort>): [key: string, field: string][] {
  const proto = port.protocol ?? "TCP";
  const keys: [string, string][] = [];
  if (port.name !== undefined) keys.push([`port name ${JSON.stringify(port.name)}`, "name"]);
  if (port.port !== undefined) keys.push([`port ${port.port}/${proto}`, "port"]);
  if (port.nodePort !== undefined) keys.push([`nodePort ${port.nodePort}/${proto}`, "nodePort"]);
  return keys;
}

function validatePort(
  port: Draft<ServicePort>,
  index: number,
  type: ServiceType,
  settings: ApiSettings,
  report: Report,
): void {
  if (port.nodePort === undefined) return;
  const path = ["spec", "ports", index, "nodePort"];
  const [first, last] = settings.nodePortRange;
  if (type === "ClusterIP" || type === "ExternalName") {
    report(path, `nodePort needs type NodePort or LoadBalancer, this Service is ${type}`, {
      code: "conflict",
      atKey: true,
    });
  }
  if (port.nodePort < first || port.nodePort > last) {
    report(path, `nodePort ${port.nodePort} is outside the range ${first}-${last}`, {
      hint: "write a port of the range, or none: a free one is taken",
    });
  }
}

function validateFamilies(draft: ServiceDraft, report: Report): void {
  for (const [index, family] of (draft.spec?.ipFamilies ?? []).entries()) {
    if (family === "IPv6") report(["spec", "ipFamilies", index], "IPv6 is not modelled yet", { code: "not-modelled" });
    else if (family !== undefined && family !== "IPv4")
      report(["spec", "ipFamilies", index], `expected IPv4, found ${JSON.stringify(family)}`);
  }
  if (draft.spec?.ipFamilyPolicy === "RequireDualStack") {
    report(["spec", "ipFamilyPolicy"], "dual stack is not modelled yet: RequireDualStack", { code: "not-modelled" });
  }
}

/** As SetDefaults_Service, without what the allocators fill in. */
function defaultService(draft: Draft<Service>, set: SetDefault): void {
  set(["spec", "type"], "ClusterIP");
  const spec = draft.spec ?? {};
  const first = spec.clusterIPs?.[0];
  set(["spec", "clusterIP"], first ?? "");
  set(["spec", "clusterIPs"], spec.clusterIP === undefined || spec.clusterIP === "" ? [] : [spec.clusterIP]);
  set(["spec", "ports"], []);
  set(["spec", "externalIPs"], []);
  set(["spec", "loadBalancerSourceRanges"], []);
  set(["spec", "sessionAffinity"], "None");
  set(["spec", "publishNotReadyAddresses"], false);
  if (spec.sessionAffinity === "ClientIP") {
    set(["spec", "sessionAffinityConfig"], {});
    set(["spec", "sessionAffinityConfig", "clientIP"], {});
    set(["spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"], AFFINITY_SECONDS);
  }
  if (spec.type === "NodePort" || spec.type === "LoadBalancer") set(["spec", "externalTrafficPolicy"], "Cluster");
  if (spec.type === "LoadBalancer") set(["spec", "allocateLoadBalancerNodePorts"], true);
  if (spec.type !== "ExternalName") set(["spec", "internalTrafficPolicy"], "Cluster");
  for (const [index, port] of (spec.ports ?? []).entries()) {
    set(["spec", "ports", index, "protocol"], "TCP");
    set(["spec", "ports", index, "targetPort"], port?.port);
  }
  set(["status", "loadBalancer", "ingress"], []);
}
