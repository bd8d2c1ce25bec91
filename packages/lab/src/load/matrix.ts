// `matrix:` → all combinations. It is read before anything else, because everything else may refer to it.
import { formatPath, type YamlDocument } from "@kubehop/kube";
import type { Cell } from "../model/scenario.ts";
import { type AxisValue, isVersionNumber, type Values } from "./substitute.ts";

/** More combinations than anybody means to wait for. */
export const MAX_CELLS = 1000;

type Complain = (path: (string | number)[], message: string, hint?: string, atKey?: boolean) => void;

interface Axis {
  readonly name: string;
  readonly values: readonly AxisValue[];
}

export interface MatrixCell {
  readonly cell: Cell;
  readonly values: Values;
}

/** One cell without a matrix. Mistakes of type are left to the schema. */
export function expandMatrix(document: YamlDocument, complain: Complain): MatrixCell[] {
  const axes = readAxes(document, complain);
  const size = axes.reduce((product, axis) => product * axis.values.length, 1);
  if (size > MAX_CELLS) {
    const sizes = axes.map((axis) => axis.values.length).join(" × ");
    complain(
      ["matrix"],
      `the matrix has ${sizes} = ${size} combinations, at most ${MAX_CELLS} are run`,
      "take values out, or split the file",
    );
    return combine(axes.map((axis) => ({ ...axis, values: axis.values.slice(0, 1) })));
  }
  return combine(axes);
}

function combine(axes: readonly Axis[]): MatrixCell[] {
  let cells: MatrixCell[] = [{ cell: {}, values: {} }];
  for (const { name, values } of axes) {
    cells = cells.flatMap((left) =>
      values.map((value) => ({
        cell: { ...left.cell, [name]: value.text },
        values: { ...left.values, [name]: value },
      })),
    );
  }
  return cells;
}

function readAxes(document: YamlDocument, complain: Complain): Axis[] {
  const matrix = document.valueAt(["matrix"]);
  if (typeof matrix !== "object" || matrix === null || Array.isArray(matrix)) return [];
  return Object.keys(matrix).flatMap((name) => {
    if (!/^[A-Za-z_]\w*$/.test(name))
      complain(["matrix", name], `${JSON.stringify(name)} is not a name: letters, digits and _`, undefined, true);
    const values = readAxis(document, name, complain);
    return values.length === 0 ? [] : [{ name, values }];
  });
}

function readAxis(document: YamlDocument, name: string, complain: Complain): AxisValue[] {
  const value = document.valueAt(["matrix", name]);
  if (typeof value === "string") return readRange(value, ["matrix", name], complain);
  if (!Array.isArray(value)) return [];
  const values = value.flatMap((item: unknown, index): AxisValue[] => {
    const text = document.scalarText(["matrix", name, index]);
    return text === undefined || item === null ? [] : [{ text, value: keepText(item, text) }];
  });
  const seen = new Set<string>();
  for (const [index, { text }] of values.entries()) {
    if (seen.has(text)) complain(["matrix", name, index], `${text} stands twice in ${formatPath(["matrix", name])}`);
    if (text.includes("${")) complain(["matrix", name, index], "the matrix cannot refer to itself");
    seen.add(text);
  }
  return values;
}

/** An unquoted 1.10 is a version, here as everywhere. */
function keepText(value: unknown, text: string): unknown {
  return isVersionNumber(value, text) ? text : value;
}

/** `1..5` */
function readRange(text: string, path: (string | number)[], complain: Complain): AxisValue[] {
  const match = /^(\d+)\.\.(\d+)$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || first > last) {
    complain(path, `${JSON.stringify(text)} is not a range`, "write a list, or a range such as 1..5");
    return [];
  }
  if (last - first >= MAX_CELLS) {
    complain(path, `the range has ${last - first + 1} values, at most ${MAX_CELLS} combinations are run`);
    return [];
  }
  return Array.from({ length: last - first + 1 }, (_, i) => ({ text: String(first + i), value: first + i }));
}
