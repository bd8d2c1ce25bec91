// EndpointSlice (discovery.k8s.io/v1, v1beta1): a part of the addresses behind a Service, with their conditions.
import * as z from "zod";
import { dns1123Label, endpointIPv4, text } from "./leaves.ts";
import { type KindDefinition, lazy } from "./kind.ts";
import { boolean, kindShape, type ObjectBase } from "./meta.ts";
import { type EndpointPort, endpointPortFields, type TargetRef, targetRefShape } from "./endpoints.ts";
import { leaf, list, object } from "./shape.ts";

export interface Endpoint {
  /** One dotted quad. */
  addresses: string[];
  conditions: { ready: boolean; serving: boolean; terminating: boolean };
  hostname?: string;
  nodeName?: string;
  targetRef?: TargetRef;
}

export interface EndpointSlice extends ObjectBase {
  kind: "EndpointSlice";
  addressType: "IPv4";
  endpoints: Endpoint[];
  ports: EndpointPort[];
}

/** Label that ties a slice to its Service. */
export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

export const endpointSliceKind: KindDefinition<EndpointSlice> = {
  kind: "EndpointSlice",
  plural: "endpointslices",
  shortNames: [],
  apiVersions: ["discovery.k8s.io/v1", "discovery.k8s.io/v1beta1"],
  namespaced: true,
  shape: lazy(() =>
    kindShape(
      {
        addressType: leaf(z.string()),
        endpoints: list(
          object(
            {
              addresses: list(leaf(endpointIPv4)),
              conditions: object({ ready: boolean, serving: boolean, terminating: boolean }),
              hostname: leaf(dns1123Label),
              nodeName: leaf(text),
              targetRef: targetRefShape,
            },
            {
              required: ["addresses"],
              ignored: ["zone", "topology", "deprecatedTopology"],
              refused: { hints: "topology aware routing" },
            },
          ),
        ),
        ports: list(object(endpointPortFields, { required: ["port"], ignored: ["appProtocol"] })),
      },
      { required: ["addressType"] },
    ),
  ),
  validate: (draft, report) => {
    const type: string | undefined = draft.addressType;
    if (type !== undefined && type !== "IPv4") {
      report(["addressType"], `addressType ${type} is not modelled yet`, { code: "not-modelled" });
    }
    for (const [index, endpoint] of (draft.endpoints ?? []).entries()) {
      if ((endpoint?.addresses?.length ?? 1) !== 1)
        report(["endpoints", index, "addresses"], "an endpoint has exactly one address");
    }
  },
  defaults: (draft, set) => {
    set(["endpoints"], []);
    set(["ports"], []);
    for (const [index, endpoint] of (draft.endpoints ?? []).entries()) {
      set(["endpoints", index, "conditions"], {});
      set(["endpoints", index, "conditions", "ready"], true);
      set(["endpoints", index, "conditions", "serving"], endpoint?.conditions?.ready ?? true);
      set(["endpoints", index, "conditions", "terminating"], false);
    }
    for (const port of (draft.ports ?? []).keys()) {
      set(["ports", port, "name"], "");
      set(["ports", port, "protocol"], "TCP");
    }
  },
};
