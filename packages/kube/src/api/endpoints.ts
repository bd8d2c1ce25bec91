// Endpoints (core/v1): the addresses behind a Service, before EndpointSlices.
import { dns1123Label, endpointIPv4, portNumber, protocol, text } from "./leaves.ts";
import { type KindDefinition, lazy } from "./kind.ts";
import { kindShape, type ObjectBase } from "./meta.ts";
import type { Protocol } from "./pod.ts";
import { leaf, list, object } from "./shape.ts";

export interface TargetRef {
  kind: string;
  namespace?: string;
  name: string;
}

export interface EndpointAddress {
  ip: string;
  hostname?: string;
  nodeName?: string;
  targetRef?: TargetRef;
}

export interface EndpointPort {
  /** Empty when the Service's port has no name. */
  name: string;
  port: number;
  protocol: Protocol;
}

export interface EndpointSubset {
  addresses: EndpointAddress[];
  notReadyAddresses: EndpointAddress[];
  ports: EndpointPort[];
}

export interface Endpoints extends ObjectBase {
  apiVersion: "v1";
  kind: "Endpoints";
  subsets: EndpointSubset[];
}

/** Reference to the pod behind an address; kept by name. */
export const targetRefShape = object(
  { kind: leaf(text), namespace: leaf(text), name: leaf(text) },
  { ignored: ["uid", "apiVersion", "resourceVersion", "fieldPath"] },
);

const addressShape = object(
  { ip: leaf(endpointIPv4), hostname: leaf(dns1123Label), nodeName: leaf(text), targetRef: targetRefShape },
  { required: ["ip"] },
);

export const endpointPortFields = {
  name: leaf(text),
  port: leaf(portNumber),
  protocol: leaf(protocol),
};

export const endpointsKind: KindDefinition<Endpoints> = {
  kind: "Endpoints",
  plural: "endpoints",
  shortNames: ["ep"],
  apiVersions: ["v1"],
  namespaced: true,
  shape: lazy(() =>
    kindShape({
      subsets: list(
        object({
          addresses: list(addressShape),
          notReadyAddresses: list(addressShape),
          ports: list(object(endpointPortFields, { required: ["port"], ignored: ["appProtocol"] })),
        }),
      ),
    }),
  ),
  defaults: (draft, set) => {
    set(["subsets"], []);
    for (const [index, subset] of (draft.subsets ?? []).entries()) {
      for (const field of ["addresses", "notReadyAddresses", "ports"]) set(["subsets", index, field], []);
      for (const port of (subset?.ports ?? []).keys()) {
        set(["subsets", index, "ports", port, "name"], "");
        set(["subsets", index, "ports", port, "protocol"], "TCP");
      }
    }
  },
};
