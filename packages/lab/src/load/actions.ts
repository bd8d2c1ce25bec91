// The verb of a step → its action.
import { stringify } from "yaml";
import type { Path } from "@kubehop/kube";
import { encodeUtf8 } from "@kubehop/sim";
import { REQUEST_TIMEOUT_MS, type RunAction, type SendAction, type SendFlow } from "../model/step-spec.ts";
import { readTable } from "../flows/read-table.ts";
import type { DatagramAction, FlowsAction, InjectAction, StepAction } from "../model/step-spec.ts";
import { parseDuration } from "../schema/notation.ts";
import type { StepFile } from "../schema/scenario-schema.ts";
import { splitCommands } from "./commands.ts";
import type { Draft } from "./draft.ts";
import type { ExpectContext } from "./expectation.ts";
import { buildFault } from "./fault/build-fault.ts";
import { buildRace } from "./race.ts";
import { sendFlowOf } from "./send-flow.ts";
import { idleKeys, type Verb, type VerbKey, VERBS, verbsWith } from "./verb-keys.ts";

export type DraftStep = Draft<StepFile>;

export function buildAction(ec: ExpectContext, step: DraftStep, path: Path): StepAction {
  const written = VERBS.filter((verb) => ec.context.document.has([...path, verb]));
  if (written.length === 0) ec.context.report(path, `a step needs one of ${VERBS.join(", ")}`, { code: "missing-key" });
  const [, second] = written;
  if (second !== undefined) {
    ec.context.report([...path, second], `a step does one thing, this one has ${written.join(" and ")}`, {
      code: "conflict",
      hint: "make two steps of it",
      atKey: true,
    });
  }
  if (step.send !== undefined) return buildSend(ec, step.send, [...path, "send"]);
  if (step.inject !== undefined) return buildInject(ec, step, step.inject, path);
  if (step.datagram !== undefined) return buildDatagram(ec, step, step.datagram, path);
  if (step.fault !== undefined) return buildFaultAction(ec, step.fault, [...path, "fault"]);
  if (step.flows !== undefined) return buildFlows(ec, [...path, "flows"]);
  if (step.race !== undefined) return buildRace(ec, step, socketPlaceOf(ec, step, path), path) ?? NOTHING;
  if (step.wait !== undefined) return { kind: "wait", ms: parseDuration(step.wait) ?? 0 };
  return buildRun(ec, step, path);
}

function buildFaultAction(ec: ExpectContext, draft: NonNullable<DraftStep["fault"]>, path: Path): StepAction {
  const fault = buildFault(ec, draft, path);
  const text = Object.entries(draft).map(([key, value]) => `${key}: ${oneLine(value)}`);
  return fault === undefined ? NOTHING : { kind: "fault", fault, text: text.join(", ") };
}

