// The address and routes of a machine's card, as the program that configures it writes them.

import { formatCidr, parseCidr } from "@kubehop/netstack";
import type { ConfigOp } from "@kubehop/netstack";
import type { MachineSpec, NetworkConfigurer } from "../model/cluster-spec.ts";

interface Habit {
  readonly metric?: number;
  /** Origin that the default route names; none: as `ip route add` leaves it. */
  readonly protocol?: string;
  /** Asks the kernel for no connected route and makes it itself, with the metric; sets the broadcast address. */
  readonly ownConnectedRoute: boolean;
}

const HABITS: Readonly<Record<NetworkConfigurer, Habit>> = {
  ifupdown: { ownConnectedRoute: false },
  // NetworkManager 1.10 of CentOS 7.5: 100 is the metric of Ethernet cards (nm-device.c: nm_device_get_route_metric_default).
  NetworkManager: { metric: 100, protocol: "static", ownConnectedRoute: true },
};

/** `length`: prefix length of the underlay. */
export function addressOps(machine: MachineSpec, length: number, gateway: string | undefined): ConfigOp[] {
  const { nic: dev, ip, network } = machine;
  const { metric, protocol, ownConnectedRoute } = HABITS[network];
  const withMetric = metric === undefined ? {} : { metric };
  const local = `${ip}/${length}`;
  const ops: ConfigOp[] = [
    { op: "addr-add", dev, local, ...(ownConnectedRoute ? { noprefixroute: true, broadcast: "+" } : {}) },
  ];
  const subnet = parseCidr(local);
  if (ownConnectedRoute && subnet !== undefined)
    ops.push({
      op: "route-add",
      dst: formatCidr(subnet),
      dev,
      protocol: "kernel",
      scope: "link",
      src: ip,
      ...withMetric,
    });
  if (gateway !== undefined)
    ops.push({
      op: "route-add",
      dst: "default",
      via: gateway,
      dev,
      ...(protocol === undefined ? {} : { protocol }),
      ...withMetric,
    });
  return ops;
}
