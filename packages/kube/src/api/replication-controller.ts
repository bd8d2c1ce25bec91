// ReplicationController: the ReplicaSet of core/v1, with an equality selector.
import { type KindDefinition, lazy } from "./kind.ts";
import { kindShape, type Labels, labelsShape, type ObjectBase } from "./meta.ts";
import { defaultPodSpec, type PodTemplateSpec, validatePodSpec } from "./pod.ts";
import { matchesLabels } from "./selector.ts";
import { object } from "./shape.ts";
import { replicasShape, workloadFields } from "./workload.ts";

export interface ReplicationController extends ObjectBase {
  apiVersion: "v1";
  kind: "ReplicationController";
  spec: { replicas: number; selector: Labels; template: PodTemplateSpec };
}

export const replicationControllerKind: KindDefinition<ReplicationController> = {
  kind: "ReplicationController",
  plural: "replicationcontrollers",
  shortNames: ["rc"],
  apiVersions: ["v1"],
  namespaced: true,
  shape: lazy(() =>
    kindShape(
      {
        spec: object(
          { replicas: replicasShape, selector: labelsShape, ...workloadFields() },
          { required: ["template"], ignored: ["minReadySeconds"] },
        ),
      },
      { required: ["spec"] },
    ),
  ),
  validate: (draft, report) => {
    const selector = draft.spec?.selector as Labels | undefined;
    const labels = (draft.spec?.template?.metadata?.labels ?? {}) as Labels;
    if (selector !== undefined && !matchesLabels(selector, labels)) {
      report(["spec", "selector"], "the selector does not match the labels of the pod template", { code: "conflict" });
    }
    validatePodSpec(draft.spec?.template?.spec, report, ["spec", "template", "spec"]);
  },
  defaults: (draft, set) => {
    set(["spec", "replicas"], 1);
    set(["spec", "template", "metadata"], {});
    set(["spec", "template", "metadata", "labels"], {});
    set(["spec", "template", "metadata", "annotations"], {});
    set(["spec", "selector"], { ...draft.spec?.template?.metadata?.labels });
    defaultPodSpec(draft.spec?.template?.spec, set, ["spec", "template", "spec"]);
  },
};
