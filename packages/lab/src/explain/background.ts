// What a story says beyond the steps: who has an address, who wrote a rule, who made an entry.

import type { RuleOrigin } from "@kubehop/netstack";
import type { RunningCluster } from "../model/running-cluster.ts";
import type { AddressBook } from "./address-book.ts";
import { isRight, type RowOwner } from "./mac-owners.ts";
import type { EntryMaker, StoryMemory } from "./memory.ts";
import type { RuleStep } from "./rule-text.ts";
import type { StepOf } from "./phrases.ts";

/** Which of several random endpoints a rule stands for. */
export interface EndpointPick {
  readonly chosen: number;
  readonly of: number;
}

export class Background {
  readonly #epoch: number;
  readonly #memory: StoryMemory;
  readonly #book: AddressBook;

  constructor({ epoch }: Pick<RunningCluster, "epoch">, memory: StoryMemory, book: AddressBook) {
    this.#epoch = epoch;
    this.#memory = memory;
    this.#book = book;
  }

  /** Machine, pod or Service of an address; undefined: nobody's. */
  nameOf(addr: string): string | undefined {
    return this.#book.nameOf(addr);
  }

  /** A namespace as scenarios name it: `web#1`, `node1`. */
  placeName(ns: string): string {
    return this.#book.placeName(ns);
  }

  /** A socket as the step tells it, its pod by the name that scenarios use. */
  socketName({ socket, ns }: StepOf<"deliver">): string {
    return socket.replace(`(${ns.slice(ns.indexOf("/") + 1)})`, `(${this.placeName(ns)})`);
  }

  /** `addr:port` with the name behind it. */
  named(end: string): string {
    const name = this.nameOf(end.replace(/:\d+$/, ""));
    return name === undefined ? end : `${end} (${name})`;
  }

  /** Seconds since time 0. */
  seconds(at: number): string {
    return `${(this.sinceStart(at) / 1000).toFixed(3)} s`;
  }

  /** Virtual ms since time 0. */
  sinceStart(at: number): number {
    return at - this.#epoch;
  }

  /** Whose the MAC and the address of a neighbour row were when a packet used it; undefined: the row had no MAC. */
  ownerOf(step: StepOf<"neigh">): RowOwner | undefined {
    return this.#memory.owners.of(step);
  }

  /** `, but node2 flannel.1 has …:02` of a row that leads to another machine than has the address; else "". */
  otherMac(step: StepOf<"neigh">): string {
    const owner = this.ownerOf(step);
    if (owner?.address === undefined || isRight(owner)) return "";
    const { ns, dev, mac } = owner.address;
    return `, but ${this.placeName(ns)} ${dev} has ${mac}`;
  }

  originOf(step: RuleStep): RuleOrigin | undefined {
    return this.#memory.met(step)?.origin;
  }

  /** Texts of the rules of the chain in which the packet met this one. */
  rulesAround(step: RuleStep): readonly string[] {
    return this.#memory.met(step)?.rules.map(({ text }) => text) ?? [];
  }

  /** Texts of the rules of the chain that a jump leads to. */
  rulesBehind(step: RuleStep): readonly string[] {
    return this.#memory.met(step)?.callee.map(({ text }) => text) ?? [];
  }

  makerOf(hit: StepOf<"ct">): EntryMaker | undefined {
    return this.#memory.makerOf(hit);
  }

  /** The packet goes the way of an entry that an earlier one made; to conntrack it is NEW as long as nobody has answered. */
  isHit(step: StepOf<"ct">): boolean {
    if (step.reply || step.from === "" || step.state === "UNTRACKED") return false;
    const maker = this.makerOf(step);
    return maker === undefined ? step.createdAt < step.at : maker.pkt !== step.pkt;
  }

  /** Rules with a random match and the one behind them are alternatives; undefined when the rule is none of them. */
  pickOf(step: RuleStep): EndpointPick | undefined {
    const { rule } = step;
    const texts = this.rulesAround(step);
    const first = texts.findIndex(isRandom);
    const last = texts.findLastIndex(isRandom) + 1;
    const of = last - first + 1;
    return first < 0 || rule - 1 < first || rule - 1 > last ? undefined : { chosen: rule - first, of };
  }
}

function isRandom(text: string): boolean {
  return text.includes("-m statistic --mode random");
}

/** Object and manifest line; empty for nobody. */
export function authorOf(origin: RuleOrigin | null | undefined): string[] {
  if (origin === undefined || origin === null) return [];
  return [origin.object, ...(origin.position === undefined ? [] : [origin.position])];
}

/** `Service default/web:http, web.yaml:10`; the agent when no object stands behind the rule; "" for nobody. */
export function originText(origin: RuleOrigin | null | undefined): string {
  return authorOf(origin).join(", ");
}
