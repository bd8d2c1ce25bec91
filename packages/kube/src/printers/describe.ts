// `kubectl describe service|endpoints`: pkg/printers/internalversion/describe.go, later k8s.io/kubectl/pkg/describe.
import type { EndpointSubset, Endpoints } from "../api/endpoints.ts";
import { formatLabels } from "../api/selector.ts";
import type { Service, ServicePort } from "../api/service.ts";
import { type KubectlFlavour, kubectlFlavour } from "./flavour.ts";
import { formatEndpoints, orNone } from "./format.ts";
import type { PrintContext } from "./get.ts";
import { tabulate } from "./tabwriter.ts";

type Lines = string[][];

/** Go's tabwriter settings of describe. */
const LAYOUT = { minWidth: 0, padding: 2 };

/** `kubectl describe service NAME`. @throws ApiError NotFound */
export function describeService(namespace: string, name: string, context: PrintContext): string {
  const service = context.store.require("Service", namespace, name);
  const endpoints = context.store.get("Endpoints", namespace, name);
  const flavour = kubectlFlavour(context.version);
  const { spec } = service;
  return tabulate(
    [
      ...header(service.metadata, flavour),
      ["Selector:", formatLabels(spec.selector ?? {})],
      ["Type:", spec.type],
      ...addressLines(service, flavour),
      ...spec.ports.flatMap((port) => portLines(port, endpoints)),
      ["Session Affinity:", spec.sessionAffinity],
      ...policyLines(service, flavour),
      ["Events:", "<none>"],
    ],
    LAYOUT,
  );
}

/** `kubectl describe endpoints NAME`. @throws ApiError NotFound */
export function describeEndpoints(namespace: string, name: string, context: PrintContext): string {
  const { metadata, subsets } = context.store.require("Endpoints", namespace, name);
  const flavour = kubectlFlavour(context.version);
  const lines = [
    ...header(metadata, flavour),
    ["Subsets:"],
    ...subsets.flatMap((subset) => subsetLines(subset)),
    ["Events:", "<none>"],
  ];
  return tabulate(lines, LAYOUT);
}

function header(metadata: Service["metadata"], flavour: KubectlFlavour): Lines {
  return [
    ["Name:", metadata.name],
    ["Namespace:", metadata.namespace],
    ...multiline("Labels:", metadata.labels, "="),
    ...multiline("Annotations:", metadata.annotations, flavour.annotationColon ? ": " : "="),
  ];
}

function multiline(title: string, entries: Readonly<Record<string, string>>, between: string): Lines {
  const texts = Object.keys(entries)
    .toSorted()
    .map((key) => `${key}${between}${entries[key]}`);
  return texts.length === 0 ? [[title, "<none>"]] : texts.map((text, index) => [index === 0 ? title : "", text]);
}

function addressLines({ spec, status }: Service, flavour: KubectlFlavour): Lines {
  const lines: Lines = [];
  if (flavour.ipFamilies) lines.push(["IP Family Policy:", "SingleStack"], ["IP Families:", "IPv4"]);
  lines.push(["IP:", spec.clusterIP]);
  if (flavour.ipFamilies) lines.push(["IPs:", orNone(spec.clusterIPs.join(","))]);
  if (spec.externalIPs.length > 0) lines.push(["External IPs:", spec.externalIPs.join(",")]);
  if (spec.loadBalancerIP !== undefined) lines.push(["IP:", spec.loadBalancerIP]);
  if (spec.externalName !== undefined) lines.push(["External Name:", spec.externalName]);
  const ingress = status.loadBalancer.ingress.map(({ ip }) => ip);
  if (ingress.length > 0) lines.push(["LoadBalancer Ingress:", ingress.join(", ")]);
  return lines;
}

function portLines(port: ServicePort, endpoints: Endpoints | undefined): Lines {
  const name = port.name ?? "<unset>";
  const lines: Lines = [
    ["Port:", name, `${port.port}/${port.protocol}`],
    ["TargetPort:", `${port.targetPort}/${port.protocol}`],
  ];
  if (port.nodePort !== undefined) lines.push(["NodePort:", name, `${port.nodePort}/${port.protocol}`]);
  return [...lines, ["Endpoints:", formatEndpoints(endpoints, port.name ?? "")]];
}

function policyLines({ spec }: Service, flavour: KubectlFlavour): Lines {
  const lines: Lines = [];
  if (spec.externalTrafficPolicy !== undefined) lines.push(["External Traffic Policy:", spec.externalTrafficPolicy]);
  if (flavour.internalTrafficPolicy && spec.internalTrafficPolicy !== undefined)
    lines.push(["Internal Traffic Policy:", spec.internalTrafficPolicy]);
  if (spec.healthCheckNodePort !== undefined) lines.push(["HealthCheck NodePort:", String(spec.healthCheckNodePort)]);
  if (spec.loadBalancerSourceRanges.length > 0)
    lines.push(["LoadBalancer Source Ranges:", spec.loadBalancerSourceRanges.join(",")]);
  return lines;
}

function subsetLines({ addresses, notReadyAddresses, ports }: EndpointSubset): Lines {
  const lines: Lines = [
    ["  Addresses:", orNone(addresses.map(({ ip }) => ip).join(","))],
    ["  NotReadyAddresses:", orNone(notReadyAddresses.map(({ ip }) => ip).join(","))],
  ];
  if (ports.length === 0) return [...lines, [""]];
  const rows = ports.map(({ name, port, protocol }) => [
    `    ${name === "" ? "<unset>" : name}`,
    String(port),
    protocol,
  ]);
  return [...lines, ["  Ports:"], ["    Name", "Port", "Protocol"], ["    ----", "----", "--------"], ...rows, [""]];
}
