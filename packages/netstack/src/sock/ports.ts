// Source ports for sockets that did not bind one (net/ipv4/inet_hashtables.c, udp_lib_get_port).

import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Random } from "@kubehop/sim";

/** The range net.ipv4.ip_local_port_range as [first, count]. */
function portRange(ns: NetNamespace): [number, number] {
  const { local_port_first: first, local_port_last: last } = ns.ipv4.sysctls;
  return [first, last - first + 1];
}

/** INET_TABLE_PERTURB_SIZE. */
const PERTURB_SIZE = 65536;

/**
 * __inet_hash_connect: from a start that depends on the destination, first the ports with the parity of the range's low
 * end, in steps of two, then the others. Every choice moves the next start for that destination on by a little
 * (table_perturb since 5.12; one counter before), so a port just used does not come back at once. 0: none is free.
 */
export function connectPort(ns: NetNamespace, hash: number, isFree: (port: number) => boolean): number {
  const { portPerturb, random } = ns.sockets;
  const slot = hash & (PERTURB_SIZE - 1);
  const [first, count] = portRange(ns);
  const even = (count + 1) >>> 1;
  const start = hash + (portPerturb.get(slot) ?? 0);
  for (let parity = 0; parity < 2; parity++) {
    const steps = parity === 0 ? even : count - even;
    for (let i = 0; i < steps; i++) {
      const port = first + ((start + i) % steps) * 2 + parity;
      if (!isFree(port)) continue;
      portPerturb.set(slot, (portPerturb.get(slot) ?? 0) + Math.max(i, random.below(8)) + 1);
      return port;
    }
  }
  return 0;
}

/** udp_lib_get_port: a random start anywhere in the range, then the next free. 0: none is free. */
export function randomPort(ns: NetNamespace, random: Random, isFree: (port: number) => boolean): number {
  const [first, count] = portRange(ns);
  const start = random.below(count);
  for (let i = 0; i < count; i++) {
    const port = first + ((start + i) % count);
    if (isFree(port)) return port;
  }
  return 0;
}
