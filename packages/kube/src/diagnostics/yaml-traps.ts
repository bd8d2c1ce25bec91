// Text that YAML reads unlike its writer, found where a value turned out to be of the wrong type.
import type { Path, YamlDocument } from "./yaml-source.ts";

/** Words that YAML 1.1 read as booleans and YAML 1.2 reads as text. */
const YAML11_BOOLEANS: Readonly<Record<string, boolean>> = {
  yes: true,
  on: true,
  y: true,
  no: false,
  off: false,
  n: false,
};

/**
 * A hint for a known trap at a path, or undefined.
 * `expected` is zod's word for the wanted type, or "key" when the key itself is not known.
 */
export function trapHint(document: YamlDocument, path: Path, expected: string): string | undefined {
  if (expected === "key") return flowCommaHint(document, path);
  const value = document.valueAt(path);
  const text = document.scalarText(path);
  if (text === undefined) return expected === "array" ? listHint(value) : undefined;
  if (text === "" && value === null) return undefined;
  if (expected === "string" && typeof value !== "string") return `write it in quotes: "${text}"`;
  if (expected === "array" && value !== null && text.length < 60) return `write a list: [${text}]`;
  if (typeof value !== "string") return undefined;
  if (expected === "boolean") return document.isPlain(path) ? booleanHint(value) : quotedBooleanHint(value);
  return NUMBERS.includes(expected) ? numberHint(value, document.isPlain(path)) : undefined;
}

/** zod's words. */
const NUMBERS: readonly string[] = ["number", "int"];

function listHint(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? "every item of a list begins with - (or stands in [ ])"
    : undefined;
}

function quotedBooleanHint(value: string): string | undefined {
  return value === "true" || value === "false" ? `write ${value} without quotes` : undefined;
}

/** YAML 1.1 read 1_500, 12:30:45 and 0b11 as numbers. */
function numberHint(value: string, plain: boolean): string | undefined {
  if (value !== "" && Number.isFinite(Number(value))) return plain ? undefined : "write the number without quotes";
  if (/^\d[\d_]*$/.test(value)) return `YAML 1.2 reads ${value} as text: write ${value.replaceAll("_", "")}`;
  return /^\d+(?::[0-5]?\d)+$/.test(value) ? `YAML 1.2 reads ${value} as text, not as a number to base 60` : undefined;
}

/** `{ say: a, b }` is a map with the keys `say` and `b`: the comma ended the text. */
function flowCommaHint(document: YamlDocument, path: Path): string | undefined {
  const inFlow = document.isFlow(path.slice(0, -1));
  if (!inFlow || document.valueAt(path) !== null) return undefined;
  return "inside { } a comma starts a new key: put text that contains a comma in quotes";
}

function booleanHint(value: string): string | undefined {
  const meant = YAML11_BOOLEANS[value.toLowerCase()];
  return meant === undefined ? undefined : `YAML 1.2 reads ${value} as text: write ${meant}`;
}

/**
 * True for an unquoted word that Kubernetes' own reader (YAML 1.1) takes for a boolean though YAML 1.2 reads text:
 * a label `enabled: yes` is refused by a real API server.
 */
export function isYaml11Boolean(document: YamlDocument, path: Path): boolean {
  const text = document.scalarText(path);
  return text !== undefined && document.isPlain(path) && /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/.test(text);
}
