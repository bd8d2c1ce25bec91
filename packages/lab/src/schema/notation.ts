// The small notations inside scalars: times, counts, shares, flows, references to pods. Text in, value or complaint out.
import { kindFromWord, parseIPv4 } from "@kubehop/kube";
import type { CountSpec } from "../model/expect-spec.ts";
import type { FlowEnd, FlowProtocol, FlowSpec } from "../model/step-spec.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1m30s`, `200ms`, `2.5s` → virtual ms; undefined when it is no time. */
export function parseDuration(written: string | number): number | undefined {
  const text = String(written);
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (UNITS[unit ?? ""] ?? 0);
  }
  return total;
}

/** `3`, `>=1`, `<2`, `2..4` → bounds; undefined when it is no count. */
export function parseCount(value: string | number): CountSpec | undefined {
  const text = String(value).trim();
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  if (range) {
    const [min, max] = [Number(range[1]), Number(range[2])];
    return min <= max ? { min, max, text } : undefined;
  }
  const match = /^(>=|<=|>|<)?\s*(\d+)$/.exec(text);
  if (match === null) return undefined;
  return { ...bounds(match[1] ?? "=", Number(match[2])), text };
}

function bounds(sign: string, n: number): { min: number; max: number } {
  switch (sign) {
    case ">=":
      return { min: n, max: Infinity };
    case ">":
      return { min: n + 1, max: Infinity };
    case "<=":
      return { min: 0, max: n };
    case "<":
      return { min: 0, max: n - 1 };
    default:
      return { min: n, max: n };
  }
}

/** What a filter without `count` wants. */
export const AT_LEAST_ONE: CountSpec = { min: 1, max: Infinity, text: "at least 1" };

/** `1/3`, `33%`, `0.33` → 0–1; undefined when it is no share. */
export function parseFraction(value: string | number): number | undefined {
  const text = String(value).trim();
  const ratio = /^(\d+)\/(\d+)$/.exec(text);
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text);
  const plain = /^\d*\.?\d+$/.test(text) ? Number(text) : undefined;
  const fraction = ratio ? Number(ratio[1]) / Number(ratio[2]) : percent ? Number(percent[1]) / 100 : plain;
  return fraction !== undefined && fraction >= 0 && fraction <= 1 ? fraction : undefined;
}

const PROTOCOLS: readonly string[] = ["tcp", "udp", "sctp", "icmp"];

/** `FROM[:port] > TO[:port][/proto]` → flow, or what is wrong with it. */
export function parseFlow(text: string): FlowSpec | string {
  const halves = text.split(">");
  if (halves.length !== 2) return `${JSON.stringify(text)} is not a flow: it needs one ">"`;
  const [left = "", right = ""] = halves.map((half) => half.trim());
  const protocol = /\/([a-z]+)$/i.exec(right)?.[1]?.toLowerCase();
  const known = protocol !== undefined && PROTOCOLS.includes(protocol);
  // `svc/web` is a name, `web/udp` is a protocol.
  if (protocol !== undefined && !known && /:\d+\/[a-z]+$/i.test(right))
    return `unknown protocol ${JSON.stringify(protocol)} in flow`;
  const to = parseFlowEnd(known ? right.slice(0, -(protocol.length + 1)) : right);
  const from = parseFlowEnd(left);
  if (typeof from === "string") return from;
  if (typeof to === "string") return to;
  const chosen = (known ? protocol : "tcp") as FlowProtocol;
  if (chosen === "icmp" && (from.port ?? to.port) !== undefined)
    return `icmp has no ports in flow ${JSON.stringify(text)}`;
  return { text, from, to, protocol: chosen };
}

/** `NAME[:port]`, or what is wrong with it. */
export function parseFlowEnd(text: string): FlowEnd | string {
  const match = /^([^\s:]+)(?::(\d+))?$/.exec(text);
  if (match?.[1] === undefined) {
    if (text === "") return "a flow needs a name or an address on both sides";
    return (text.match(/:/g) ?? []).length > 1
      ? `IPv6 is not modelled yet: ${text}`
      : `${JSON.stringify(text)} is not NAME[:port]`;
  }
  const port = match[2] === undefined ? undefined : Number(match[2]);
  if (port !== undefined && (port < 1 || port > 65535)) return `port ${port} is out of range (1–65535)`;
  return { name: match[1], port };
}

/** The parts of a reference to pods. */
export interface PodText {
  readonly namespace: string | undefined;
  readonly kind: string | undefined;
  readonly name: string;
  readonly index: number | undefined;
}

