// The door to routing for the other layers (net/ipv4/route.c and neighbours).

export { inetAddrType, inetSelectAddr, ipDevFind } from "./fib/addr-type.ts";
export { ipRouteInput } from "./route-input.ts";
export { ipRouteMeHarder } from "./route-harder.ts";
export { ipRouteOutput } from "./route-output.ts";
export { flowKey, Route, RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST } from "./rtable.ts";
export type { FlowKey } from "./rtable.ts";
export * from "./rt-types.ts";
