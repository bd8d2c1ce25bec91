// How objects are named in the log of events.

import { parsePodText } from "./notation.ts";

/** `svc/echo`, `svc/prod/echo`. */
export function serviceSubject(namespace: string, name: string): string {
  return namespace === "default" ? `svc/${name}` : `svc/${namespace}/${name}`;
}

/** Of a pod: what it was made as, `deploy` and 1 for `deploy/echo#1`. */
export interface PodIdentity {
  readonly namespace: string;
  readonly word: string;
  readonly workload: string;
  readonly ordinal: number;
}

/** `echo#1`, `prod/echo#1`; a pod that no workload made by its name. */
export function identitySubject({ namespace, word, workload, ordinal }: PodIdentity): string {
  return inNamespace(namespace, word === "pod" ? workload : `${workload}#${ordinal}`);
}

/** `deploy/echo#1` as it is named before there is such a pod. */
export function shortReference(reference: string): string {
  const parts = parsePodText(reference);
  if (typeof parts === "string") return reference;
  return inNamespace(
    parts.namespace ?? "default",
    parts.index === undefined ? parts.name : `${parts.name}#${parts.index}`,
  );
}

function inNamespace(namespace: string, name: string): string {
  return namespace === "default" ? name : `${namespace}/${name}`;
}
