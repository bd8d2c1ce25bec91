// Who listens in a namespace.

import { formatIpv4 } from "@kubehop/netstack";
import type { Ipv4, NetNamespace } from "@kubehop/netstack";
import { netnsName } from "./repeatable.ts";
import type { Listener } from "./script.ts";

type Bound = { readonly saddr: Ipv4; readonly sport: number; readonly owner: string };

function listener(ns: string, protocol: Listener["protocol"], { saddr, sport, owner }: Bound): Listener {
  return { ns, protocol, address: formatIpv4(saddr), port: sport, silent: owner === "nc" };
}

/** Servers of a namespace. A datagram socket of a client that runs is connected. */
export function listenersOf(ns: NetNamespace): Listener[] {
  const at = netnsName(ns.name);
  const tcp = [...ns.sockets.tcp.listening()];
  const udp = [...ns.sockets.udp.list()].filter((sk) => sk.daddr === 0);
  return [...tcp.map((sk) => listener(at, "tcp", sk)), ...udp.map((sk) => listener(at, "udp", sk))];
}
