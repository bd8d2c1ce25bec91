// Deployment: apps/v1 and the groups it lived in before (extensions/v1beta1, apps/v1beta1, apps/v1beta2).
import * as z from "zod";
import { intOrPercent } from "./leaves.ts";
import { type KindDefinition, lazy } from "./kind.ts";
import { boolean, kindShape, type LabelSelector, labelSelectorShape, type ObjectBase } from "./meta.ts";
import type { PodTemplateSpec } from "./pod.ts";
import { leaf, object } from "./shape.ts";
import { defaultWorkload, replicasShape, requireSelector, validateWorkload, workloadFields } from "./workload.ts";

export interface DeploymentStrategy {
  type: "RollingUpdate" | "Recreate";
  /** Numbers, or percentages of replicas as text. Present with RollingUpdate. */
  rollingUpdate?: { maxSurge: number | string; maxUnavailable: number | string };
}

export interface Deployment extends ObjectBase {
  kind: "Deployment";
  spec: {
    replicas: number;
    selector: LabelSelector;
    template: PodTemplateSpec;
    strategy: DeploymentStrategy;
    /** Template changes wait until it is false again. */
    paused: boolean;
  };
}

/** Groups in which an absent selector is taken from the template. */
const SELECTOR_FROM_TEMPLATE = ["extensions/v1beta1", "apps/v1beta1"];

export const deploymentKind: KindDefinition<Deployment> = {
  kind: "Deployment",
  plural: "deployments",
  shortNames: ["deploy"],
  apiVersions: ["apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1"],
  namespaced: true,
  shape: lazy(() =>
    kindShape(
      {
        spec: object(
          {
            replicas: replicasShape,
            selector: labelSelectorShape,
            ...workloadFields(),
            strategy: object({
              type: leaf(z.enum(["RollingUpdate", "Recreate"])),
              rollingUpdate: object({ maxSurge: leaf(intOrPercent), maxUnavailable: leaf(intOrPercent) }),
            }),
            paused: boolean,
          },
          {
            required: ["template"],
            ignored: ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds", "rollbackTo"],
          },
        ),
      },
      { required: ["spec"] },
    ),
  ),
  validate: (draft, report, _, apiVersion) => {
    requireSelector(draft, report, apiVersion, SELECTOR_FROM_TEMPLATE);
    validateWorkload(draft, report);
    const { type, rollingUpdate } = draft.spec?.strategy ?? {};
    if (type === "Recreate" && rollingUpdate !== undefined) {
      report(["spec", "strategy", "rollingUpdate"], "rollingUpdate cannot stand beside type Recreate", {
        code: "conflict",
        atKey: true,
      });
    }
  },
  defaults: (draft, set, apiVersion) => {
    set(["spec", "replicas"], 1);
    defaultWorkload(draft, set, apiVersion, SELECTOR_FROM_TEMPLATE);
    set(["spec", "strategy"], {});
    set(["spec", "strategy", "type"], "RollingUpdate");
    set(["spec", "paused"], false);
    if (draft.spec?.strategy?.type === "Recreate") return;
    // extensions/v1beta1 and apps/v1beta1 rolled one pod at a time, later groups a quarter.
    const step = SELECTOR_FROM_TEMPLATE.includes(apiVersion) ? 1 : "25%";
    set(["spec", "strategy", "rollingUpdate"], {});
    set(["spec", "strategy", "rollingUpdate", "maxSurge"], step);
    set(["spec", "strategy", "rollingUpdate", "maxUnavailable"], step);
  },
};
