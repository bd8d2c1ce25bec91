// Whose a neighbour row's MAC is, and whose its address: they should be the same machine's. Looked up when a packet uses the row.

import { formatMac, parseIpv4, parseMac, type NetDevice, type World } from "@kubehop/netstack";
import type { StepOf } from "./phrases.ts";

export interface OwnDevice {
  readonly ns: string;
  readonly dev: string;
  readonly mac: string;
}

/** Undefined: nobody's. */
export interface RowOwner {
  /** Device that has the row's address. */
  readonly address: OwnDevice | undefined;
  /** Device that has the row's MAC; where the row is right one of the machine that has the address: any of its devices may answer. */
  readonly mac: OwnDevice | undefined;
}

export class MacOwners {
  readonly #world: Pick<World, "namespaces">;
  readonly #rows = new WeakMap<StepOf<"neigh">, RowOwner>();
  /** Devices that rows were right about, by address and MAC. */
  readonly #right = new Map<string, NetDevice>();

  constructor(world: Pick<World, "namespaces">) {
    this.#world = world;
  }

  look(row: StepOf<"neigh">): void {
    if (row.lladdr !== "") this.#rows.set(row, this.#ownerOf(row));
  }

  of(row: StepOf<"neigh">): RowOwner | undefined {
    return this.#rows.get(row);
  }

  /** Most rows are right, as they were when they were used before. */
  #ownerOf({ nexthop, lladdr }: StepOf<"neigh">): RowOwner {
    const [addr, mac] = [parseIpv4(nexthop), parseMac(lladdr)];
    const known = this.#right.get(`${nexthop} ${lladdr}`);
    if (known !== undefined && this.#isThere(known) && known.addr === mac && hasAddress(known, addr))
      return both(known);
    const all = [...this.#world.namespaces.values()].flatMap((ns) => ns.devices.list());
    const holders = all.filter((dev) => hasAddress(dev, addr));
    const owners = all.filter((dev) => dev.addr === mac);
    const right = owners.find(({ ns }) => holders.some((holder) => holder.ns === ns));
    const holder = holders.find((dev) => dev === right) ?? holders.find(({ ns }) => ns === right?.ns) ?? holders[0];
    if (right !== undefined && right === holder) this.#right.set(`${nexthop} ${lladdr}`, right);
    return { address: told(holder), mac: told(right ?? owners[0]) };
  }

  #isThere(dev: NetDevice): boolean {
    return this.#world.namespaces.get(dev.ns.name) === dev.ns && dev.ns.devices.byName(dev.name) === dev;
  }
}

/** The row leads to the machine that has the address. Nobody's address may be anybody's row. */
export function isRight({ address, mac }: RowOwner): boolean {
  return address === undefined || address.ns === mac?.ns;
}

function hasAddress(dev: NetDevice, addr: number | undefined): boolean {
  return dev.inDev.addrs.some(({ local }) => local === addr);
}

function both(dev: NetDevice): RowOwner {
  return { address: told(dev), mac: told(dev) };
}

function told(dev: NetDevice | undefined): OwnDevice | undefined {
  return dev === undefined ? undefined : { ns: dev.ns.name, dev: dev.name, mac: formatMac(dev.addr) };
}
