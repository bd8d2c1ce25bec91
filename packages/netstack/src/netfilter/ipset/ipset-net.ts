// The sets of one namespace (net/netfilter/ipset/ip_set_core.c: struct ip_set_net).

import type { Random } from "@kubehop/sim";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { IpSetErrno } from "./ip-set-error.ts";
import type { IpSet } from "./ip-set.ts";
import type { CreateOptions, SetType } from "./ip-set-type.ts";
import type { SetDirectory, SetSlot } from "./set-directory.ts";

export class IpsetNet implements SetDirectory {
  private readonly ns: NetNamespace;
  private random: Random | null = null;
  /** By index; a new set takes the first free one. */
  private slots: (SetSlot | undefined)[] = [];

  constructor(ns: NetNamespace) {
    this.ns = ns;
  }

  get now(): number {
    return this.ns.world.now;
  }

  initval(): number {
    return (this.random ??= this.ns.world.random.fork(`ip_set:${this.ns.name}`)).u32();
  }

  find(name: string): SetSlot | undefined {
    return this.slots.find((s) => s?.name === name);
  }

  /** In order of index; lists of sets come after all others, as they name them. */
  list(): SetSlot[] {
    const all = this.slots.filter((s) => s !== undefined);
    return [...all.filter((s) => !s.set.type.ofSets), ...all.filter((s) => s.set.type.ofSets)];
  }

  create(name: string, type: SetType, options: CreateOptions, exist: boolean): IpSetErrno | null {
    const set = type.create(options, this);
    if (typeof set === "string") return set;
    const known = this.find(name);
    if (known !== undefined) {
      return exist && known.set.type === type && known.set.isSame(set) ? null : "NAME_TAKEN";
    }
    this.place({ name, set, references: 0 });
    return null;
  }

  private place(slot: SetSlot): void {
    const free = this.slots.indexOf(undefined);
    if (free < 0) this.slots.push(slot);
    else this.slots[free] = slot;
  }

  destroy(slot: SetSlot): IpSetErrno | null {
    if (slot.references > 0) return "BUSY";
    slot.set.flush();
    this.slots[this.slots.indexOf(slot)] = undefined;
    return null;
  }

  /** All or none. */
  destroyAll(): IpSetErrno | null {
    if (this.slots.some((s) => s !== undefined && s.references > 0)) return "BUSY";
    this.slots = [];
    return null;
  }

  rename(slot: SetSlot, name: string): IpSetErrno | null {
    if (slot.references > 0) return "REFERENCED";
    if (this.find(name) !== undefined) return "EXIST_SETNAME2";
    slot.name = name;
    return null;
  }

  /** What rules and lists hold on to stays; the sets behind the two names change places, and so does their order. */
  swap(a: SetSlot, b: SetSlot): IpSetErrno | null {
    if (a.set.type !== b.set.type) return "TYPE_MISMATCH";
    const set: IpSet = a.set;
    a.set = b.set;
    b.set = set;
    return null;
  }
}
