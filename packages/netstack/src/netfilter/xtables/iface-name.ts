// Interface names in rules: exact, or a prefix when they end in `+`.

import { parameterError } from "./xt-error.ts";

/** IFNAMSIZ without the final zero. */
const MAX_NAME = 15;
/** Character code of the final `+`. */
const PLUS = 43;

/** Checks a name given to -i or -o. */
export function checkIfaceName(name: string): string {
  if (name === "") throw parameterError("Empty interface is likely to be undesired");
  if (name.length > MAX_NAME)
    throw parameterError(`interface name \`${name}' must be shorter than IFNAMSIZ (${MAX_NAME})`);
  return name;
}

export function isIfaceMatch(pattern: string, name: string): boolean {
  // Asked for every rule with -i or -o, and most names are whole.
  if (pattern.charCodeAt(pattern.length - 1) !== PLUS) return name === pattern;
  return name.startsWith(pattern.slice(0, -1));
}
