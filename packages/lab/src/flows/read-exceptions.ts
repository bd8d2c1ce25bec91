// The last field of a row: `1.19 Local: L* R*; 1.28: drop` – other answers in the cells that have these values.

import { didYouMean } from "@kubehop/kube";
import type { ExpectContext } from "../load/expectation.ts";
import { type Exception, hasValues } from "../model/flow-table.ts";
import type { Axes } from "./columns.ts";
import { readAnswer } from "./read-answer.ts";
import { type Field, within } from "./scan-table.ts";

/** Mistakes are reported in the field. */
export function readExceptions(ec: ExpectContext, field: Field, axes: Axes): Exception[] {
  const found: Exception[] = [];
  for (const { 0: part, index } of field.text.matchAll(/[^;]+/g)) {
    const exception = readException(ec, subField(field, index, part), axes);
    if (exception !== undefined) found.push(exception);
  }
  checkCells(ec, found);
  return found;
}

/** A part of a field, without the blanks around it. */
function subField(field: Field, at: number, part: string): Field {
  const text = part.trim();
  const lead = part.length - part.trimStart().length;
  return { text, position: within(field, at + lead, text.length) };
}

function readException(ec: ExpectContext, field: Field, axes: Axes): Exception | undefined {
  if (field.text === "") return undefined;
  const colon = field.text.indexOf(":");
  if (colon < 0) {
    ec.context.reportAt(field.position, "an exception is VALUES: ANSWER", { hint: "write 1.28 Local: L* R*" });
    return undefined;
  }
  const text = field.text.slice(0, colon).trim();
  const when = readValues(ec, subField(field, 0, text), axes);
  const answer = readAnswer(ec, subField(field, colon + 1, field.text.slice(colon + 1)));
  return when === undefined ? undefined : { when, text, answer };
}

/** Values of the matrix, each of an axis of its own; undefined when they are wrong. */
function readValues({ context }: ExpectContext, field: Field, axes: Axes): Record<string, string> | undefined {
  const when: Record<string, string> = {};
  let right = field.text !== "";
  for (const { 0: word, index } of field.text.matchAll(/\S+/g)) {
    const place = within(field, index, word.length);
    const owners = [...axes].filter(([name, values]) =>
      values.some((value) => word === value || word === `${name}=${value}`),
    );
    const [owner, other] = owners;
    right &&= owner !== undefined && other === undefined && !Object.hasOwn(when, owner[0]);
    if (owner === undefined) {
      const all = [...axes.values()].flat();
      const hint = didYouMean(word, all) ?? (all.length === 0 ? "there is no matrix" : `values: ${all.join(", ")}`);
      context.reportAt(place, `${JSON.stringify(word)} is not a value of the matrix`, { code: "unresolved", hint });
    } else if (other !== undefined) {
      context.reportAt(place, `${word} is a value of matrix.${owner[0]} and of matrix.${other[0]}`, {
        code: "conflict",
        hint: `write ${owner[0]}=${word}`,
      });
    } else if (Object.hasOwn(when, owner[0])) {
      context.reportAt(place, `${when[owner[0]]} and ${word} are both values of matrix.${owner[0]}: no cell has both`, {
        code: "conflict",
      });
    } else when[owner[0]] = word.startsWith(`${owner[0]}=`) ? word.slice(owner[0].length + 1) : word;
  }
  if (field.text === "")
    context.reportAt(field.position, "an exception without values", { hint: "write 1.28 Local: L* R*" });
  return right ? when : undefined;
}

/** No cell may have two answers. */
function checkCells({ context, cells }: ExpectContext, exceptions: readonly Exception[]): void {
  for (const [index, { when, text, answer }] of exceptions.entries()) {
    const earlier = exceptions
      .slice(0, index)
      .find((one) => cells.some((cell) => hasValues(cell, when) && hasValues(cell, one.when)));
    if (earlier !== undefined)
      context.reportAt(answer.position, `${earlier.text} and ${text} speak of the same cell`, { code: "conflict" });
  }
}
