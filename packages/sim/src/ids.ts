// Identifiers as Linux and Kubernetes print them, drawn from a seeded stream.
import type { Random } from "./random.ts";

/** `digits` lower-case hexadecimal digits: a container id has 64. */
export function hexId(random: Random, digits: number): string {
  let id = "";
  while (id.length < digits) id += random.u32().toString(16).padStart(8, "0");
  return id.slice(0, digits);
}

/** A random UUID, RFC 9562 §5.4: version 4, variant 10. */
export function uuid(random: Random): string {
  const hex = hexId(random, 32);
  const variant = "89ab".charAt(random.below(4));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
