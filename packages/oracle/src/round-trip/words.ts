// Random words of rule and set text: numbers with their edges, addresses, names and strings that need quoting.

import { formatIpv4 } from "@kubehop/netstack";
import { Chooser } from "../fuzz/choose.ts";

/** Characters of comments and prefixes: blanks, everything that is quoted or escaped, and some that are not. */
const PLAIN = "abcXYZ0189-_";
const ODD = " \"'\\!#%&()*+,./:;<=>?@[]^`{|}~$";
const DEVICES = ["eth0", "lo", "cni0", "flannel.1", "veth1a2b3c4d", "bond0.100", "a", "abcdefghijklmno", "eth0:1"];

export class Words extends Chooser {
  /** Within the bounds, both of them more often than others. */
  number(min: number, max: number): number {
    if (this.chance(0.25)) return this.pick([min, max, Math.min(min + 1, max), Math.max(max - 1, min)]);
    return this.chance(0.5) ? min + this.below(Math.min(max - min + 1, 300)) : min + this.below(max - min + 1);
  }

  /** Decimal or hexadecimal. */
  written(value: number): string {
    return this.chance(0.3) ? `0x${value.toString(16)}` : String(value);
  }

  u32(): number {
    return this.number(0, 0xffffffff);
  }

  /** Two numbers in order; now and then the same. */
  ordered(min: number, max: number): [number, number] {
    const [a, b] = [this.number(min, max), this.number(min, max)];
    return this.chance(0.1) ? [a, a] : [Math.min(a, b), Math.max(a, b)];
  }

  /** What fits in a counter of ours exactly; a packet counter beyond 2^53 is not modelled. */
  counter(): number {
    if (this.chance(0.4)) return 0;
    if (this.chance(0.1)) return this.pick([Number.MAX_SAFE_INTEGER, 2 ** 32, 2 ** 32 - 1, 1]);
    return this.below(2 ** 32);
  }

  counters(): string {
    return `[${this.counter()}:${this.counter()}]`;
  }

  /** `! ` or nothing. */
  bang(): string {
    return this.chance(0.3) ? "! " : "";
  }

  addr(): string {
    if (this.chance(0.2)) return this.pick(["10.0.0.1", "10.0.0.255", "127.0.0.1", "224.0.0.1", "255.255.255.255"]);
    return formatIpv4(this.below(2 ** 32));
  }

  /** Not 0.0.0.0. */
  host(): string {
    return formatIpv4(1 + this.below(2 ** 32 - 1));
  }

  /** From, to. */
  addrRange(): string {
    const from = this.below(2 ** 32 - 300);
    return `${formatIpv4(from)}-${formatIpv4(from + this.below(300))}`;
  }

  /** With a length, a mask – with holes at times – or neither; `/0` on request only, as it is no condition. */
  network(zero = false): string {
    const addr = this.addr();
    switch (this.below(5)) {
      case 0:
        return addr;
      case 1:
        return `${addr}/${this.pick(["255.255.0.0", "255.0.255.0", "255.255.255.254", "0.0.0.255", "255.255.255.255"])}`;
      default:
        return `${addr}/${this.number(zero ? 0 : 1, 32)}`;
    }
  }

  device(): string {
    return this.pick(DEVICES);
  }

  /** A device, the beginning of its name, or any; with `!` at times. Legacy loses `! -i +` when it saves. */
  devicePattern(option: string): string {
    if (this.chance(0.1)) return `${option} +`;
    const name = this.chance(0.7) ? this.device() : `${this.device().slice(0, 14)}+`;
    return `${this.bang()}${option} ${name}`;
  }

  /** A number, a range, a service; with colons one with an open end. */
  ports(separator: ":" | "-", services: readonly string[] = []): string {
    const [from, to] = this.ordered(0, 65535);
    const open = separator === ":" ? [`:${to}`, `${from}:`] : [];
    const named = services.length > 0 ? [this.pick(services)] : [];
    return this.pick([String(from), String(to), `${from}${separator}${to}`, ...open, ...named]);
  }

  /** Value, or value and mask. */
  mark(): string {
    const value = this.written(this.u32());
    return this.chance(0.5) ? value : `${value}/${this.written(this.u32())}`;
  }

  mac(): string {
    return Array.from({ length: 6 }, () => this.below(256).toString(16).padStart(2, "0")).join(":");
  }

  /** `count` of the list, in an order of their own. */
  several<T>(items: readonly T[], most = items.length): T[] {
    return this.shuffled(items).slice(0, 1 + this.below(most));
  }

  /** Printable, up to `max` characters, at times all of them. */
  text(max: number, odd = ODD): string {
    const length = this.chance(0.1) ? max : 1 + this.below(Math.min(max, 40));
    const letters = this.chance(0.4) ? PLAIN : PLAIN + odd;
    return Array.from({ length }, () => letters.charAt(this.below(letters.length))).join("");
  }
}

/** A word of a restore text, quoted as iptables-restore reads it. */
export function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
