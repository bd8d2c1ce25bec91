// What may befall the frames that leave a device (net/sched/sch_netem.c): loss, duplicates, delay, a changed order. And two things no
// queue does: the n-th frame of a kind is dropped, and the wire is cut, so that frames vanish both ways and nobody is told.
//
//   devQueueXmit → netemEnqueue: duplicate? lose? drop the n-th? → wait → taps → the wire, if it is whole

import type { Random } from "@kubehop/sim";
import { kfreeSkb } from "../skb/kfree-skb.ts";
import type { Packet } from "../skb/packet.ts";
import type { NetDevice } from "./net-device.ts";

/** Frames that wait at most (the default limit of the queue). */
const NETEM_LIMIT = 1000;

/** Frames that match are dropped: all of them, or those of these numbers, counted from 1 since the fault began. */
export interface DropNth {
  /** The frame from its link header; looking changes nothing. */
  readonly matches: (pkt: Packet) => boolean;
  /** Empty: all. */
  readonly nth: readonly number[];
}

/** Probabilities 0–1; times in virtual ms. */
export interface NetemSpec {
  readonly loss: number;
  readonly duplicate: number;
  readonly delay: number;
  /** How many of the frames that would be delayed go at once, and so before others. */
  readonly reorder: number;
  readonly drop: DropNth | null;
  readonly cut: boolean;
}

export const NO_NETEM: NetemSpec = { loss: 0, duplicate: 0, delay: 0, reorder: 0, drop: null, cut: false };

export class Netem {
  readonly spec: NetemSpec;
  readonly #random: Random;
  #waiting = 0;
  #matched = 0;
  #gone = false;

  constructor(spec: NetemSpec, random: Random) {
    this.spec = spec;
    this.#random = random;
  }

  /** The queue is taken away: what waits in it is lost (qdisc_reset). */
  remove(): void {
    this.#gone = true;
  }

  /** netem_enqueue; `send` puts a frame onto the wire. */
  enqueue(dev: NetDevice, pkt: Packet, send: (pkt: Packet) => void): void {
    const doubled = this.#happens(this.spec.duplicate);
    const lost = this.#happens(this.spec.loss);
    if (lost && !doubled) return this.#lose(dev, pkt);
    // Lost of two is one: then it is as if nothing had happened.
    const copy = doubled && !lost ? dev.ns.world.adopt(pkt.copy(), pkt) : null;
    this.#queue(dev, pkt, send);
    if (copy === null) return;
    // The copy comes in at the top again; it is not doubled once more.
    if (this.#happens(this.spec.loss)) this.#lose(dev, copy);
    else this.#queue(dev, copy, send);
  }

  #lose(dev: NetDevice, pkt: Packet): void {
    drop(dev, pkt, `loss ${percent(this.spec.loss)}`);
  }

  #queue(dev: NetDevice, pkt: Packet, send: (pkt: Packet) => void): void {
    const number = this.#dropNumber(pkt);
    if (number > 0) return drop(dev, pkt, `frame ${number} of its kind`);
    if (this.#waiting >= NETEM_LIMIT) return drop(dev, pkt, `${NETEM_LIMIT} frames wait already`);
    const { delay, reorder } = this.spec;
    if (delay === 0 || this.#happens(reorder)) return send(pkt);
    this.#waitFor(dev, pkt, delay, send);
  }

  #waitFor(dev: NetDevice, pkt: Packet, delay: number, send: (pkt: Packet) => void): void {
    const { world } = dev.ns;
    this.#waiting++;
    if (world.tracer !== null) world.trace(dev.ns, pkt, "netem_enqueue", { kind: "queue", where: `netem ${delay}ms` });
    world.clock.schedule(delay, () => {
      this.#waiting--;
      if (this.#gone || !dev.operational) drop(dev, pkt, `the queue of ${dev.name} is gone`);
      else send(pkt);
      world.softirq();
    });
  }

  /** Number of the frame among those that match, when it is one to be dropped; else 0. */
  #dropNumber(pkt: Packet): number {
    const { drop: wanted } = this.spec;
    if (wanted === null || !wanted.matches(pkt)) return 0;
    this.#matched++;
    return wanted.nth.length === 0 || wanted.nth.includes(this.#matched) ? this.#matched : 0;
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#random.float() < probability;
  }
}

function drop(dev: NetDevice, pkt: Packet, detail: string): void {
  dev.txDropped++;
  kfreeSkb(dev.ns, pkt, "QDISC_DROP", "netem_enqueue", `${dev.name}: ${detail}`);
}

function percent(fraction: number): string {
  return `${Math.round(fraction * 10_000) / 100}%`;
}

/** `tc qdisc replace dev … root netem`, and a knife for the wire. */
export function setNetem(dev: NetDevice, spec: NetemSpec): void {
  dev.netem?.remove();
  const { world } = dev.ns;
  dev.netem = new Netem(spec, world.random.fork(`netem ${dev.ns.name}/${dev.name} ${world.now}`));
}

/** `tc qdisc del dev … root`: the wire is whole again. */
export function clearNetem(dev: NetDevice): void {
  dev.netem?.remove();
  dev.netem = null;
}

/** Is the frame lost on the wire between these two? Then it ends here. The senders' taps have seen it. */
export function lostOnWire(from: NetDevice, to: NetDevice | null, pkt: Packet): boolean {
  const cut = from.netem?.spec.cut === true ? from : to?.netem?.spec.cut === true ? to : null;
  if (cut === null) return false;
  kfreeSkb(from.ns, pkt, "LINK_CUT", "wire", `the wire of ${cut.ns.name} ${cut.name} is cut`);
  return true;
}
