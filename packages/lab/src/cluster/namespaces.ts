// A lab of namespaces: what stands before the first command, and what is done to it behind the last.

import { randomMac } from "@kubehop/cni";
import { NetNamespace } from "@kubehop/netstack";
import type { World } from "@kubehop/netstack";
import { Refusal } from "@kubehop/sim";
import type { BareSpec, NicSpec } from "../model/bare-spec.ts";
import { StepRefusal } from "../model/step-refusal.ts";
import { configure } from "./machines.ts";

/** Empty namespaces, each with `lo`, which is down, and its cards. */
export function bootNamespaces(world: World, { namespaces }: BareSpec): void {
  for (const { name } of namespaces) new NetNamespace(world, name);
  for (const { name, nics } of namespaces) for (const nic of nics) plugNic(world, name, nic);
}

function plugNic(world: World, name: string, { name: dev, segment, mac, mtu }: NicSpec): void {
  const ns = world.namespaces.get(name);
  if (ns === undefined) return;
  const address = mac ?? randomMac(world.random.fork(`mac ${name} ${dev}`));
  const link = { type: "nic", segment } as const;
  configure(ns, "boot", [{ op: "link-add", name: dev, link, address, ...(mtu === undefined ? {} : { mtu }) }]);
}

/** @throws StepRefusal for a device that nothing has made */
export function muteDevices(world: World, { namespaces }: BareSpec): void {
  for (const { name, mute } of namespaces) {
    for (const { dev, position } of mute) {
      const device = world.namespaces.get(name)?.devices.byName(dev);
      if (device === undefined)
        throw new StepRefusal(
          new Refusal(`there is no device ${dev} in ${name}: nothing has made it`),
          position,
          "bad-value",
        );
      device.mute = true;
    }
  }
}
