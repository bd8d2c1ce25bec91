// The matcher `toReach`, without vitest: a value in, verdict and words out.
import type { Reached } from "../library/reached.ts";
import { checkReach } from "./check-reach.ts";

/** What a request is expected to have come to; what is left out may be anything. */
export interface ReachExpectation {
  /** Who answered: a pod, or one of several; a workload stands for all of its pods. */
  readonly backend?: string | readonly string[];
  /** Whose address the server saw: a place, an alias, an address. */
  readonly client?: string;
  /** TTL of the request at the server. */
  readonly ttl?: number;
}

export interface ReachVerdict {
  readonly pass: boolean;
  readonly message: () => string;
}

/**
 * True when an answer came and everything that is named is so. The message tells the request's way.
 * @throws LabError, whether an answer is expected or not, where nothing can be judged: no request was made, names or keys that mean nothing
 */
export function judgeReach(reached: unknown, expected: ReachExpectation = {}): ReachVerdict {
  checkReach(reached, expected);
  const wrong = complaints(reached, expected);
  const pass = wrong.length === 0;
  const headline = pass
    ? `${reached.what}: reached ${formatEnd(reached)}, and should not have`
    : [`${reached.what}: ${wrong[0] ?? ""}`, ...wrong.slice(1).map((line) => `  ${line}`)].join("\n");
  return { pass, message: () => `${headline}\n\n${reached.explain()}` };
}

function complaints(reached: Reached, { backend, client, ttl }: ReachExpectation): string[] {
  const { result } = reached;
  const found: string[] = [];
  if (result !== "ok") found.push(`result: ${result ?? "none"}, expected ok`, ...saidLast(reached));
  if (backend !== undefined && !isBackend(reached, backend))
    found.push(`backend: ${reached.by ?? "nobody"}, expected ${[backend].flat().join(" or ")}`);
  if (client !== undefined && reached.client !== (reached.addressOf(client) ?? client))
    found.push(`client: ${reached.client ?? "unknown"}, expected ${client}${sayAddress(reached, client)}`);
  if (ttl !== undefined && reached.ttl !== ttl) found.push(`ttl: ${reached.ttl ?? "unknown"}, expected ${ttl}`);
  return found;
}

function isBackend({ by, namesOf }: Reached, backend: string | readonly string[]): boolean {
  return by !== undefined && [backend].flat().some((one) => one === by || namesOf(one).includes(by));
}

function sayAddress(reached: Reached, name: string): string {
  const address = reached.addressOf(name);
  return address === undefined || address === name ? "" : ` (${address})`;
}

/** What a command said last: usually the reason. */
function saidLast({ stdout, stderr }: Reached): string[] {
  const last = (stderr.trim() === "" ? stdout : stderr).trim().split("\n").at(-1) ?? "";
  return last === "" ? [] : [last];
}

function formatEnd({ by, client, ttl }: Reached): string {
  return [by ?? "somebody", client === undefined ? "" : `client ${client}`, ttl === undefined ? "" : `ttl ${ttl}`]
    .filter((part) => part !== "")
    .join(", ");
}
