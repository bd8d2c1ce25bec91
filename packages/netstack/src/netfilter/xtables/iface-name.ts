// Interface names in rules: exact, or a prefix when they end in `+`.

import { parameterError } from "./xt-error.ts";

/** IFNAMSIZ without the final zero. */
const MAX_NAME = 15;

/** Checks a name given to -i or -o. */
export function checkIfaceName(name: string): string {
  if (name === "") throw parameterError("Empty interface is likely to be undesired");
  if (name.length > MAX_NAME)
    throw parameterError(`interface name \`${name}' must be shorter than IFNAMSIZ (${MAX_NAME})`);
  return name;
}

export function isIfaceMatch(pattern: string, name: string): boolean {
  return pattern.endsWith("+") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
