// Operations of our run as another kernel is given them: nothing is left in them that chance or this machine's defaults decided.

import { formatMac } from "@kubehop/netstack";
import type { ConfigOp, NetNamespace } from "@kubehop/netstack";
import { withProbability } from "./pins.ts";

/** Names of namespaces are file names on a real machine. */
export function netnsName(name: string): string {
  return name.replaceAll("/", ".");
}

/** The operation with everything in it that chance or this machine's defaults decided. */
export function repeatable(ns: NetNamespace, op: ConfigOp): ConfigOp {
  switch (op.op) {
    case "link-add":
      return withAddresses(ns, op);
    case "link-set":
      return op.netns === undefined ? op : { ...op, netns: netnsName(op.netns) };
    case "iptables":
      return {
        ...op,
        backend: op.backend ?? ns.xt.plain,
        // Random rules are sure ones until a pin says otherwise.
        args: op.args.map((word, i) => (op.args[i - 1] === "--probability" ? "1" : word)),
      };
    case "iptables-restore":
      return { ...op, backend: op.backend ?? ns.xt.plain, text: withProbability(op.text, "1") };
    default:
      return op;
  }
}

type LinkAdd = Extract<ConfigOp, { op: "link-add" }>;

/** MACs that were drawn. A bridge takes the lowest of its ports' by itself. */
function withAddresses(ns: NetNamespace, op: LinkAdd): ConfigOp {
  const dev = ns.devices.byName(op.name);
  if (dev === undefined || op.link.type === "bridge") return op;
  const address = op.address ?? formatMac(dev.addr);
  if (op.link.type !== "veth") return { ...op, address };
  const { peer } = op.link;
  const netns = peer.netns === undefined ? {} : { netns: netnsName(peer.netns) };
  const peerAddress = peer.address ?? (dev.peer === null ? undefined : formatMac(dev.peer.addr));
  return {
    ...op,
    address,
    link: { ...op.link, peer: { ...peer, ...netns, ...(peerAddress === undefined ? {} : { address: peerAddress }) } },
  };
}
