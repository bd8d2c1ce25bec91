// Generated names as the real ones look: no vowels, no characters easily mistaken (apimachinery pkg/util/rand).
import type { Random } from "@kubehop/sim";

const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** Longest prefix that leaves room for the suffix (names.SimpleNameGenerator). */
const MAX_PREFIX = 58;

/** `prefix` and five random characters. */
export function generateName(prefix: string, random: Random): string {
  let suffix = "";
  for (let i = 0; i < 5; i++) suffix += ALPHABET.charAt(random.below(ALPHABET.length));
  return prefix.slice(0, MAX_PREFIX) + suffix;
}

/**
 * Hash of a pod template in the form of `pod-template-hash`: FNV-1a 32, its decimal digits mapped to safe characters.
 * The real one hashes Go's dump of the struct, so values differ from a real cluster's: pin them where a document fixes them.
 */
export function templateHash(template: unknown): string {
  const hash = fnv1a32(canonicalJson(template));
  return String(hash).replaceAll(/\d/g, (digit) => ALPHABET.charAt(digit.charCodeAt(0) % ALPHABET.length));
}

/** FNV-1a, 32 bits, over the text's UTF-16 units. */
function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
}
