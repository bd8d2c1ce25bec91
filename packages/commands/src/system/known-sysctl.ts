// Which missing sysctl a real node would miss too.

import type { NetNamespace } from "@kubehop/netstack";

/** `net.ipv4.conf.DEV.key`, `net.ipv4.neigh.DEV.key`. */
const PER_DEVICE = /^(net\.ipv4\.(?:conf|neigh))\.[^.]+\.([^.]+)$/;

/** The file is not there on a real machine in this state either: its device or its module (br_netfilter) is missing. */
export function isAbsent(ns: NetNamespace, key: string): boolean {
  if (key.startsWith("net.bridge.")) return !ns.modules.has("br_netfilter");
  const [, tree, name] = PER_DEVICE.exec(key) ?? [];
  return tree !== undefined && name !== undefined && ns.sysctl.get(`${tree}.default.${name}`) !== undefined;
}
