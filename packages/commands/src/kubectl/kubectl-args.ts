// kubectl's command line: verb, flags anywhere, resources as `svc`, `svc,pods`, `svc NAME`, `svc/NAME`.

import type { Kind } from "@kubehop/kube";
import { kindFromWord } from "@kubehop/kube";
import type { Options } from "../options.ts";
import { isOptionError, lastValue, parseOptions } from "../options.ts";

/** A complaint and its exit code. */
export class KubectlError extends Error {
  override readonly name: string = "KubectlError";
  readonly code: number;

  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

/** kubectl takes it, kubehop does not. */
export class KubectlNotModelled extends KubectlError {
  override readonly name = "KubectlNotModelled";
}

export function notModelled(what: string): KubectlNotModelled {
  return new KubectlNotModelled(`kubectl: ${what} is not modelled by kubehop`, 2);
}

export const KUBECTL_SPEC = {
  short: "n:Ao:l:f:itc:R",
  long: {
    "namespace=": "n",
    "all-namespaces": "A",
    "output=": "o",
    "selector=": "l",
    "filename=": "f",
    "no-headers": "no-headers",
    "show-labels": "show-labels",
    "replicas=": "replicas",
    stdin: "i",
    tty: "t",
    "container=": "c",
    all: "all",
    "ignore-not-found": "ignore-not-found",
    "ignore-not-found=": "ignore-not-found=",
    now: "now",
    "wait=": "wait",
    "grace-period=": "grace",
    force: "force",
  },
  refusedShort: "wLkvhs",
  refusedLong: [
    "watch",
    "field-selector",
    "sort-by",
    "dry-run",
    "context",
    "kubeconfig",
    "server-side",
    "prune",
    "cascade",
    "timeout",
    "template",
    "label-columns",
    "server",
    "as",
    "record",
    "overwrite",
    "recursive",
    "kustomize",
    "image",
    "port",
    "restart",
    "rm",
  ],
};

/** Throws KubectlError for wrong flags. */
export function kubectlOptions(args: readonly string[]): Options {
  const parsed = parseOptions(KUBECTL_SPEC, args);
  if (!isOptionError(parsed)) return parsed;
  if (parsed.error === "refused") throw notModelled(`option ${parsed.option}`);
  if (parsed.error === "value") throw new KubectlError(`error: flag needs an argument: ${parsed.option}`);
  const text = parsed.option.startsWith("--")
    ? `unknown flag: ${parsed.option}`
    : `unknown shorthand flag: '${parsed.option.slice(1)}' in ${parsed.option}`;
  throw new KubectlError(`error: ${text}\nSee 'kubectl --help' for usage.`);
}

/** The value of a flag, also when written `-n=web`. */
export function flag(options: Options, key: string): string | undefined {
  return lastValue(options, key)?.replace(/^=/, "");
}

export interface ResourceRequest {
  readonly kind: Kind;
  /** Empty: all of the kind. */
  readonly names: readonly string[];
}

/** What `get all` means, in kubectl's order. */
const ALL: readonly Kind[] = [
  "Pod",
  "ReplicationController",
  "Service",
  "DaemonSet",
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
];

/** Throws KubectlError. Several kinds: one request each. */
export function resources(operands: readonly string[]): ResourceRequest[] {
  const [first, ...names] = operands;
  if (first === undefined)
    throw new KubectlError(
      'error: You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.',
    );
  if (operands.some((word) => word.includes("/"))) return operands.map((word) => slashed(word, operands));
  if (first === "all" && names.length === 0) return ALL.map((kind) => ({ kind, names: [] }));
  return first.split(",").map((word) => ({ kind: kindOf(word), names }));
}

function slashed(word: string, operands: readonly string[]): ResourceRequest {
  const [kind = "", name = "", ...more] = word.split("/");
  if (!word.includes("/") || more.length > 0)
    throw new KubectlError(
      `error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'${operands.length > 0 ? "" : ""}`,
    );
  return { kind: kindOf(kind), names: [name] };
}

function kindOf(word: string): Kind {
  const kind = kindFromWord(word);
  if (kind === undefined)
    throw new KubectlError(`error: the server doesn't have a resource type ${JSON.stringify(word)}`);
  return kind;
}
