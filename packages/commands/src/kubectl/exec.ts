// kubectl exec POD -- CMD: the command runs in the pod's network namespace.

import { ApiError, KINDS } from "@kubehop/kube";
import type { ShellContext } from "../context.ts";
import type { KubeAccess } from "../kube-access.ts";
import type { RunningCommand } from "../process.ts";
import { flag, KubectlError, kubectlOptions, resources } from "./kubectl-args.ts";

/** Flags of exec that take a word behind them. */
const VALUED = new Set(["-n", "--namespace", "-c", "--container"]);

export function kubectlExec(ctx: ShellContext, kube: KubeAccess, args: readonly string[]): RunningCommand {
  const { own, command } = split(args);
  const options = kubectlOptions(own);
  const [target] = options.operands;
  if (target === undefined) throw new KubectlError("error: pod, type/name or --filename must be specified");
  if (command.length === 0) throw new KubectlError("error: you must specify at least one command for the container");
  const namespace = flag(options, "n") ?? "default";
  const pod = podName(kube, namespace, target);
  kube.store.require("Pod", namespace, pod);
  const running = kube.exec(namespace, pod, command, options.values.has("i") ? ctx : { ...ctx, stdin: "" });
  if (running === undefined) throw new KubectlError(`error: unable to upgrade connection: pod does not exist`);
  return running;
}

/** Everything behind `--`, or (the old form) behind the pod's name, is the command. */
function split(args: readonly string[]): { own: readonly string[]; command: readonly string[] } {
  const dashes = args.indexOf("--");
  if (dashes >= 0) return { own: args.slice(0, dashes), command: args.slice(dashes + 1) };
  let at = 0;
  while (args[at]?.startsWith("-") === true) at += VALUED.has(args[at] ?? "") ? 2 : 1;
  let end = at + 1;
  while (args[end]?.startsWith("-") === true) end += VALUED.has(args[end] ?? "") ? 2 : 1;
  return { own: args.slice(0, end), command: args.slice(end) };
}

/** `deploy/web` means its first pod. */
function podName(kube: KubeAccess, namespace: string, target: string): string {
  if (!target.includes("/")) return target;
  const [request] = resources([target]);
  const name = request?.names[0] ?? "";
  if (request === undefined || request.kind === "Pod") return name;
  const owner = kube.store.require(request.kind, namespace, name);
  const pods = kube.store
    .list("Pod", { namespace })
    .filter((pod) => isOwnedBy(kube, pod.metadata.ownerReferences, owner.metadata.uid));
  const [first] = pods;
  if (first === undefined) throw new ApiError("NotFound", `${KINDS.Pod.plural} of ${target} not found`);
  return first.metadata.name;
}

/** Directly, or through a ReplicaSet. */
function isOwnedBy(kube: KubeAccess, references: readonly { readonly uid: string }[], uid: string): boolean {
  return references.some(
    (reference) =>
      reference.uid === uid ||
      kube.store
        .list("ReplicaSet")
        .some((set) => set.metadata.uid === reference.uid && set.metadata.ownerReferences.some((r) => r.uid === uid)),
  );
}