/** `export#3`, `deploy/web#1`, `prod/export`, `prod/deploy/export#2` → parts, or what is wrong. */
export function parsePodText(text: string): PodText | string {
  const match = /^([^#\s]+)(?:#(\d+))?$/.exec(text);
  if (match?.[1] === undefined) return `${JSON.stringify(text)} is not a reference to pods`;
  const index = match[2] === undefined ? undefined : Number(match[2]);
  if (index === 0) return `pods are counted from 1: ${JSON.stringify(text)}`;
  const parts = match[1].split("/");
  const name = parts.pop() ?? "";
  if (parts.length > 2 || name === "" || parts.includes(""))
    return `${JSON.stringify(text)} is not a reference to pods`;
  const kind = parts.findLast((part) => isPodOwner(part));
  const namespace = parts.find((part) => part !== kind);
  if (parts.length === 2 && kind === undefined)
    return `${JSON.stringify(text)}: ${JSON.stringify(parts[1])} is not a kind of workload`;
  return { namespace, kind, name, index };
}

const OWNERS: readonly string[] = [
  "Pod",
  "Deployment",
  "ReplicaSet",
  "DaemonSet",
  "StatefulSet",
  "ReplicationController",
];

function isPodOwner(word: string): boolean {
  const kind = kindFromWord(word);
  return kind !== undefined && OWNERS.includes(kind);
}

/** `svc/web`, `svc/prod/export`, `service/web` → namespace and name; undefined when it is no such reference. */
export function parseServiceText(text: string): { namespace: string | undefined; name: string } | undefined {
  const match = /^(?:svc|service|services)\/(?:([^/]+)\/)?([^/]+)$/.exec(text);
  return match?.[2] === undefined ? undefined : { namespace: match[1], name: match[2] };
}

export function isAddress(text: string): boolean {
  return parseIPv4(text) !== undefined;
}

/** One step of a dotted path: `a.b["c.d"][2]` → a, b, c.d, 2; undefined when malformed. */
export function parsePath(text: string): (string | number)[] | undefined {
  const steps: (string | number)[] = [];
  const token = /(?:^|\.)([A-Za-z_][\w/-]*)|\[(\d+)\]|\["([^"]*)"\]/y;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) return undefined;
    const [, name, index, quoted] = match;
    steps.push(index === undefined ? (name ?? quoted ?? "") : Number(index));
  }
  return steps.length === 0 ? undefined : steps;
}

/** What can happen to an object, for `after`, `until` and `since`. */
export interface EventKind {
  readonly word: string;
  readonly object: "pod" | "service" | "agent" | "step";
  /** It is written with a number: how many endpoints, which batch. */
  readonly numbered: boolean;
  readonly meaning: string;
  readonly example: string;
}

export const EVENT_KINDS: readonly EventKind[] = [
  { word: "scheduled", object: "pod", numbered: false, meaning: "the pod has a node", example: "echo#2 scheduled" },
  {
    word: "ready",
    object: "pod",
    numbered: false,
    meaning: "the pod has an address and serves",
    example: "echo#2 ready",
  },
  {
    word: "gone",
    object: "pod",
    numbered: false,
    meaning: "the pod's sandbox is no more",
    example: "echo#1 gone + 2s",
  },
  {
    word: "endpoints",
    object: "service",
    numbered: true,
    meaning: "the Service has that many ready endpoints now",
    example: "svc/echo endpoints 1",
  },
  {
    word: "synced",
    object: "agent",
    numbered: false,
    meaning: "the agent has written something and is through",
    example: "node1/kube-proxy synced",
  },
  {
    word: "batch",
    object: "agent",
    numbered: true,
    meaning: "the agent has written its N-th batch from then on; it is held there until the step has ended",
    example: "node1/kube-proxy batch 1",
  },
  { word: "begun", object: "step", numbered: false, meaning: "the step has begun", example: "stream begun" },
  { word: "ended", object: "step", numbered: false, meaning: "the step has ended", example: "rollout ended" },
];

/** `OBJECT EVENT [N] [+ T]`; the object as it is written. */
export interface EventText {
  readonly object: string;
  readonly kind: EventKind;
  readonly number: number | undefined;
  /** Virtual ms. */
  readonly plus: number;
}

/** Text → event, or what is wrong with it. */
export function parseEvent(text: string): EventText | string {
  const match = /^(\S.*?)\s+([a-z]+)(?:\s+(\d+))?(?:\s*\+\s*(\S+))?$/.exec(text.trim());
  const [, object = "", word = "", digits, later] = match ?? [];
  if (match === null) return `${JSON.stringify(text)} is not OBJECT EVENT`;
  const kind = EVENT_KINDS.find((one) => one.word === word);
  if (kind === undefined) return `${JSON.stringify(word)} is no event`;
  if (kind.numbered && digits === undefined) return `${word} needs a number: ${kind.example}`;
  if (!kind.numbered && digits !== undefined) return `${word} has no number`;
  if (word === "batch" && Number(digits) === 0) return "batches are counted from 1";
  const plus = later === undefined ? 0 : parseDuration(later);
  if (plus === undefined) return `${JSON.stringify(later)} is not a time`;
  return { object, kind, number: digits === undefined ? undefined : Number(digits), plus };
}
