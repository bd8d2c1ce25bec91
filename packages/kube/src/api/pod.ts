// Pod and pod template (core/v1): of a pod the network sees labels, node, ports, readiness and addresses.
import * as z from "zod";
import type { Path } from "../diagnostics/yaml-source.ts";
import { type KindDefinition, lazy, type Report, type SetDefault } from "./kind.ts";
import { count, dns1123Label, dns1123Subdomain, labelKey, portName, portNumber, protocol } from "./leaves.ts";
import {
  boolean,
  type Draft,
  kindShape,
  type Labels,
  labelsShape,
  type ObjectBase,
  string,
  templateMetadataShape,
} from "./meta.ts";
import { leaf, list, object, type ObjectShape } from "./shape.ts";

export type Protocol = "TCP" | "UDP" | "SCTP";

export interface ContainerPort {
  name?: string;
  containerPort: number;
  protocol: Protocol;
}

export interface Container {
  name: string;
  image?: string;
  /** Never run: what a pod serves is decided by image or by the scenario. */
  command?: string[];
  args?: string[];
  ports: ContainerPort[];
}

export interface Toleration {
  key?: string;
  operator: "Exists" | "Equal";
  value?: string;
  effect?: TaintEffect;
}

export type TaintEffect = "NoSchedule" | "PreferNoSchedule" | "NoExecute";

export interface PodSpec {
  containers: Container[];
  nodeName?: string;
  nodeSelector: Labels;
  tolerations: Toleration[];
  /** The pod lives in the node's network namespace and has the node's address. */
  hostNetwork: boolean;
  hostname?: string;
  subdomain?: string;
  dnsPolicy: "ClusterFirst" | "ClusterFirstWithHostNet" | "Default" | "None";
  restartPolicy: "Always" | "OnFailure" | "Never";
  /** Seconds between the order to stop and the kill. */
  terminationGracePeriodSeconds: number;
}

export interface PodStatus {
  phase: "Pending" | "Running" | "Succeeded" | "Failed";
  /** Dotted quad; absent until the kubelet has wired the pod. */
  podIP?: string;
  /** Address of the pod's node; absent until it runs. */
  hostIP?: string;
  /** The pod's Ready condition. */
  ready: boolean;
  /** Container restarts so far. */
  restarts: number;
}

export interface Pod extends ObjectBase {
  apiVersion: "v1";
  kind: "Pod";
  spec: PodSpec;
  status: PodStatus;
}

export interface PodTemplateSpec {
  metadata: { labels: Labels; annotations: Record<string, string> };
  spec: PodSpec;
}

const containerShape: ObjectShape = object(
  {
    name: leaf(dns1123Label),
    image: string,
    command: list(string),
    args: list(string),
    ports: list(
      object(
        { name: leaf(portName), containerPort: leaf(portNumber), protocol: leaf(protocol), hostPort: leaf(portNumber) },
        { required: ["containerPort"], refused: { hostIP: "host ports need the portmap plugin" } },
      ),
    ),
  },
  {
    required: ["name"],
    ignored: [
      "workingDir",
      "envFrom",
      "env",
      "resources",
      "resizePolicy",
      "restartPolicy",
      "restartPolicyRules",
      "volumeMounts",
      "volumeDevices",
      "livenessProbe",
      "readinessProbe",
      "startupProbe",
      "lifecycle",
      "terminationMessagePath",
      "terminationMessagePolicy",
      "imagePullPolicy",
      "securityContext",
      "stdin",
      "stdinOnce",
      "tty",
    ],
  },
);

const podSecurityShape: ObjectShape = object(
  {},
  {
    ignored: [
      "seLinuxOptions",
      "windowsOptions",
      "runAsUser",
      "runAsGroup",
      "runAsNonRoot",
      "supplementalGroups",
      "supplementalGroupsPolicy",
      "fsGroup",
      "fsGroupChangePolicy",
      "seccompProfile",
      "appArmorProfile",
      "seLinuxChangePolicy",
    ],
    refused: { sysctls: "set a pod's sysctls with a step of the scenario" },
  },
);

const tolerationShape: ObjectShape = object(
  {
    key: leaf(labelKey),
    operator: leaf(z.enum(["Exists", "Equal"])),
    value: string,
    effect: leaf(z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])),
  },
  { ignored: ["tolerationSeconds"] },
);

/** `spec` of a pod and of a template. */
export const podSpecShape: () => ObjectShape = lazy(() =>
  object(
    {
      containers: list(containerShape),
      nodeName: leaf(dns1123Subdomain),
      nodeSelector: labelsShape,
      tolerations: list(tolerationShape),
      hostNetwork: boolean,
      hostname: leaf(dns1123Label),
      subdomain: leaf(dns1123Label),
      dnsPolicy: leaf(z.enum(["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"])),
      restartPolicy: leaf(z.enum(["Always", "OnFailure", "Never"])),
      terminationGracePeriodSeconds: leaf(count),
      securityContext: podSecurityShape,
    },
    {
      required: ["containers"],
      ignored: [
        "volumes",
        "initContainers",
        "ephemeralContainers",
        "activeDeadlineSeconds",
        "serviceAccountName",
        "serviceAccount",
        "automountServiceAccountToken",
        "hostPID",
        "hostIPC",
        "hostUsers",
        "shareProcessNamespace",
        "imagePullSecrets",
        "affinity",
        "schedulerName",
        "priorityClassName",
        "priority",
        "runtimeClassName",
        "enableServiceLinks",
        "preemptionPolicy",
        "overhead",
        "topologySpreadConstraints",
        "setHostnameAsFQDN",
        "os",
        "resourceClaims",
        "resources",
      ],
      refused: {
        hostAliases: "names in a pod's /etc/hosts",
        dnsConfig: "a pod's own resolver settings",
        readinessGates: "readiness set from outside; mark the pod unready with a step of the scenario",
        schedulingGates: "held back scheduling",
        hostnameOverride: "a host name unlike the pod's",
      },
    },
  ),
);

