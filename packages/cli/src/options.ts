// Options of a subcommand, by node:util parseArgs, with our own words for mistakes.
import { parseArgs, type ParseArgsConfig } from "node:util";
import { UsageError } from "./io.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
export type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>
>;

/** Splits arguments into options and the rest; a UsageError names what it does not know. */
export function parseOptions<const T extends Options>(args: readonly string[], options: T): Parsed<T> {
  const config = { args: [...args], options, allowPositionals: true, strict: true } satisfies ParseArgsConfig;
  try {
    return parseArgs(config) as Parsed<T>;
  } catch (error) {
    throw new UsageError(
      wording(error),
      `options: ${Object.keys(options)
        .map((name) => `--${name}`)
        .join(", ")}`,
    );
  }
}

/** parseArgs says a lot; the first sentence is the matter. */
function wording(error: unknown): string {
  if (!(error instanceof TypeError) || !("code" in error) || !String(error.code).startsWith("ERR_PARSE_ARGS"))
    throw error;
  const unknown = /^Unknown option '([^']+)'/.exec(error.message)?.[1];
  if (unknown !== undefined) return `unknown option ${unknown}`;
  const first = error.message.split(/\.\s|\n/, 1)[0] ?? "";
  return first.replace(/^Option /, "option ");
}

/** A whole number of an option. */
export function wholeNumber(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`--${option} wants a whole number, found ${JSON.stringify(text)}`);
  return Number(text);
}

/** What chance starts from unless --seed says otherwise. */
export const DEFAULT_SEED = 1;
