// What `compare` is asked: options that are given twice tell the two sides apart, those given once hold for both.
import { UsageError } from "./io.ts";
import { parseOptions } from "./options.ts";

/** One side's values of everything that was given. */
export interface SideOptions {
  /** Dotted path in the scenario file → value. */
  readonly edits: ReadonlyMap<string, string>;
  readonly cell: ReadonlyMap<string, string>;
}

export interface CompareOptions {
  readonly files: readonly string[];
  readonly flow: string | undefined;
  readonly sides: readonly [SideOptions, SideOptions];
  readonly seed: string | undefined;
  readonly json: boolean;
}

const OPTIONS = {
  cell: { type: "string", multiple: true },
  kubernetes: { type: "string", multiple: true },
  seed: { type: "string" },
  json: { type: "boolean" },
} as const;

export function compareOptions(args: readonly string[]): CompareOptions {
  const { edits, rest } = clusterEdits(args);
  const { values, positionals } = parseOptions(rest, OPTIONS);
  const flows = positionals.filter((text) => text.includes(">"));
  const files = positionals.filter((text) => !text.includes(">"));
  if (files.length === 0) throw new UsageError("no file is named", "kubehop compare FILE FILE");
  if (files.length > 2 || flows.length > 1) throw new UsageError("two files at most, and one flow");
  for (const version of values.kubernetes ?? []) add(edits, "cluster.kubernetes", version);
  const cell = new Map<string, string[]>();
  for (const pair of values.cell ?? []) add(cell, ...readPair(pair));
  const sides = [sideOf(edits, cell, 0), sideOf(edits, cell, 1)] as const;
  const varied = [...edits.values(), ...cell.values()].some((given) => given.length === 2);
  if (files.length === 1 && !varied)
    throw new UsageError("both sides are the same", "name two files, or give an option twice: --cell a=x --cell a=y");
  return { files, flow: flows[0], sides, seed: values.seed, json: values.json === true };
}

type Given = Map<string, string[]>;

/** `--cluster.KEY VALUE` and `--cluster.KEY=VALUE` may name any key of the cluster. */
function clusterEdits(args: readonly string[]): { readonly edits: Given; readonly rest: readonly string[] } {
  const edits: Given = new Map();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    const match = /^--(cluster\.[^=]+)(?:=(.*))?$/s.exec(arg);
    if (match?.[1] === undefined) {
      rest.push(arg);
      continue;
    }
    const value = match[2] ?? args[++i];
    if (value === undefined) throw new UsageError(`${arg} wants a value`);
    add(edits, match[1], value);
  }
  return { edits, rest };
}

function readPair(pair: string): [string, string] {
  const at = pair.indexOf("=");
  if (at < 1) throw new UsageError(`--cell wants NAME=VALUE, found ${JSON.stringify(pair)}`);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

function add(given: Given, name: string, value: string): void {
  const values = given.get(name) ?? [];
  if (values.length === 2) throw new UsageError(`${name} is given more than twice: two sides are compared`);
  given.set(name, [...values, value]);
}

function sideOf(edits: Given, cell: Given, side: 0 | 1): SideOptions {
  const pick = (given: Given): Map<string, string> =>
    new Map([...given].map(([name, values]) => [name, values[side] ?? values[0] ?? ""]));
  return { edits: pick(edits), cell: pick(cell) };
}
