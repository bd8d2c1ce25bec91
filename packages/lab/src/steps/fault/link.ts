// A link loses, delays, doubles, reorders or drops what leaves a device, or is cut; and it is whole again.

import { clearNetem, frameBytes, setNetem } from "@kubehop/netstack";
import type { DropNth, NetDevice } from "@kubehop/netstack";
import { didYouMean } from "@kubehop/kube";
import { Refusal } from "@kubehop/sim";
import type { Cluster } from "../../cluster/cluster.ts";
import { matchesFlow } from "../../expect/match-flow.ts";
import type { FrameDrop, HealFault, LinkEnd, LinkFault } from "../../model/fault-spec.ts";
import { addressTexts } from "../address-texts.ts";
import { summarizeFrame } from "../packet-summary.ts";

/** Kinds that have a wire. What a bridge or a tunnel sends goes on through other devices. */
const WIRED: readonly string[] = ["nic", "veth"];

export function runLinkFault(cluster: Cluster, fault: LinkFault): void {
  const dev = deviceOf(cluster, fault);
  if (fault.cut && !WIRED.includes(dev.kind))
    throw new Refusal(`${fault.dev} at ${fault.in} has no wire that could be cut: it is a ${dev.kind}`);
  setNetem(dev, { ...fault, drop: fault.drop === undefined ? null : dropOf(cluster, fault.drop) });
  const { netem } = dev;
  if (fault.for === undefined) return;
  cluster.world.clock.schedule(fault.for, () => {
    // A later fault of this link is not ended by this one's time.
    if (dev.netem === netem) clearNetem(dev);
  });
}

export function runHeal(cluster: Cluster, fault: HealFault): void {
  const dev = deviceOf(cluster, fault);
  if (dev.netem === null) throw new Refusal(`${fault.dev} at ${fault.in} has no fault that could be healed`);
  clearNetem(dev);
}

function deviceOf({ places }: Cluster, end: LinkEnd): NetDevice {
  const ns = places.find(end.in)?.ns;
  if (ns === undefined) throw new Refusal(`there is no place ${end.in} now`);
  const dev = ns.devices.byName(end.dev);
  if (dev !== undefined) return dev;
  const known = [...ns.devices].map(({ name }) => name);
  const hint = didYouMean(end.dev, known) ?? `its devices: ${known.join(", ")}`;
  throw new Refusal(`there is no device ${end.dev} at ${end.in} now; ${hint}`);
}

/** Names are looked up frame by frame: a pod may come later. */
function dropOf(cluster: Cluster, { flow, flags, nth }: FrameDrop): DropNth {
  const names = addressTexts(cluster.places);
  return {
    nth,
    matches: (pkt) => {
      const packet = summarizeFrame(frameBytes(pkt));
      if (packet === undefined) return false;
      return (flags === undefined || packet.flags === flags) && matchesFlow(flow, packet, names);
    },
  };
}
