// What Deployment, ReplicaSet, ReplicationController, DaemonSet and StatefulSet share: a selector and a pod template.
import { type Report, type SetDefault } from "./kind.ts";
import type { Draft, LabelSelector, Labels, ObjectBase } from "./meta.ts";
import { count } from "./leaves.ts";
import { isEmptySelector, matchesSelector } from "./selector.ts";
import { defaultPodSpec, type PodTemplateSpec, podTemplateShape, validatePodSpec } from "./pod.ts";
import { leaf, type Shape } from "./shape.ts";

/** Fields every workload's spec has. */
export function workloadFields(): Readonly<Record<string, Shape>> {
  return { template: podTemplateShape() };
}

/** More pods in one cluster are refused: every one is a namespace with devices of its own. */
export const MAX_PODS = 2000;

export const replicasShape: Shape = leaf(
  count.refine((value) => value <= MAX_PODS, {
    error: `clusters of more than ${MAX_PODS} pods are not modelled`,
    params: { code: "not-modelled" },
  }),
);

interface Workload extends ObjectBase {
  spec: { selector: LabelSelector; template: PodTemplateSpec };
}

/** The selector must exist, select something, and match the template's own labels; else the workload would never see its pods. */
export function validateWorkload(draft: Draft<Workload>, report: Report): void {
  const selector = draft.spec?.selector as LabelSelector | undefined;
  const labels = draft.spec?.template?.metadata?.labels as Labels | undefined;
  if (selector !== undefined) validateSelector(selector, labels ?? {}, report);
  validatePodSpec(draft.spec?.template?.spec, report, ["spec", "template", "spec"]);
  if (draft.spec?.template?.spec?.restartPolicy !== undefined && draft.spec.template.spec.restartPolicy !== "Always") {
    report(["spec", "template", "spec", "restartPolicy"], "restartPolicy must be Always in a workload's template");
  }
}

function validateSelector(selector: LabelSelector, labels: Labels, report: Report): void {
  if (isEmptySelector(selector)) return report(["spec", "selector"], "the selector must not be empty", { atKey: true });
  for (const [index, requirement] of (selector.matchExpressions ?? []).entries()) {
    const needsValues = requirement?.operator === "In" || requirement?.operator === "NotIn";
    const has = (requirement?.values ?? []).length > 0;
    const path = ["spec", "selector", "matchExpressions", index];
    if (needsValues && !has) report(path, `${requirement.operator} needs values`);
    if (!needsValues && has) report([...path, "values"], `${requirement?.operator} takes no values`, { atKey: true });
  }
  if (matchesSelector(selector, labels)) return undefined;
  return report(["spec", "selector"], "the selector does not match the labels of the pod template", {
    code: "conflict",
    hint: `template labels are ${JSON.stringify(labels)}`,
  });
}

/** Template defaults; the old API groups also take the selector from the template. */
export function defaultWorkload(
  draft: Draft<Workload>,
  set: SetDefault,
  apiVersion: string,
  old: readonly string[],
): void {
  set(["spec", "template", "metadata"], {});
  set(["spec", "template", "metadata", "labels"], {});
  set(["spec", "template", "metadata", "annotations"], {});
  if (old.includes(apiVersion))
    set(["spec", "selector"], { matchLabels: { ...draft.spec?.template?.metadata?.labels } });
  defaultPodSpec(draft.spec?.template?.spec, set, ["spec", "template", "spec"]);
}

/** In the versions where defaulting does not make a selector, it is required. */
export function requireSelector(
  draft: Draft<Workload>,
  report: Report,
  apiVersion: string,
  old: readonly string[],
): void {
  if (old.includes(apiVersion) || draft.spec === undefined || draft.spec.selector !== undefined) return;
  report(["spec"], 'missing key "selector" in spec', { code: "missing-key", atKey: true });
}
