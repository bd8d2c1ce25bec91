// Which pod is the n-th of its workload, also after it is gone: what references such as `deploy/echo#2` mean.
import { kindFromWord, KINDS } from "../api/kinds.ts";
import type { Pod } from "../api/pod.ts";
import type { PodIdentity } from "./pins.ts";

/** A pod that was made once. */
export interface KnownPod {
  readonly identity: PodIdentity;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Result of looking a reference up. */
export type PodLookup =
  | { readonly found: KnownPod }
  | { readonly found: undefined; readonly problem: string; readonly candidates: readonly string[] };

/** Every pod ever made, by workload and number. */
export class Identities {
  readonly #byUid = new Map<string, KnownPod>();
  readonly #byWorkload = new Map<string, KnownPod[]>();
  /** The same lists by the workload's bare name: what a reference ends in. */
  readonly #byLastWord = new Map<string, KnownPod[][]>();
  readonly #byName = new Map<string, KnownPod[]>();

  /** Identity of the next pod of a workload. */
  next(namespace: string, word: string, workload: string): PodIdentity {
    const made = this.#byWorkload.get(workloadKey(namespace, word, workload));
    return { namespace, word, workload, ordinal: (made?.length ?? 0) + 1 };
  }

  /** Remembers a pod under the identity it was made with. */
  record(identity: PodIdentity, pod: Pod): void {
    const { namespace, name, uid } = pod.metadata;
    const known = { identity, namespace, name, uid };
    this.#byUid.set(uid, known);
    const key = workloadKey(identity.namespace, identity.word, identity.workload);
    const made = this.#byWorkload.get(key);
    pushed(this.#byName, name, known);
    if (made !== undefined) return void made.push(known);
    const first = [known];
    this.#byWorkload.set(key, first);
    pushed(this.#byLastWord, identity.workload, first);
  }

  of(pod: Pod): PodIdentity | undefined {
    return this.#byUid.get(pod.metadata.uid)?.identity;
  }

  /**
   * Finds a pod by `[namespace/][kind/]workload[#n]` or by its name. Without `#n` the workload must have exactly one
   * living pod. `isLive` says whether a pod still exists.
   */
  resolve(reference: string, isLive: (pod: KnownPod) => boolean): PodLookup {
    const [path = "", number] = reference.split("#");
    const last = lastWord(path);
    const matching = (this.#byLastWord.get(last) ?? []).flat().filter((known) => matchesReference(known, path));
    const byName = (this.#byName.get(last) ?? []).filter((known) => isNamed(known, path));
    const numbered =
      number === undefined
        ? [...new Set([...byName, ...matching])]
        : matching.filter((known) => known.identity.ordinal === Number(number));
    const living = numbered.filter((known) => isLive(known));
    const chosen = living.length > 0 || number === undefined ? living : numbered.slice(-1);
    const [found] = chosen;
    if (found !== undefined && chosen.length === 1) return { found };
    const candidates = chosen.map((known) => formatIdentity(known.identity));
    const problem = chosen.length === 0 ? `no pod ${reference}` : `${reference} may mean several pods`;
    return { found: undefined, problem, candidates };
  }

  /** False where `reference` surely means another pod; true asks for {@link resolve}. Cheap, for loops over many pods. */
  mayMean(reference: string, pod: Pod): boolean {
    const [path = "", number] = reference.split("#");
    const last = lastWord(path);
    if (number === undefined && last === pod.metadata.name) return true;
    const identity = this.of(pod);
    return identity?.workload === last && (number === undefined || identity.ordinal === Number(number));
  }
}

function lastWord(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function pushed<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** `deploy/echo#1`; with its namespace unless that is `default`. */
export function formatIdentity(identity: PodIdentity): string {
  const { namespace, word, workload, ordinal } = identity;
  const where = namespace === "default" ? "" : `${namespace}/`;
  return word === "pod" ? `${where}pod/${workload}` : `${where}${word}/${workload}#${ordinal}`;
}

function workloadKey(namespace: string, word: string, workload: string): string {
  return `${namespace}/${word}/${workload}`;
}

function isNamed(known: KnownPod, path: string): boolean {
  return [
    known.name,
    `pod/${known.name}`,
    `${known.namespace}/${known.name}`,
    `${known.namespace}/pod/${known.name}`,
  ].includes(path);
}

/** Any kind word kubectl knows may stand for the workload's kind. */
function matchesReference({ identity }: KnownPod, path: string): boolean {
  const parts = path.split("/");
  if (parts.at(-1) !== identity.workload || parts.length > 3) return false;
  const before = parts.slice(0, -1);
  const isKind = (word: string): boolean => word === identity.word || shortWord(word) === identity.word;
  if (before.length === 2) return before[0] === identity.namespace && isKind(before[1] ?? "");
  return before.every((word) => word === identity.namespace || isKind(word));
}

/** The word we use for a kind: `deployments` → `deploy`. */
function shortWord(word: string): string | undefined {
  const kind = kindFromWord(word);
  return kind === undefined ? undefined : kind === "Pod" ? "pod" : KINDS[kind].shortNames[0];
}
