// DaemonSet: one pod on every node that its template tolerates.
import * as z from "zod";
import { intOrPercent } from "./leaves.ts";
import { type KindDefinition, lazy } from "./kind.ts";
import { kindShape, type LabelSelector, labelSelectorShape, type ObjectBase } from "./meta.ts";
import type { PodTemplateSpec } from "./pod.ts";
import { leaf, object } from "./shape.ts";
import { defaultWorkload, requireSelector, validateWorkload, workloadFields } from "./workload.ts";

export interface DaemonSet extends ObjectBase {
  kind: "DaemonSet";
  spec: {
    selector: LabelSelector;
    template: PodTemplateSpec;
    updateStrategy: { type: "RollingUpdate" | "OnDelete"; rollingUpdate?: { maxUnavailable: number | string } };
  };
}

const SELECTOR_FROM_TEMPLATE = ["extensions/v1beta1"];

export const daemonSetKind: KindDefinition<DaemonSet> = {
  kind: "DaemonSet",
  plural: "daemonsets",
  shortNames: ["ds"],
  apiVersions: ["apps/v1", "apps/v1beta2", "extensions/v1beta1"],
  namespaced: true,
  shape: lazy(() =>
    kindShape(
      {
        spec: object(
          {
            selector: labelSelectorShape,
            ...workloadFields(),
            updateStrategy: object({
              type: leaf(z.enum(["RollingUpdate", "OnDelete"])),
              rollingUpdate: object(
                { maxUnavailable: leaf(intOrPercent) },
                { refused: { maxSurge: "two pods of a DaemonSet on one node" } },
              ),
            }),
          },
          { required: ["template"], ignored: ["minReadySeconds", "revisionHistoryLimit", "templateGeneration"] },
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
    defaultWorkload(draft, set, apiVersion, SELECTOR_FROM_TEMPLATE);
    set(["spec", "updateStrategy"], {});
    set(["spec", "updateStrategy", "type"], apiVersion === "extensions/v1beta1" ? "OnDelete" : "RollingUpdate");
    if (draft.spec?.updateStrategy?.type !== "RollingUpdate") return;
    set(["spec", "updateStrategy", "rollingUpdate"], {});
    set(["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"], 1);
  },
};