export const podTemplateShape: () => ObjectShape = lazy(() =>
  object({ metadata: templateMetadataShape, spec: podSpecShape() }, { required: ["spec"] }),
);

/** Rules of a pod spec at `base`; also used for templates. */
export function validatePodSpec(spec: Draft<PodSpec> | undefined, report: Report, base: Path): void {
  const containers = spec?.containers ?? [];
  if (spec?.containers !== undefined && containers.length === 0)
    report([...base, "containers"], "a pod needs at least one container");
  const names = new Map<string, number>();
  const portNames = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const path = [...base, "containers", index];
    if (container?.name !== undefined && names.has(container.name)) {
      report([...path, "name"], `two containers are named ${JSON.stringify(container.name)}`, { code: "conflict" });
    }
    names.set(container?.name ?? "", index);
    validatePorts(container, spec?.hostNetwork === true, portNames, report, path);
  }
}

type DraftPort = Draft<ContainerPort> & { readonly hostPort?: number | undefined };

function validatePorts(
  container: Draft<Container> | undefined,
  hostNetwork: boolean,
  seen: Set<string>,
  report: Report,
  base: Path,
): void {
  for (const [index, port] of (container?.ports ?? []).entries()) {
    const path = [...base, "ports", index];
    if (port?.name !== undefined && seen.has(port.name)) {
      report([...path, "name"], `two ports are named ${JSON.stringify(port.name)}`, { code: "conflict" });
    }
    if (port?.name !== undefined) seen.add(port.name);
    const hostPort = (port as DraftPort | undefined)?.hostPort;
    if (hostPort === undefined) continue;
    if (!hostNetwork)
      report([...path, "hostPort"], "hostPort is not modelled: host ports need the portmap plugin", {
        code: "not-modelled",
        atKey: true,
      });
    else if (hostPort !== port?.containerPort)
      report([...path, "hostPort"], "with hostNetwork, hostPort must equal containerPort");
  }
}

/** Defaults of a pod spec at `base`. */
export function defaultPodSpec(spec: Draft<PodSpec> | undefined, set: SetDefault, base: Path): void {
  set([...base, "nodeSelector"], {});
  set([...base, "tolerations"], []);
  set([...base, "hostNetwork"], false);
  set([...base, "dnsPolicy"], "ClusterFirst");
  set([...base, "restartPolicy"], "Always");
  set([...base, "terminationGracePeriodSeconds"], 30);
  for (const [index, toleration] of (spec?.tolerations ?? []).entries()) {
    if (toleration !== undefined) set([...base, "tolerations", index, "operator"], "Equal");
  }
  for (const [index, container] of (spec?.containers ?? []).entries()) {
    const path = [...base, "containers", index];
    set([...path, "ports"], []);
    for (const port of (container?.ports ?? []).keys()) set([...path, "ports", port, "protocol"], "TCP");
  }
}

const podStatusShape: ObjectShape = object(
  {},
  {
    // What a real pod's status said then is not what the simulated one will say.
    ignored: [
      "phase",
      "conditions",
      "message",
      "reason",
      "hostIP",
      "hostIPs",
      "podIP",
      "podIPs",
      "startTime",
      "nominatedNodeName",
      "initContainerStatuses",
      "containerStatuses",
      "ephemeralContainerStatuses",
      "qosClass",
      "resize",
      "observedGeneration",
      "resourceClaimStatuses",
    ],
  },
);

export const podKind: KindDefinition<Pod> = {
  kind: "Pod",
  plural: "pods",
  shortNames: ["po"],
  apiVersions: ["v1"],
  namespaced: true,
  shape: lazy(() => kindShape({ spec: podSpecShape(), status: podStatusShape }, { required: ["spec"] })),
  validate: (draft, report) => validatePodSpec(draft.spec, report, ["spec"]),
  defaults: (draft, set) => {
    defaultPodSpec(draft.spec, set, ["spec"]);
  },
};

/** Status of a pod nobody has started yet. */
export function pendingStatus(): PodStatus {
  return { phase: "Pending", ready: false, restarts: 0 };
}

/** Number of a named container port with the protocol, as FindPort does (first container wins); undefined if there is none. */
export function findContainerPort(pod: Pod, name: string, wanted: Protocol): number | undefined {
  for (const container of pod.spec.containers) {
    const port = container.ports.find((p) => p.name === name && p.protocol === wanted);
    if (port !== undefined) return port.containerPort;
  }
  return undefined;
}
