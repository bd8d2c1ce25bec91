// What was given to `toReach`, looked at before it is judged: a slip must not read as "did not reach", which `.not` would take for success.
import { didYouMean } from "@kubehop/kube";
import { LabError } from "../library/lab-error.ts";
import type { Reached } from "../library/reached.ts";
import type { ReachExpectation } from "./to-reach.ts";

type Check = (value: unknown) => boolean;

/** What may stand in an expectation, and in words. */
const KEYS: Readonly<Record<keyof ReachExpectation, readonly [Check, string]>> = {
  backend: [
    (value) => isName(value) || (Array.isArray(value) && value.length > 0 && value.every(isName)),
    "a name or a list of names",
  ],
  client: [isName, "a name or an address"],
  ttl: [Number.isInteger, "a whole number"],
};

/** @throws LabError for a receiver that is no result of a lab, an expectation that says nothing, and names that mean nothing */
export function checkReach(received: unknown, expected: unknown): asserts received is Reached {
  if (!isReached(received))
    throw new LabError(`toReach judges what curl, send, ping or run of a lab gave, found ${say(received)}`);
  if (typeof expected !== "object" || expected === null || Array.isArray(expected))
    throw new LabError(`toReach wants { ${Object.keys(KEYS).join(", ")} }, found ${say(expected)}`);
  for (const [key, value] of Object.entries(expected)) checkKey(key, value);
  if (received.result === undefined) throw new LabError(noRequest(received));
  checkNames(received, expected);
}

function checkKey(key: string, value: unknown): void {
  if (!isKey(key)) {
    const known = Object.keys(KEYS);
    throw new LabError(`toReach: unknown key ${key}: ${didYouMean(key, known) ?? `there are ${known.join(", ")}`}`);
  }
  const [isGood, wanted] = KEYS[key];
  if (!isGood(value)) throw new LabError(`toReach: ${key} wants ${wanted}, found ${say(value)}`);
}

function checkNames(reached: Reached, { backend, client }: ReachExpectation): void {
  const backends = backend === undefined ? [] : [backend].flat();
  const nobody = backends.find((name) => name !== reached.by && reached.namesOf(name).length === 0);
  if (nobody !== undefined)
    throw new LabError(`toReach: backend ${say(nobody)} is no pod, workload, machine or alias now`);
  if (client !== undefined && client !== reached.client && reached.addressOf(client) === undefined)
    throw new LabError(`toReach: client ${say(client)} is no place, alias or address now`);
}

/** What a command said last is usually the reason. */
function noRequest({ what, stdout, stderr }: Reached): string {
  const last = (stderr.trim() === "" ? stdout : stderr).trim().split("\n").at(-1) ?? "";
  return `${what}: no request was made, so it neither reached nor failed to${last === "" ? "" : `\n  ${last}`}`;
}

function isReached(value: unknown): value is Reached {
  if (typeof value !== "object" || value === null) return false;
  return "flows" in value && "namesOf" in value && "addressOf" in value && "explain" in value;
}

function isKey(key: string): key is keyof ReachExpectation {
  return Object.hasOwn(KEYS, key);
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function say(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "another object";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
