// Metadata common to all objects (apimachinery pkg/apis/meta/v1), label selectors, and the words validation uses.
import * as z from "zod";
import { dns1123Label, dns1123Subdomain, flag, labelKey, labelValue, text } from "./leaves.ts";
import { leaf, list, map, object, type ObjectShape, type Shape } from "./shape.ts";

export type Labels = Record<string, string>;

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  /** True for the one owner whose controller manages the object. */
  controller?: boolean;
}

export interface ObjectMeta {
  name: string;
  /** Empty for objects without namespace (Node, Namespace). */
  namespace: string;
  labels: Labels;
  annotations: Record<string, string>;
  /** Set by the store; unique within it. */
  uid: string;
  /** Set by the store; grows with every change of any object. */
  resourceVersion: number;
  /** Virtual milliseconds of creation. */
  creationTimestamp: number;
  /** Virtual milliseconds since when the object is being deleted. */
  deletionTimestamp?: number;
  ownerReferences: OwnerReference[];
}

/** What every API object has. */
export interface ObjectBase {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface LabelSelectorRequirement {
  key: string;
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  values?: string[];
}

export interface LabelSelector {
  matchLabels?: Labels;
  matchExpressions?: LabelSelectorRequirement[];
}

/** An object as a manifest gives it: any field may be absent, or was taken out because it was wrong. */
export type Draft<T> = T extends readonly (infer U)[]
  ? (Draft<U> | undefined)[]
  : T extends object
    ? { [K in keyof T]?: Draft<T[K]> | undefined }
    : T;

export const labelsShape: Shape = map(labelKey, leaf(labelValue));

export const labelSelectorShape: ObjectShape = object({
  matchLabels: labelsShape,
  matchExpressions: list(
    object(
      {
        key: leaf(labelKey),
        operator: leaf(z.enum(["In", "NotIn", "Exists", "DoesNotExist"])),
        values: list(leaf(labelValue)),
      },
      { required: ["key", "operator"] },
    ),
  ),
});

/** Annotations that change the network on a real cluster, with what they would do. Any other annotation is kept and does nothing. */
export const REFUSED_ANNOTATIONS: Readonly<Record<string, string>> = {
  "kubernetes.io/ingress-bandwidth": "traffic shaping",
  "kubernetes.io/egress-bandwidth": "traffic shaping",
  "k8s.v1.cni.cncf.io/networks": "additional networks",
  "cni.projectcalico.org/ipAddrs": "fixed pod addresses (pin the pod's address in the scenario)",
  "cni.projectcalico.org/floatingIPs": "floating addresses",
  "service.kubernetes.io/topology-mode": "topology aware routing",
  "service.kubernetes.io/topology-aware-hints": "topology aware routing",
  "service.alpha.kubernetes.io/tolerate-unready-endpoints": "the alpha form of publishNotReadyAddresses (write that)",
};

const annotationKey = labelKey.superRefine((key, context) => {
  const effect = REFUSED_ANNOTATIONS[key];
  if (effect === undefined) return;
  context.addIssue({ code: "custom", message: `this annotation is not modelled: ${effect}` });
});

/** Metadata; `name` is how the kind's names are checked. */
export function metadataShape(name: z.ZodType = dns1123Subdomain): ObjectShape {
  return object(
    {
      name: leaf(name),
      namespace: leaf(dns1123Label),
      labels: labelsShape,
      annotations: map(annotationKey, leaf(text)),
    },
    {
      required: ["name"],
      // Written by the API server into `kubectl get -o yaml`; the store sets its own.
      ignored: [
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "ownerReferences",
        "finalizers",
        "managedFields",
        "selfLink",
        "clusterName",
      ],
      refused: { generateName: "give the object a name" },
    },
  );
}

/** Metadata of a pod template: no name of its own is needed. */
export const templateMetadataShape: ObjectShape = object(
  { labels: labelsShape, annotations: map(annotationKey, leaf(text)) },
  { ignored: ["name", "namespace", "creationTimestamp"] },
);

/** `apiVersion`, `kind`, `metadata` around a kind's own fields. `status` is accepted and not read unless modelled. */
export function kindShape(
  fields: Readonly<Record<string, Shape>>,
  options: { readonly name?: z.ZodType; readonly required?: readonly string[] } = {},
): ObjectShape {
  return object(
    { apiVersion: leaf(text), kind: leaf(text), metadata: metadataShape(options.name), ...fields },
    { required: ["metadata", ...(options.required ?? [])], ignored: "status" in fields ? [] : ["status"] },
  );
}

export const boolean: Shape = leaf(flag);
export const string: Shape = leaf(text);
