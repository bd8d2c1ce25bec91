// kubectl apply, create, delete, scale.

import type { Diagnostic, Kind, SourceText } from "@kubehop/kube";
import { ApiError, applyLine, deleteLine, KINDS, renderDiagnostics } from "@kubehop/kube";
import type { ObjectName, ScalableKind } from "../kube-access.ts";
import { readFile } from "../shell/files.ts";
import type { KubectlRun } from "./kubectl.ts";
import { flag, KubectlError, notModelled, resources } from "./kubectl-args.ts";

/** The files of -f: name and text. */
function manifests({ ctx, options }: KubectlRun): { name: string; text: string }[] {
  return (options.values.get("f") ?? []).map((file) => {
    const name = file.replace(/^=/, "");
    if (/^https?:/.test(name)) throw notModelled(`-f ${name} (fetching manifests)`);
    const text = readFile(ctx, name);
    if (text === undefined) throw new KubectlError(`error: the path ${JSON.stringify(name)} does not exist`);
    return { name, text };
  });
}

function namespaceOf(run: KubectlRun): string {
  return flag(run.options, "n") ?? "default";
}

/** Mistakes are shown with their places; true when there are any. */
function toldMistakes(
  { ctx }: KubectlRun,
  diagnostics: readonly Diagnostic[],
  sources: readonly SourceText[],
): boolean {
  if (diagnostics.length === 0) return false;
  ctx.stderr(`${renderDiagnostics(diagnostics, sources)}\n`);
  return true;
}

export function kubectlApply(run: KubectlRun, mode: "apply" | "create"): number {
  const { ctx, kube, options } = run;
  if (options.operands.length > 0) throw notModelled(`kubectl ${mode} ${options.operands.join(" ")}`);
  const files = manifests(run);
  if (files.length === 0) throw new KubectlError("error: must specify one of -f and -k");
  let exit = 0;
  for (const { name, text } of files) {
    const outcome = kube.applyManifest({ text, file: name, mode, namespace: namespaceOf(run) });
    if (toldMistakes(run, outcome.diagnostics, outcome.sources)) exit = 1;
    for (const object of outcome.applied) ctx.stdout(applyLine(object.kind, object.name, object.result, kube.version));
    if (outcome.error === undefined) continue;
    ctx.stderr(`${outcome.error}\n`);
    exit = 1;
  }
  return exit;
}

export function kubectlDelete(run: KubectlRun): number {
  const { ctx, kube, options } = run;
  const targets = deleteTargets(run);
  if (targets === undefined) return 1;
  const lenient = options.values.has("ignore-not-found") || flag(options, "ignore-not-found=") === "true";
  let exit = 0;
  for (const { kind, namespace, name } of targets) {
    try {
      kube.deleteObject(kind, namespace, name);
      ctx.stdout(deleteLine(kind, namespace, name, kube.version));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (lenient && error.reason === "NotFound") continue;
      ctx.stderr(`${error.kubectlText}\n`);
      exit = 1;
    }
  }
  return exit;
}

function deleteTargets(run: KubectlRun): ObjectName[] | undefined {
  const { kube, options } = run;
  const namespace = namespaceOf(run);
  const files = manifests(run);
  if (files.length === 0) return namedTargets(run, namespace);
  const targets: ObjectName[] = [];
  for (const { name, text } of files) {
    const { objects, diagnostics, sources } = kube.readManifest(text, name, namespace);
    if (toldMistakes(run, diagnostics, sources)) return undefined;
    targets.push(...objects);
  }
  if (options.operands.length > 0)
    throw new KubectlError(
      "error: when paths, URLs, or stdin is provided as resource input, you may not specify resource arguments as well",
    );
  return targets;
}

function namedTargets({ kube, options }: KubectlRun, namespace: string): ObjectName[] {
  if (options.values.has("l")) throw notModelled("kubectl delete -l");
  return resources(options.operands).flatMap(({ kind, names }) => {
    const place = KINDS[kind].namespaced ? namespace : "";
    if (names.length > 0) return names.map((name) => ({ kind, namespace: place, name }));
    if (!options.values.has("all"))
      throw new KubectlError("error: resource(s) were provided, but no name was specified");
    return kube.store
      .list(kind, { namespace: place })
      .map(({ metadata }) => ({ kind, namespace: place, name: metadata.name }));
  });
}

const SCALABLE: readonly Kind[] = ["Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"];

function isScalable(kind: Kind): kind is ScalableKind {
  return SCALABLE.includes(kind);
}

export function kubectlScale(run: KubectlRun): number {
  const { ctx, kube, options } = run;
  const replicas = flag(options, "replicas");
  if (replicas === undefined) throw new KubectlError('error: required flag(s) "replicas" not set');
  if (!/^\d+$/.test(replicas))
    throw new KubectlError(
      `error: The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0`,
    );
  for (const { kind, names } of resources(options.operands)) {
    if (!isScalable(kind)) throw new KubectlError(`error: cannot scale a ${kind}`);
    if (names.length === 0) throw new KubectlError("error: resource(s) were provided, but no name was specified");
    for (const name of names) {
      kube.scale(kind, namespaceOf(run), name, Number(replicas));
      ctx.stdout(applyLine(kind, name, "configured", kube.version).replace(/configured\n$/, "scaled\n"));
    }
  }
  return 0;
}
