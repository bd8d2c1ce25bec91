// kubectl get and describe.

import type { GetRequest, KubeObject, PrintContext } from "@kubehop/kube";
import {
  describeEndpoints,
  describeService,
  KINDS,
  kubectlGet,
  kubectlTable,
  objectWord,
  parseSelector,
} from "@kubehop/kube";
import type { KubectlRun } from "./kubectl.ts";
import type { ResourceRequest } from "./kubectl-args.ts";
import { flag, KubectlError, notModelled, resources } from "./kubectl-args.ts";

export function printContext({ kube }: KubectlRun): PrintContext {
  return { store: kube.store, now: kube.now(), version: kube.version };
}

type Output = NonNullable<GetRequest["output"]>;
const OUTPUTS: readonly Output[] = ["wide", "name", "yaml", "json"];

function outputOf(run: KubectlRun): Output {
  const word = flag(run.options, "o") ?? "table";
  const output = word === "table" ? word : OUTPUTS.find((name) => name === word);
  if (output === undefined) throw notModelled(`-o ${word}`);
  return output;
}

type Shared = Omit<GetRequest, "kind" | "names">;

function sharedRequest(run: KubectlRun): Shared {
  const { options } = run;
  const selector = flag(options, "l");
  const parsed = selector === undefined ? undefined : parseSelector(selector);
  if (parsed !== undefined && "error" in parsed) throw new KubectlError(`error: ${parsed.error}`);
  return {
    namespace: flag(options, "n") ?? "default",
    allNamespaces: options.values.has("A"),
    output: outputOf(run),
    noHeaders: options.values.has("no-headers"),
    showLabels: options.values.has("show-labels"),
    ...(parsed === undefined ? {} : { selector: parsed.selector }),
  };
}

export function kubectlGetCommand(run: KubectlRun): number {
  const requests = resources(run.options.operands);
  const shared = sharedRequest(run);
  const [only] = requests;
  if (requests.length === 1 && only !== undefined) return getOne(run, { ...shared, ...only });
  if (shared.output === "yaml" || shared.output === "json") throw notModelled(`-o ${shared.output} of several kinds`);
  return getSeveral(run, requests, shared);
}

function getOne({ ctx, ...rest }: KubectlRun, request: GetRequest): number {
  const { stdout, stderr, exitCode } = kubectlGet(request, printContext({ ctx, ...rest }));
  if (stdout !== "") ctx.stdout(stdout);
  if (stderr !== "") ctx.stderr(stderr);
  return exitCode;
}

/** Several kinds: a table each, an empty line between, names with their kind. Kinds without objects are silent. */
function getSeveral(run: KubectlRun, requests: readonly ResourceRequest[], shared: Shared): number {
  const context = printContext(run);
  const tables: string[] = [];
  let exit = 0;
  for (const request of merged(requests)) {
    if (shared.output === "name" || request.names.length > 0) {
      // Names must exist; absent ones are told one by one.
      const { stderr, exitCode, stdout } = kubectlGet({ ...shared, ...request, output: "name" }, context);
      if (request.names.length > 0) run.ctx.stderr(stderr);
      exit = Math.max(exit, request.names.length > 0 ? exitCode : 0);
      if (shared.output === "name") {
        run.ctx.stdout(stdout);
        continue;
      }
    }
    const found = objectsOf(run, request, shared);
    if (found.length > 0)
      tables.push(
        kubectlTable(
          found.map((object) => withKind(object)),
          { ...shared, kind: request.kind },
          context,
        ),
      );
  }
  if (tables.length > 0) run.ctx.stdout(tables.join("\n"));
  else if (exit === 0 && shared.output !== "name")
    run.ctx.stderr(`No resources found in ${shared.namespace ?? "default"} namespace.\n`);
  return exit;
}

/** `get svc/a svc/b pod/c`: names of one kind go into one table. */
function merged(requests: readonly ResourceRequest[]): ResourceRequest[] {
  const out: ResourceRequest[] = [];
  for (const { kind, names } of requests) {
    const at = out.findIndex((other) => other.kind === kind);
    const before = out[at];
    if (before === undefined) out.push({ kind, names });
    else out[at] = { kind, names: [...before.names, ...names] };
  }
  return out;
}

function objectsOf(
  { kube }: KubectlRun,
  { kind, names }: ResourceRequest,
  { namespace = "default", allNamespaces, selector }: Shared,
): KubeObject[] {
  const place = KINDS[kind].namespaced ? namespace : "";
  if (names.length > 0)
    return names.map((name) => kube.store.get(kind, place, name)).filter((object) => object !== undefined);
  const everywhere = allNamespaces === true || !KINDS[kind].namespaced;
  return [
    ...kube.store.list(kind, { ...(everywhere ? {} : { namespace }), ...(selector === undefined ? {} : { selector }) }),
  ];
}

function withKind(object: KubeObject): KubeObject {
  return Object.assign({}, object, {
    metadata: { ...object.metadata, name: `${objectWord(object.kind)}/${object.metadata.name}` },
  });
}

const DESCRIBERS: Readonly<Record<string, (namespace: string, name: string, context: PrintContext) => string>> = {
  Service: describeService,
  Endpoints: describeEndpoints,
};

export function kubectlDescribe(run: KubectlRun): number {
  const namespace = flag(run.options, "n") ?? "default";
  const texts: string[] = [];
  for (const { kind, names } of resources(run.options.operands)) {
    const describe = DESCRIBERS[kind];
    if (describe === undefined) throw notModelled(`kubectl describe of a ${kind}`);
    const all =
      names.length > 0 ? names : run.kube.store.list(kind, { namespace }).map(({ metadata }) => metadata.name);
    for (const name of all) texts.push(describe(namespace, name, printContext(run)));
  }
  if (texts.length === 0) run.ctx.stderr(`No resources found in ${namespace} namespace.\n`);
  run.ctx.stdout(texts.join("\n\n"));
  return 0;
}
