// `run --verbose`: a step as it would have looked in a terminal, and how it ended.
import type { FlowOutcome, StepOutcome, StepResult } from "../model/outcome.ts";
import type { StepSpec } from "../model/step-spec.ts";
import type { Style } from "./style.ts";

/** `id`, the commands behind their prompt, what they printed, the outcome. */
export function formatStep({ step, outcome, failures }: StepResult, style: Style): string[] {
  const mark = failures.length === 0 ? style.good("✓") : style.bad("✗");
  return [
    `${mark} ${step.id}${step.after === undefined ? "" : `  (after ${step.after.text})`}`,
    ...promptLines(step).map((line) => `    ${line}`),
    ...printed(outcome.stdout).map((line) => `    ${line}`),
    ...printed(outcome.stderr).map((line) => style.dim(`  ! ${line}`)),
    style.dim(`  → ${formatOutcome(outcome)}`),
  ];
}

/** What was done, behind its prompt. */
export function promptLines({ action, repeat, stream }: StepSpec): string[] {
  const often = stream === undefined ? `${repeat} times` : `every ${stream.every} ms`;
  const times = repeat === 1 && stream === undefined ? "" : `  (${often})`;
  switch (action.kind) {
    case "wait":
      return [`wait ${action.ms} ms`];
    case "flows":
      return [`${action.table.rows.length} ${action.table.rows.length === 1 ? "flow" : "flows"}`];
    case "send":
      return [`send ${action.flow.text}${times}`];
    case "inject":
      return [`inject ${action.in}/${action.dev} ${action.frame}${times}`];
    case "datagram":
      return [`datagram ${action.in}:${action.sport} > ${action.to.name}:${action.to.port}/udp${times}`];
    case "race":
      return [`race at ${action.in}: ${action.flows.map(({ text }) => text).join(" | ")}`];
    case "fault":
      return [`fault ${action.text}`];
    case "run":
      return action.commands.map(({ text, background }) => `${action.in}$ ${text}${background ? " &" : ""}${times}`);
  }
}

function printed(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** `ok by default/web-0 client 10.244.0.2 ttl 64, exit 0, from 0.000 to 0.004 s` */
function formatOutcome({ flows, exitCode, startedAt, endedAt }: StepOutcome): string {
  return [
    ...(flows.length === 0 ? [] : [formatFlows(flows)]),
    `exit ${exitCode}`,
    `from ${(startedAt / 1000).toFixed(3)} to ${(endedAt / 1000).toFixed(3)} s`,
  ].join(", ");
}

function formatFlows(flows: readonly FlowOutcome[]): string {
  const [first] = flows;
  if (first !== undefined && flows.length === 1) return formatFlow(first);
  const counts = new Map<string, number>();
  for (const { result, by, byName = by } of flows) {
    const name = byName === undefined ? result : `${result} by ${byName}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const rows = [...counts].map(([name, count]) => `${count} ${name}`);
  return `${flows.length} requests: ${rows.join(", ")}`;
}

function formatFlow({ result, by, byName = by, client, ttl }: FlowOutcome): string {
  return [
    result,
    byName === undefined ? "" : `by ${byName}`,
    client === undefined ? "" : `client ${client}`,
    ttl === undefined ? "" : `ttl ${ttl}`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}
