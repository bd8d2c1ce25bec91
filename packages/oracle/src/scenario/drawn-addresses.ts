// Addresses that chance gave to new devices, written into the operations that made them: so both kernels get the ones drawn here.

import type { ConfigOp, NetNamespace } from "@kubehop/netstack";
import { dumpLinks } from "@kubehop/netstack";

type LinkAdd = Extract<ConfigOp, { op: "link-add" }>;

/** To be called when the operations have just been carried out in `ns`. */
export function withDrawnAddresses(ns: NetNamespace, ops: readonly ConfigOp[]): readonly ConfigOp[] {
  return ops.map((op) => (op.op === "link-add" ? withAddress(ns, op) : op));
}

/** A bridge has none of its own: it takes that of a port, and would not do so any more if it were given one. */
function withAddress(ns: NetNamespace, op: LinkAdd): LinkAdd {
  if (op.link.type === "bridge") return op;
  const own = given(op.address ?? addressOf(ns, op.name));
  if (op.link.type !== "veth") return { ...op, ...own };
  const { peer } = op.link;
  const home = peer.netns === undefined ? ns : ns.world.namespaces.get(peer.netns);
  const other = given(peer.address ?? (home === undefined ? undefined : addressOf(home, peer.name)));
  return { ...op, ...own, link: { type: "veth", peer: { ...peer, ...other } } };
}

function addressOf(ns: NetNamespace, name: string): string | undefined {
  return dumpLinks(ns).find((row) => row.ifname === name)?.address;
}

function given(address: string | undefined): { address?: string } {
  return address === undefined ? {} : { address };
}
