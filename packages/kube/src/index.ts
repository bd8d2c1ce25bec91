// Kubernetes objects: reading manifests, the store, the controllers, kubectl's listings; and diagnostics for all YAML.

export { type Diagnostic, type DiagnosticCode, diagnosticAt, sortDiagnostics } from "./diagnostics/diagnostic.ts";
export { renderDiagnostic, renderDiagnostics, sourceExcerpt } from "./diagnostics/render.ts";
export { type SourcePosition, SourceText } from "./diagnostics/source-text.ts";
export { didYouMean, editDistance, nearest } from "./diagnostics/suggest.ts";
export {
  parseOnce,
  type ParseText,
  parseYaml,
  type Path,
  YamlDocument,
  type YamlSource,
} from "./diagnostics/yaml-source.ts";
export { trapHint } from "./diagnostics/yaml-traps.ts";
export { formatPath, zodDiagnostics } from "./diagnostics/zod-diagnostics.ts";

export {
  type Cidr,
  cidrContains,
  cidrSize,
  cidrsOverlap,
  formatCidr,
  formatIPv4,
  hasHostBits,
  isIPv6,
  parseCidr,
  parseIPv4,
} from "./api/address.ts";
export {
  checkCidr,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkIPv4,
  cidr as cidrSchema,
  dns1123Label,
  dns1123Subdomain,
  ipv4 as ipv4Schema,
} from "./api/leaves.ts";
export type { DaemonSet } from "./api/daemon-set.ts";
export type { Deployment, DeploymentStrategy } from "./api/deployment.ts";
export { type Endpoint, type EndpointSlice, SERVICE_NAME_LABEL } from "./api/endpoint-slice.ts";
export type { EndpointAddress, EndpointPort, Endpoints, EndpointSubset, TargetRef } from "./api/endpoints.ts";
export type { ApiSettings, KindDefinition } from "./api/kind.ts";
export {
  IGNORED_KINDS,
  type Kind,
  type KindMap,
  kindFromWord,
  KIND_NAMES,
  KINDS,
  type KubeObject,
  REFUSED_KINDS,
} from "./api/kinds.ts";
export { REFUSED_ANNOTATIONS } from "./api/meta.ts";
export type {
  LabelSelector,
  LabelSelectorRequirement,
  Labels,
  ObjectBase,
  ObjectMeta,
  OwnerReference,
} from "./api/meta.ts";
export type { Namespace } from "./api/namespace.ts";
export { HOSTNAME_LABEL, internalIP, type Node, type NodeAddress, type NodeInput, type Taint } from "./api/node.ts";
export {
  type Container,
  type ContainerPort,
  findContainerPort,
  type Pod,
  type PodSpec,
  type PodStatus,
  type PodTemplateSpec,
  type Protocol,
  type TaintEffect,
  type Toleration,
} from "./api/pod.ts";
export type { ReplicaSet } from "./api/replica-set.ts";
export type { ReplicationController } from "./api/replication-controller.ts";
export { formatLabels, formatSelector, matchesLabels, matchesSelector, parseSelector } from "./api/selector.ts";
export type { Service, ServicePort, ServiceSpec, ServiceType } from "./api/service.ts";
export { type SupportRow, supportRows } from "./api/shape.ts";
export type { StatefulSet } from "./api/stateful-set.ts";

export type { FilledDefault } from "./manifest/defaulting.ts";
export {
  DEFAULT_API_SETTINGS,
  loadManifestNodes,
  loadManifests,
  type LoadedManifests,
  type LoadedObject,
  type ManifestNote,
} from "./manifest/load.ts";
export { prune, withoutNulls } from "./manifest/prune.ts";
export { type Provenance, provenancePosition } from "./manifest/provenance.ts";

export { ApiError, type ApiReason } from "./store/api-error.ts";
export { type ListOptions, ObjectStore, resourceOf, type StoreClient, type WatchEvent } from "./store/store.ts";

export type { Controller, ControllerName } from "./controllers/context.ts";
export { type ApplyResult, ControlPlane, type ControlPlaneOptions } from "./controllers/control-plane.ts";
export { formatIdentity, type KnownPod, type PodLookup } from "./controllers/identities.ts";
export type { PinOptions, PodIdentity } from "./controllers/pins.ts";
export { isActive } from "./controllers/pod-index.ts";

export { longAge, shortAge } from "./printers/age.ts";
export { describeEndpoints, describeService } from "./printers/describe.ts";
export { formatEndpoints } from "./printers/format.ts";
export {
  type GetRequest,
  kubectlGet,
  type KubectlResult,
  kubectlTable,
  objectWord,
  type PrintContext,
} from "./printers/get.ts";
export { toManifest } from "./printers/manifest.ts";
export { applyLine, deleteLine } from "./printers/results.ts";
export { tabulate, type TabwriterOptions } from "./printers/tabwriter.ts";
