// The way a packet of this place would take, asked without sending one.

import type { Ipv4, NetNamespace, SockErrno } from "@kubehop/netstack";
import { flowKey, ipRouteOutput, RTCF_BROADCAST } from "@kubehop/netstack";

export interface ProbeKey {
  readonly dst: Ipv4;
  readonly src: Ipv4 | undefined;
  readonly device: string | undefined;
  readonly mark: number;
  readonly tos: number;
}

export interface ProbedPath {
  /** Source address the packet would carry. */
  readonly saddr: Ipv4;
  readonly mtu: number;
  readonly broadcast: boolean;
}

/** The errno word when there is no way. */
export function probeRoute(ns: NetNamespace, { dst, src, device, mark, tos }: ProbeKey): ProbedPath | SockErrno {
  const oif = device === undefined ? 0 : (ns.devices.byName(device)?.ifindex ?? 0);
  const key = flowKey(dst, { mark, tos: tos & 0x1c, oif, ...(src === undefined ? {} : { saddr: src }) });
  const route = ipRouteOutput(ns, key);
  if (typeof route === "string") return route;
  return { saddr: key.saddr, mtu: route.mtu, broadcast: (route.flags & RTCF_BROADCAST) !== 0 };
}
