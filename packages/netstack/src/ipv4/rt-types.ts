// Route types and scopes, include/uapi/linux/rtnetlink.h, with the words iproute2 prints.

export const RTN_UNICAST = 1;
export const RTN_LOCAL = 2;
export const RTN_BROADCAST = 3;
export const RTN_MULTICAST = 5;
export const RTN_BLACKHOLE = 6;
export const RTN_UNREACHABLE = 7;
export const RTN_PROHIBIT = 8;
export const RTN_THROW = 9;
export type RouteTypeNum = 1 | 2 | 3 | 5 | 6 | 7 | 8 | 9;

export const RT_SCOPE_UNIVERSE = 0;
export const RT_SCOPE_SITE = 200;
export const RT_SCOPE_LINK = 253;
export const RT_SCOPE_HOST = 254;
export const RT_SCOPE_NOWHERE = 255;

export const RT_TABLE_DEFAULT = 253;
export const RT_TABLE_MAIN = 254;
export const RT_TABLE_LOCAL = 255;

/** Errno words a route lookup can end with (fib_props of net/ipv4/fib_semantics.c). */
export type RouteErrno = "ENETUNREACH" | "EHOSTUNREACH" | "EACCES" | "EINVAL" | "ENODEV";

/** Words by route type; the index is the number. */
export const RTN_NAMES = [
  "none",
  "unicast",
  "local",
  "broadcast",
  "anycast",
  "multicast",
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
] as const;

/** fib_props: the error a matching route of this type means, null where it is usable. */
export function routeTypeError(type: number): RouteErrno | null {
  switch (type) {
    case RTN_BLACKHOLE:
      return "EINVAL";
    case RTN_UNREACHABLE:
      return "EHOSTUNREACH";
    case RTN_PROHIBIT:
      return "EACCES";
    default:
      return null;
  }
}
