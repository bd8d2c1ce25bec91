// ReplicaSet: a number of equal pods.
import { type KindDefinition, lazy } from "./kind.ts";
import { kindShape, type LabelSelector, labelSelectorShape, type ObjectBase } from "./meta.ts";
import type { PodTemplateSpec } from "./pod.ts";
import { object } from "./shape.ts";
import { defaultWorkload, replicasShape, requireSelector, validateWorkload, workloadFields } from "./workload.ts";

export interface ReplicaSet extends ObjectBase {
  kind: "ReplicaSet";
  spec: { replicas: number; selector: LabelSelector; template: PodTemplateSpec };
}

const SELECTOR_FROM_TEMPLATE = ["extensions/v1beta1"];

export const replicaSetKind: KindDefinition<ReplicaSet> = {
  kind: "ReplicaSet",
  plural: "replicasets",
  shortNames: ["rs"],
  apiVersions: ["apps/v1", "apps/v1beta2", "extensions/v1beta1"],
  namespaced: true,
  shape: lazy(() =>
    kindShape(
      {
        spec: object(
          { replicas: replicasShape, selector: labelSelectorShape, ...workloadFields() },
          { required: ["template"], ignored: ["minReadySeconds"] },
        ),
      },
      { required: ["spec"] },
    ),
  ),
  validate: (draft, report, _, apiVersion) => {
    requireSelector(draft, report, apiVersion, SELECTOR_FROM_TEMPLATE);
    validateWorkload(draft, report);
  },
  defaults: (draft, set, apiVersion) => {
    set(["spec", "replicas"], 1);
    defaultWorkload(draft, set, apiVersion, SELECTOR_FROM_TEMPLATE);
  },
};
