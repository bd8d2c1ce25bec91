// Where the next thing is said: the hop a packet is in, the hook, and the row of it that is being told.

import type { StepOf } from "./phrases.ts";
import type { HopTale, Row } from "./tale.ts";
import { openRow } from "./tale.ts";

export class HopRows {
  readonly hops: HopTale[] = [];
  /** Hook the packet is in; its row is opened when there is something to say. */
  hook: StepOf<"hook"> | undefined;
  /** Between encapsulation and decapsulation the steps are about the outer packet. */
  outer = false;
  #hop: HopTale = { ns: "", rows: [] };
  #row: Row | undefined;
  /** The bridge device takes the frame: what follows is still told with the port. */
  #goesUp = false;

  get ns(): string {
    return this.#hop.ns;
  }

  /** Nothing has been said here but of one device. */
  get isFirst(): boolean {
    return this.#hop.rows.length === 1;
  }

  /** There is a row that what ends a packet may stand in. */
  get isOpen(): boolean {
    return this.#row !== undefined;
  }

  enter(ns: string): void {
    this.#hop = { ns, rows: [] };
    this.hops.push(this.#hop);
    this.#row = undefined;
    this.hook = undefined;
  }

  /** A new row. */
  open(label: string): Row {
    this.#row = openRow(this.#hop, label);
    return this.#row;
  }

  /** The row of this device, if it is the one being told, else a new one. */
  of(label: string): Row {
    return this.#row?.label === label ? this.#row : this.open(label);
  }

  /** A frame comes in by a device: a new row, unless it has only gone up from a port. */
  received(dev: string): Row {
    const goesUp = this.#goesUp;
    if (goesUp && this.#row !== undefined) {
      this.#goesUp = false;
      return this.#row;
    }
    return this.open(dev);
  }

  goUp(): void {
    this.#goesUp = true;
  }

  /** What follows has a row of its own. */
  close(): void {
    this.#row = { label: "", lines: [], weight: "way", ttl: undefined };
  }

  device(): Row {
    return this.#row ?? this.open(this.#hookLabel() ?? "");
  }

  ofHook(): Row {
    const label = this.#hookLabel();
    return label === undefined ? this.device() : this.of(label);
  }

  #hookLabel(): string | undefined {
    return this.hook === undefined ? undefined : `${this.outer ? "outer " : ""}${this.hook.hook}`;
  }
}
