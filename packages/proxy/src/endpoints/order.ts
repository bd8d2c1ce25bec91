/**
 * Emission order of services and endpoints.
 *
 * Services: by key (`namespace/name:port`), because kube-proxy's own order is that of a Go map. Endpoints: as the
 * release orders them. Both can be pinned; what a pin names comes first, the rest follows in the normal order.
 */
import type { ProxyEndpoint } from "../model/input.ts";
import { endpointText } from "../model/input.ts";
import type { Features } from "../version/features.ts";

/** Code unit order, as Go compares strings of ASCII. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Items sorted by `compare`, those whose key is pinned in front. */
export function pinned<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  pin: readonly string[] | undefined,
  compare: (a: T, b: T) => number,
): readonly T[] {
  const sorted = items.toSorted(compare);
  if (pin === undefined) return sorted;
  const place = new Map(pin.map((key, index) => [key, index]));
  const rank = (item: T): number => place.get(keyOf(item)) ?? pin.length;
  return sorted.toSorted((a, b) => rank(a) - rank(b));
}

/** Endpoints in the release's order; duplicates (one address in two slices) appear once. */
export function orderEndpoints<E extends ProxyEndpoint>(
  endpoints: readonly E[],
  pin: readonly string[] | undefined,
  features: Features,
): readonly E[] {
  const unique = [...new Map(endpoints.map((ep) => [endpointText(ep), ep])).values()];
  const byText = (a: E, b: E): number => compareText(endpointText(a), endpointText(b));
  const byAddress = (a: E, b: E): number => compareText(a.ip, b.ip) || a.port - b.port;
  return pinned(unique, endpointText, pin, features.endpointOrder === "text" ? byText : byAddress);
}
