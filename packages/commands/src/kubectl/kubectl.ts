// kubectl: get, describe, apply, create, delete, scale, exec.

import type { ShellCommand, ShellContext } from "../context.ts";
import type { KubeAccess } from "../kube-access.ts";
import { isOptionError, parseOptions } from "../options.ts";
import type { RunningCommand } from "../process.ts";
import { ended } from "../process.ts";
import { complain } from "../refuse.ts";
import { ApiError } from "@kubehop/kube";
import { kubectlApply, kubectlDelete, kubectlScale } from "./change.ts";
import { kubectlExec } from "./exec.ts";
import { kubectlOptions, KubectlError, KubectlNotModelled, notModelled } from "./kubectl-args.ts";
import { kubectlDescribe, kubectlGetCommand } from "./show.ts";
import type { Options } from "../options.ts";

export interface KubectlRun {
  readonly ctx: ShellContext;
  readonly kube: KubeAccess;
  readonly options: Options;
}

type Verb = (run: KubectlRun) => number;

export const KUBECTL_VERBS: Readonly<Record<string, Verb>> = {
  get: kubectlGetCommand,
  describe: kubectlDescribe,
  apply: (run) => kubectlApply(run, "apply"),
  create: (run) => kubectlApply(run, "create"),
  delete: kubectlDelete,
  scale: kubectlScale,
};

export const REFUSED_KUBECTL_VERBS: readonly string[] = [
  "annotate",
  "api-resources",
  "api-versions",
  "attach",
  "auth",
  "autoscale",
  "certificate",
  "cluster-info",
  "completion",
  "config",
  "cordon",
  "cp",
  "debug",
  "diff",
  "drain",
  "edit",
  "events",
  "explain",
  "expose",
  "kustomize",
  "label",
  "logs",
  "options",
  "patch",
  "plugin",
  "port-forward",
  "proxy",
  "replace",
  "rollout",
  "run",
  "set",
  "taint",
  "top",
  "uncordon",
  "version",
  "wait",
];

/** Flags in front of the verb, so that `kubectl -n prod get svc` works. */
const LEADING = { short: "n:", long: { "namespace=": "n" }, stopAtOperand: true };

export const kubectl: ShellCommand = {
  name: "kubectl",
  summary: "the cluster's objects: get, describe, apply, create, delete, scale, exec",
  start(ctx, args) {
    try {
      return run(ctx, args);
    } catch (error) {
      if (error instanceof KubectlNotModelled) ctx.refuse(error.message);
      if (error instanceof KubectlError) return ended(complain(ctx, error.message, error.code));
      if (error instanceof ApiError) return ended(complain(ctx, error.kubectlText, 1));
      throw error;
    }
  },
};

function run(ctx: ShellContext, args: readonly string[]): RunningCommand {
  const leading = parseOptions(LEADING, args);
  if (isOptionError(leading)) throw notModelled(`option ${leading.option} before the verb`);
  const [verb, ...rest] = leading.operands;
  if (verb === undefined) return ended(complain(ctx, "kubectl controls the Kubernetes cluster manager.", 1));
  const words = [...(leading.values.get("n") ?? []).flatMap((ns) => ["-n", ns]), ...rest];
  if (REFUSED_KUBECTL_VERBS.includes(verb)) throw notModelled(`kubectl ${verb}`);
  if (verb !== "exec" && !Object.hasOwn(KUBECTL_VERBS, verb))
    throw new KubectlError(`error: unknown command ${JSON.stringify(verb)} for "kubectl"`);
  const { kube } = ctx;
  if (kube === undefined)
    throw new KubectlError(
      "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
    );
  if (verb === "exec") return kubectlExec(ctx, kube, words);
  return ended(KUBECTL_VERBS[verb]?.({ ctx, kube, options: kubectlOptions(words) }) ?? 1);
}
