// What a search for differences found, as text.

import type { ConfigOp } from "@kubehop/netstack";
import { counted } from "../counted.ts";
import type { LabSpec } from "../live/lab-spec.ts";
import { opWords } from "../live/op-words.ts";
import { frameText } from "../live/frame-text.ts";
import { indented } from "../live/side-by-side.ts";
import type { LiveDifference } from "../live/compare.ts";
import type { PlayStep } from "../live/kernel.ts";
import type { FuzzCase } from "./fuzz-case.ts";
import type { FuzzFinding, FuzzTotals } from "./fuzz.ts";

/** The last line: labs, cases, packets compared, differences. */
export function formatFuzzTotals(title: string, seed: string, t: FuzzTotals): string {
  const compared = `${counted(t.packets, "packet")} and ${counted(t.events, "conntrack event")} compared`;
  const cut = [
    [t.storms, "cut short by a storm"],
    [t.byChance, "cut short as NAT drew a port"],
  ] as const;
  const parts = [
    ...progressParts(t),
    compared,
    counted(t.findings.length, "difference"),
    `${counted(t.refused.length, "word")} not tried`,
    ...cut.filter(([n]) => n > 0).map(([n, why]) => `${counted(n, "case")} ${why}`),
  ];
  return `${title}, seed ${seed}: ${parts.join(", ")}\n`;
}

/** How far the search has come. */
export function formatFuzzProgress(t: FuzzTotals): string {
  return progressParts(t).join(", ");
}

function progressParts({ cases, labs, injected }: FuzzTotals): string[] {
  return [counted(labs, "lab"), counted(cases, "case"), `${counted(injected, "packet")} injected`];
}

export function formatFinding(finding: FuzzFinding): string {
  const { lab, fuzzCase, differences, before } = finding;
  const rules = Object.entries(fuzzCase.rules).flatMap(([ns, text]) =>
    text
      .split("\n")
      .filter((line) => line.startsWith("-A") || / DROP /.test(line))
      .map((line) => `  ${ns}: ${line}`),
  );
  return [
    `✗ case ${finding.index} of seed ${finding.seed}, ${lab.title}, ${lab.backend}${before.length === 0 ? "" : `, behind ${counted(before.length, "other case")}`}`,
    ...labLines(lab),
    ...setLines(fuzzCase),
    ...rules,
    ...before.flatMap((earlier, i) => [
      `  before, case ${i + 1}:`,
      ...earlier.steps.map((step) => `    ${stepText(step)}`),
    ]),
    ...fuzzCase.steps.map((step, i) => `  ${i + 1}. ${stepText(step)}`),
    ...differencesText(differences),
    "",
  ].join("\n");
}

function setLines({ sets }: FuzzCase): string[] {
  return Object.entries(sets ?? {}).flatMap(([ns, text]) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => `  ${ns}: ${line}`),
  );
}

/** What is particular about the lab, as a person would type it: sysctls, policy routing, port flags. */
function labLines(lab: LabSpec): string[] {
  return lab.build
    .filter(({ ns }) => lab.routers.includes(ns))
    .flatMap(({ ns, ops }) => ops.flatMap((op) => particular(op)).map((text) => `  ${ns}: ${text}`));
}

function particular(op: ConfigOp): string[] {
  if (op.op === "sysctl" && op.key.endsWith(".proxy_delay")) return [];
  if (op.op === "sysctl") return COMMON.has(`${op.key}=${op.value}`) ? [] : [`sysctl ${op.key}=${op.value}`];
  const words = opWords(op);
  if (words.tool !== "ip" || !/^(rule|route|link-set)/.test(op.op)) return [];
  return words.lines
    .map((line) => line.join(" "))
    .filter((line) => /hairpin|isolated|learning|flood|^rule|^route|promisc/.test(line));
}

const COMMON = new Set([
  "net.ipv4.ip_forward=1",
  "net.ipv4.conf.all.send_redirects=0",
  "net.ipv4.conf.default.send_redirects=0",
]);

export function stepText(step: PlayStep): string {
  if ("ops" in step) return `${step.ops.ns}: ${JSON.stringify(step.ops.ops)}`;
  if ("udp" in step) return `${step.udp[0]}: datagram from port ${step.udp[1]} to ${step.udp[2]}:${step.udp[3]}`;
  return `${step.frame[0]}/${step.frame[1]}: ${frameText(step.frame[2])}`;
}

/** The first one side by side; what else differs in the same step is counted. */
export function differencesText(differences: readonly LiveDifference[]): string[] {
  const [first] = differences;
  if (first === undefined) return [];
  const more = differences.length > 1 ? [`and ${differences.length - 1} more in the same step`] : [];
  return [...differenceLines(first), ...more].map((line) => `  ${line}`);
}

export function differenceLines({ what, step, where, kernel, ours }: LiveDifference): string[] {
  const text = [`${what}, step ${step + 1}, ${where}`, `  kernel  ${indented(kernel)}`, `  ours    ${indented(ours)}`];
  return text.join("\n").split("\n");
}
