// `flows: |` → a table, or all its mistakes with their place inside the block.

import { isScalar } from "yaml";
import type { Path } from "@kubehop/kube";
import type { ExpectContext } from "../load/expectation.ts";
import { type FateCheck } from "../model/expect-spec.ts";
import { answerIn, type FlowRow, type FlowTable } from "../model/flow-table.ts";
import { type SendFlow, sendFlow } from "../model/step-spec.ts";
import { parseFlow } from "../schema/notation.ts";
import { reportAtPlace } from "./at-place.ts";
import { type Axes, axesOf, type Head, readHead } from "./columns.ts";
import { endpointOf, FATE_WORDS, readAnswer } from "./read-answer.ts";
import { readExceptions } from "./read-exceptions.ts";
import { type Field, type Line, scanTable } from "./scan-table.ts";

/** Undefined: it cannot be read, and why has been reported. */
export function readTable(ec: ExpectContext, path: Path): FlowTable | undefined {
  const { context } = ec;
  const node = context.document.nodeAt(path);
  if (!isScalar(node) || typeof node.value !== "string" || node.type !== "BLOCK_LITERAL") {
    context.report(path, "a table of flows is a block of lines", { hint: "write flows: | and the table below it" });
    return undefined;
  }
  const position = context.position(path);
  const { lines, diagnostics } = scanTable(node.value, context.document.source, position.line);
  context.diagnostics.push(...diagnostics);
  const [first, ...rest] = lines;
  if (first === undefined || rest.length === 0) {
    if (diagnostics.length === 0) context.report(path, "a table without a row: no flow is looked at");
    return undefined;
  }
  const axes = axesOf(ec.cells);
  const head = readHead(ec, first, axes);
  if (head === undefined) return undefined;
  const rows = rest.flatMap((line) => readRow(ec, line, first.fields.length, head, axes) ?? []);
  checkTwins(ec, rows);
  return { position, ...head, rows, endpoints: endpointsOf(rows) };
}

function readRow(
  ec: ExpectContext,
  { fields, position }: Line,
  width: number,
  head: Head,
  axes: Axes,
): FlowRow | undefined {
  const [first] = fields;
  if (fields.length !== width || first === undefined) {
    ec.context.reportAt(position, `this row has ${fields.length} fields, the head of the table ${width}`);
    return undefined;
  }
  const flow = readFlow(ec, first);
  const answers = fields.slice(1, 1 + head.columns.length).map((field) => readAnswer(ec, field));
  const last = head.hasExcept ? fields.at(-1) : undefined;
  const exceptions = last === undefined ? [] : readExceptions(ec, last, axes);
  if ([...answers, ...exceptions.map(({ answer }) => answer)].every(({ fates }) => fates === undefined))
    ec.context.reportAt(position, "nothing in this row is looked at");
  return flow === undefined ? undefined : { flow, position: first.position, answers, exceptions };
}

/** A flow that can be sent; reports what is wrong with it. */
function readFlow(ec: ExpectContext, { text, position }: Field): SendFlow | undefined {
  const { context, names } = ec;
  const parsed = parseFlow(text);
  const flow = typeof parsed === "string" ? parsed : sendFlow(parsed);
  if (typeof flow === "string") {
    context.reportAt(position, flow, { hint: "write FROM[:port] > TO:port[/tcp|udp|icmp]" });
    return undefined;
  }
  const before = context.diagnostics.length;
  reportAtPlace(context, position, () => names.checkPlace(flow.from.name, []));
  reportAtPlace(context, position, () => names.checkEnd(flow.to.name, []));
  if (flow.to.port === undefined && flow.protocol !== "icmp")
    context.reportAt(position, "the flow has no port to go to", { hint: `write ${flow.to.name}:80` });
  return context.diagnostics.length > before ? undefined : flow;
}

function checkTwins({ context }: ExpectContext, rows: readonly FlowRow[]): void {
  for (const [index, { flow, position }] of rows.entries()) {
    const earlier = rows.slice(0, index).find((row) => row.flow.text === flow.text);
    if (earlier !== undefined)
      context.reportAt(position, `${flow.text} has a row already, see line ${earlier.position.line}`, {
        code: "conflict",
      });
  }
}

function endpointsOf(rows: readonly FlowRow[]): string[] {
  const answers = rows.flatMap((row) => [...row.answers, ...row.exceptions.map(({ answer }) => answer)]);
  const fates = answers.flatMap((answer) => answer.fates ?? []);
  const names = fates.filter((fate) => !(FATE_WORDS as readonly string[]).includes(fate));
  return [...new Set(names.map((fate) => endpointOf(fate).endpoint))];
}

/** What the table expects in the cell that is being read. `step`: the one that it is; undefined: the file's own. */
export function fateChecks(ec: ExpectContext, table: FlowTable, step?: FateCheck["step"]): FateCheck[] {
  const { cell } = ec.context;
  return table.rows.flatMap((row, index): FateCheck[] => {
    const answer = answerIn(table, row, cell);
    if (answer?.fates === undefined) return [];
    const { position, fates } = answer;
    return [{ kind: "fate", row: index, flow: row.flow.text, fates, cell, position, step }];
  });
}

/** The columns of some row differ, or a row has exceptions: the table tells cells of the matrix apart. */
export function tellsCellsApart({ rows }: FlowTable): boolean {
  return rows.some(({ answers, exceptions }) => {
    const texts = answers.map(({ fates }) => fates?.toSorted().join(" "));
    return exceptions.length > 0 || new Set(texts).size > 1;
  });
}