function oneLine(value: unknown): string {
  return typeof value === "string" ? value : stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

/** Stands in for an action that was reported. */
const NOTHING: StepAction = { kind: "wait", ms: 0 };

/** A table of flows; one that cannot be read has no rows. */
export function buildFlows(ec: ExpectContext, path: Path): FlowsAction {
  const none = { position: ec.context.position(path), columns: [], hasExcept: false, rows: [], endpoints: [] };
  return { kind: "flows", table: readTable(ec, path) ?? none };
}

/** Keys that mean nothing beside the verb. A step with several verbs is wrong already. */
export function checkVerbKeys({ context }: ExpectContext, path: Path): void {
  const has = (key: string): boolean => context.document.has([...path, key]);
  const [verb, second] = VERBS.filter(has);
  if (verb === undefined || second !== undefined) return;
  // The end of a stream goes with its beginning.
  for (const key of idleKeys(verb).filter((name) => has(name) && !(name === "until" && has("every"))))
    context.report([...path, key], idleText(key, verb), { code: "conflict", atKey: true });
}

function idleText(key: VerbKey, verb: Verb): string {
  if (key === "held") return '"held" means nothing without race';
  if (key !== "in" || verb === "flows") return `"${key}" means nothing beside ${verb}`;
  return `"in" says where ${listed(verbsWith("in"))} happen, ${verb} has no use for it`;
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}

function buildRun(ec: ExpectContext, step: DraftStep, path: Path): RunAction {
  const place = placeOf(ec, step, path);
  const commands = splitCommands(ec.context, step.run ?? "", [...path, "run"]);
  if (step.run !== undefined && commands.length === 0) ec.context.report([...path, "run"], "no command");
  return { kind: "run", in: place, commands };
}

/** Where a step happens. In a lab of namespaces there is no admin. */
function placeOf(ec: ExpectContext, step: DraftStep, path: Path): string {
  if (step.in !== undefined) ec.names.checkPlace(step.in, [...path, "in"]);
  else if (ec.names.isBare && !ec.context.document.has([...path, "in"]))
    ec.context.report(path, 'missing key "in": the namespace in which this happens', { code: "missing-key" });
  return step.in ?? ADMIN_PLACE;
}

const ADMIN_PLACE = "admin";

/** Sockets stand in namespaces that have devices. */
function socketPlaceOf(ec: ExpectContext, step: DraftStep, path: Path): string {
  const place = placeOf(ec, step, path);
  if (place === ADMIN_PLACE && !ec.names.isBare)
    ec.context.report(path, "admin is not on the network: say in which place this happens", {
      code: "missing-key",
      hint: "write in: PLACE",
    });
  return place;
}

function buildInject(
  ec: ExpectContext,
  step: DraftStep,
  { dev = "", frame = "" }: NonNullable<DraftStep["inject"]>,
  path: Path,
): InjectAction {
  return { kind: "inject", in: socketPlaceOf(ec, step, path), dev, frame: plainHex(frame) };
}

function buildDatagram(
  ec: ExpectContext,
  step: DraftStep,
  draft: NonNullable<DraftStep["datagram"]>,
  path: Path,
): DatagramAction {
  const { sport = 1, to, payload, bytes } = draft;
  const at = [...path, "datagram"];
  const [, name, port] = /^([^\s:]+):(\d{1,5})$/.exec(to ?? "") ?? [];
  const number = Number(port ?? 0);
  if (to !== undefined && (name === undefined || number < 1 || number > 65535))
    ec.context.report([...at, "to"], `${JSON.stringify(to)} is not ADDRESS:PORT`, { hint: 'write "10.1.1.3:53"' });
  else if (name !== undefined) ec.names.checkEnd(name, [...at, "to"]);
  if (payload !== undefined && bytes !== undefined)
    ec.context.report([...at, "bytes"], '"bytes" stands in place of "payload"', { code: "conflict", atKey: true });
  const hex = bytes === undefined ? hexOf(payload ?? "") : plainHex(bytes);
  return { kind: "datagram", in: socketPlaceOf(ec, step, path), sport, to: { name: name ?? "", port: number }, hex };
}

function plainHex(text: string): string {
  return text.replaceAll(/\s/g, "").toLowerCase();
}

function hexOf(text: string): string {
  return [...encodeUtf8(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function buildSend(ec: ExpectContext, draft: NonNullable<DraftStep["send"]>, path: Path): SendAction {
  const long = typeof draft === "string" ? { flow: draft } : draft;
  const at = typeof draft === "string" ? path : [...path, "flow"];
  const flow = sendFlowOf(ec, long.flow, at) ?? NO_FLOW;
  const timeout = long.timeout === undefined ? undefined : parseDuration(long.timeout);
  if (timeout === 0) ec.context.report([...path, "timeout"], "no answer comes in no time");
  return { kind: "send", flow, payload: long.payload, timeout: timeout ?? REQUEST_TIMEOUT_MS };
}

/** Stands in for a flow that was reported. */
const NO_FLOW: SendFlow = {
  text: "",
  from: { name: "", port: undefined },
  to: { name: "", port: undefined },
  protocol: "tcp",
};
