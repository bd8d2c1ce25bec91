// DiffServ class names → DSCP (RFC 2474 class selectors, RFC 2597 assured forwarding, RFC 3246 expedited forwarding).

import { parameterError } from "./xt-error.ts";

/** CS0–CS7, AF11–AF43, BE, EF; any case. */
export function dscpClass(word: string): number {
  const upper = word.toUpperCase();
  if (upper === "BE") return 0;
  if (upper === "EF") return 46;
  const cs = /^CS([0-7])$/.exec(upper);
  if (cs !== null) return Number(cs[1]) * 8;
  const af = /^AF([1-4])([1-3])$/.exec(upper);
  if (af !== null) return Number(af[1]) * 8 + Number(af[2]) * 2;
  throw parameterError(`Invalid DSCP value \`${word}'\n`);
}
