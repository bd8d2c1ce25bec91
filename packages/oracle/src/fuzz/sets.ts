// Random sets in the text of `ipset restore`: addresses, networks and ports of the lab, with the options that elements can have.

import type { Chooser } from "./choose.ts";
import type { FuzzLab } from "./topology.ts";

/** A set that rules may name. */
export interface DrawnSet {
  readonly name: string;
  readonly type: string;
  /** Parts of a packet that make up its key. */
  readonly dimension: number;
}

export interface DrawnSets {
  readonly sets: readonly DrawnSet[];
  /** For `ipset restore -exist`: two words may mean the same element. */
  readonly text: string;
}

/** What is before the comma and behind it: `p` is a port with its protocol. */
const TYPES: readonly (readonly [type: string, parts: string, weight: number])[] = [
  ["hash:ip", "a", 3],
  ["hash:net", "n", 4],
  ["hash:ip,port", "ap", 3],
  ["hash:net,port", "np", 2],
  ["hash:ip,port,ip", "apa", 1],
  ["hash:ip,port,net", "apn", 1],
  ["hash:net,iface", "ni", 1],
  ["bitmap:port", "b", 1],
];

const WIDE = ["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/15", "10.2.0.0/24", "10.3.0.0/30", "0.0.0.0/1", "128.0.0.0/1"];
const FAR = ["8.8.8.8", "10.9.9.9", "10.9.8.7", "127.0.0.1"];
const PORTS = ["tcp:80", "80", "udp:53", "udp:80", "tcp:50-90", "tcp:1000-1030", "udp:1000-1030", "tcp:22"];
const OTHER_PORTS = ["icmp:echo-request", "icmp:0/0", "icmp:3/3", "sctp:80", "sctp:1000-1020", "47:0"];

/** Some sets, the last of them perhaps a list of the others. */
export function drawSets(c: Chooser, lab: FuzzLab): DrawnSets {
  const sets: DrawnSet[] = [];
  const lines: string[] = [];
  const weighted = TYPES.flatMap((row) => Array.from({ length: row[2] }, () => row));
  for (let i = 0; i < c.pick([1, 2, 3, 4]); i++) {
    const [type, parts] = c.pick(weighted);
    const name = `s${i}`;
    sets.push({ name, type, dimension: parts.length });
    lines.push(...new SetWriter(c, lab).lines(name, type, parts));
  }
  if (c.chance(0.4)) {
    lines.push("create all list:set size 8", ...c.shuffled(sets).map(({ name }) => `add all ${name}`));
    sets.push({ name: "all", type: "list:set", dimension: Math.max(...sets.map((s) => s.dimension)) });
  }
  return { sets, text: lines.map((line) => `${line}\n`).join("") };
}

class SetWriter {
  readonly #c: Chooser;
  readonly #lab: FuzzLab;

  constructor(chooser: Chooser, lab: FuzzLab) {
    this.#c = chooser;
    this.#lab = lab;
  }

  lines(name: string, type: string, parts: string): string[] {
    const c = this.#c;
    const [timeout, counters, comment] = [c.chance(0.25), c.chance(0.25), c.chance(0.15)];
    const create = [
      `create ${name} ${type}`,
      ...(type === "bitmap:port" ? ["range 0-9000"] : []),
      ...(type === "hash:ip" && c.chance(0.2) ? ["netmask 24"] : []),
      ...(/^[an]$/.test(parts) && c.chance(0.15) ? ["maxelem 6"] : []),
      ...(timeout ? ["timeout 600"] : []),
      ...(counters ? ["counters"] : []),
      ...(comment ? ["comment"] : []),
    ];
    const adds = Array.from({ length: c.below(6) }, () =>
      [
        `add ${name} ${this.#element(parts)}`,
        ...(timeout && c.chance(0.3) ? ["timeout 0"] : []),
        ...(comment && c.chance(0.5) ? ['comment "a b"'] : []),
        ...(parts.includes("n") && c.chance(0.2) ? ["nomatch"] : []),
      ].join(" "),
    );
    return [create.join(" "), ...adds];
  }

  #element(parts: string): string {
    return parts
      .split("")
      .map((part) => this.#part(part))
      .join(",");
  }

  #part(part: string): string {
    const { hosts, routerIps, emptyIps, devices } = this.#lab;
    const c = this.#c;
    const address = (): string => c.pick([...hosts.map((h) => h.ip), ...routerIps, ...emptyIps, ...FAR]);
    switch (part) {
      case "a":
        return address();
      case "n":
        return c.chance(0.5) ? c.pick(WIDE) : address();
      case "i":
        return c.pick(devices);
      case "b":
        return c.pick(["80", "53", "22", "8080", "1000-1030"]);
      default:
        return c.pick(c.chance(0.8) ? PORTS : OTHER_PORTS);
    }
  }
}

/** The words behind `--match-set`: a name, and mostly as many directions as the set has parts. */
export function setReference(sets: readonly DrawnSet[], pick: <T>(items: readonly T[]) => T): string {
  const { name, dimension } = pick(sets);
  const count = pick([dimension, dimension, dimension, dimension, dimension, 1, 2]);
  return `${name} ${Array.from({ length: count }, () => pick(["src", "dst", "dst"])).join(",")}`;
}
