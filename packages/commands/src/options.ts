// getopt_long in small: short flags in bundles, values attached or following, `--long value` and `--long=value`, `--`.

export interface OptionSpec {
  /** Short options as for getopt: a letter, followed by `:` when it takes a value. */
  readonly short: string;
  /** Long option → the short letter (or own key) it stands for; `=` at the end: takes a value. */
  readonly long?: Readonly<Record<string, string>>;
  /** Short letters the real tool knows and kubehop does not. */
  readonly refusedShort?: string;
  /** Long names the real tool knows and kubehop does not. */
  readonly refusedLong?: readonly string[];
  /** Words behind the first operand are operands too (POSIX), as for `nc`'s remote command or `exec`. */
  readonly stopAtOperand?: boolean;
}

export interface Options {
  /** Key → values in order; a flag's value is "". */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
}

/** `unknown`: the tool has no such option. `refused`: the tool has it, kubehop not. `value`: its value is missing. */
export interface OptionError {
  readonly error: "unknown" | "refused" | "value";
  /** As typed: `-x`, `--long`. */
  readonly option: string;
}

export function parseOptions(spec: OptionSpec, args: readonly string[]): Options | OptionError {
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") break;
    if (word === "-" || !word.startsWith("-")) {
      operands.push(word);
      if (spec.stopAtOperand === true) break;
      continue;
    }
    const error = word.startsWith("--") ? takeLong(spec, word, rest, values) : takeShorts(spec, word, rest, values);
    if (error !== undefined) return error;
  }
  return { values, operands: [...operands, ...rest] };
}

export function isOptionError(parsed: Options | OptionError): parsed is OptionError {
  return "error" in parsed;
}

/** The last value given for a key. */
export function lastValue(options: Options, key: string): string | undefined {
  return options.values.get(key)?.at(-1);
}

type Values = Map<string, string[]>;

function add(values: Values, key: string, value: string): void {
  const list = values.get(key);
  if (list === undefined) values.set(key, [value]);
  else list.push(value);
}

function takeLong(spec: OptionSpec, word: string, rest: string[], values: Values): OptionError | undefined {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const flag = spec.long?.[name];
  const valued = spec.long?.[`${name}=`];
  if (flag === undefined && valued === undefined) {
    return { error: spec.refusedLong?.includes(name) === true ? "refused" : "unknown", option: `--${name}` };
  }
  if (valued === undefined) {
    add(values, flag ?? name, "");
    return undefined;
  }
  const value = equals < 0 ? rest.shift() : word.slice(equals + 1);
  if (value === undefined) return { error: "value", option: word };
  add(values, valued, value);
  return undefined;
}

function takeShorts(spec: OptionSpec, word: string, rest: string[], values: Values): OptionError | undefined {
  for (let i = 1; i < word.length; i++) {
    const letter = word.charAt(i);
    const at = letter === ":" ? -1 : spec.short.indexOf(letter);
    if (at < 0)
      return { error: spec.refusedShort?.includes(letter) === true ? "refused" : "unknown", option: `-${letter}` };
    if (spec.short[at + 1] !== ":") {
      add(values, letter, "");
      continue;
    }
    const value = i + 1 < word.length ? word.slice(i + 1) : rest.shift();
    if (value === undefined) return { error: "value", option: `-${letter}` };
    add(values, letter, value);
    return undefined;
  }
  return undefined;
}
