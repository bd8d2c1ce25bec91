// StatefulSet: numbered pods (web-0, web-1 …) that come and go in order.
import * as z from "zod";
import { dns1123Subdomain, count } from "./leaves.ts";
import { type KindDefinition, lazy } from "./kind.ts";
import { kindShape, type LabelSelector, labelSelectorShape, type ObjectBase } from "./meta.ts";
import type { PodTemplateSpec } from "./pod.ts";
import { leaf, object } from "./shape.ts";
import { defaultWorkload, replicasShape, requireSelector, validateWorkload, workloadFields } from "./workload.ts";

export interface StatefulSet extends ObjectBase {
  kind: "StatefulSet";
  spec: {
    replicas: number;
    selector: LabelSelector;
    template: PodTemplateSpec;
    /** The headless Service that names the pods. */
    serviceName: string;
    podManagementPolicy: "OrderedReady" | "Parallel";
    updateStrategy: { type: "RollingUpdate" | "OnDelete"; rollingUpdate?: { partition: number } };
    ordinals: { start: number };
  };
}

const SELECTOR_FROM_TEMPLATE = ["apps/v1beta1"];

export const statefulSetKind: KindDefinition<StatefulSet> = {
  kind: "StatefulSet",
  plural: "statefulsets",
  shortNames: ["sts"],
  apiVersions: ["apps/v1", "apps/v1beta2", "apps/v1beta1"],
  namespaced: true,
  shape: lazy(() =>
    kindShape(
      {
        spec: object(
          {
            replicas: replicasShape,
            selector: labelSelectorShape,
            ...workloadFields(),
            serviceName: leaf(dns1123Subdomain),
            podManagementPolicy: leaf(z.enum(["OrderedReady", "Parallel"])),
            updateStrategy: object({
              type: leaf(z.enum(["RollingUpdate", "OnDelete"])),
              rollingUpdate: object({ partition: leaf(count) }, { ignored: ["maxUnavailable"] }),
            }),
            ordinals: object({ start: leaf(count) }),
          },
          {
            required: ["template"],
            ignored: [
              "volumeClaimTemplates",
              "revisionHistoryLimit",
              "minReadySeconds",
              "persistentVolumeClaimRetentionPolicy",
            ],
          },
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
    set(["spec", "serviceName"], "");
    set(["spec", "podManagementPolicy"], "OrderedReady");
    set(["spec", "ordinals"], { start: 0 });
    set(["spec", "ordinals", "start"], 0);
    set(["spec", "updateStrategy"], {});
    set(["spec", "updateStrategy", "type"], apiVersion === "apps/v1beta1" ? "OnDelete" : "RollingUpdate");
    if (draft.spec?.updateStrategy?.type !== "RollingUpdate") return;
    set(["spec", "updateStrategy", "rollingUpdate"], {});
    set(["spec", "updateStrategy", "rollingUpdate", "partition"], 0);
  },
};
