// Random sets in the text of `ipset restore`: every modelled type with its options, elements with extensions, lists of sets.

import type { Words } from "./words.ts";

interface SetDraw {
  /** Options of create that this type has besides the common ones. */
  create?(w: Words, isFirst: boolean): string;
  /** `cut`: the set cuts addresses. The kernel cuts the first of a range alone, so that what it saves is read as something else. */
  element(w: Words, cut: boolean): string;
  readonly nomatch?: boolean;
  readonly wildcard?: boolean;
  /** No hash, so none of its sizes. */
  readonly plain?: boolean;
}

const ICMP = ["echo-request", "ping", "8/0", "3/4", "255/255", "network-redirect"];

function protoPort(w: Words): string {
  const port = w.number(0, 65535);
  return w.pick([
    String(port),
    `tcp:${port}`,
    `udp:${port}`,
    `sctp:${port}`,
    `udplite:${port}`,
    "tcp:http",
    `udp:${Math.min(port, 65530)}-${Math.min(port, 65530) + 3}`,
    `icmp:${w.pick(ICMP)}`,
    `${w.pick(["gre", "esp", "47", "253", "ospf"])}:0`,
  ]);
}

/** Neither 0.0.0.0 nor more than a few addresses. */
function hosts(w: Words): string {
  if (w.chance(0.7)) return w.host();
  return w.chance(0.5) ? `${w.pick(["10.1.2.3", "192.168.7.129"])}/${w.number(27, 32)}` : shortRange(w);
}

/** Something is left of it under any mask. */
function highHost(w: Words): string {
  return `${w.number(128, 255)}.${w.below(256)}.${w.below(256)}.${w.below(256)}`;
}

function shortRange(w: Words): string {
  const [net, from] = [w.below(256), w.below(240)];
  return `10.${net}.7.${from}-10.${net}.7.${from + w.below(16)}`;
}

function network(w: Words): string {
  if (w.chance(0.1)) return shortRange(w);
  return w.chance(0.3) ? w.host() : `${w.host()}/${w.number(1, 32)}`;
}

/** Behind a set with networks, ipset 7.17 prints a bitmask with the length of the last of those. */
function mask(w: Words, isFirst: boolean): string {
  if (w.chance(0.7)) return "";
  return !isFirst || w.chance(0.5)
    ? ` netmask ${w.number(1, 32)}`
    : ` bitmask ${w.pick(["255.255.255.0", "255.0.255.0"])}`;
}

/** By type; a modelled type without a row fails a test. */
export const SET_DRAWS: Readonly<Record<string, SetDraw>> = {
  "hash:ip": { create: mask, element: (w, cut) => (cut ? highHost(w) : hosts(w)) },
  "hash:net": { nomatch: true, element: network },
  "hash:ip,port": { create: mask, element: (w, cut) => `${cut ? highHost(w) : hosts(w)},${protoPort(w)}` },
  "hash:net,port": { nomatch: true, element: (w) => `${network(w)},${protoPort(w)}` },
  "hash:ip,port,ip": { element: (w) => `${hosts(w)},${protoPort(w)},${w.host()}` },
  "hash:ip,port,net": { nomatch: true, element: (w) => `${hosts(w)},${protoPort(w)},${network(w)}` },
  "hash:net,iface": {
    nomatch: true,
    wildcard: true,
    element: (w) => `${w.chance(0.1) ? "0.0.0.0/0" : network(w)},${w.device()}`,
  },
  "bitmap:port": {
    plain: true,
    create: (w) => ` range ${w.pick(["1000-9000", "0-65535", "9000-1000", "999-9001"])}`,
    element(w) {
      const from = w.number(1000, 8990);
      return w.pick([String(from), `${from}-${from + w.below(10)}`, `udp:${from}`]);
    },
  },
  // Elements are drawn from the sets before it.
  "list:set": { plain: true, create: (w) => (w.chance(0.5) ? ` size ${w.number(0, 40)}` : ""), element: () => "" },
};

interface Extensions {
  readonly timeout: boolean;
  readonly counters: boolean;
  readonly comment: boolean;
  readonly skbinfo: boolean;
}

/** Large enough not to run out while they are looked at. */
function timeout(w: Words): number {
  return w.chance(0.2) ? 0 : w.number(600, 2147483);
}

/** `some`: it gets elements; then the hash is not so small that the kernel makes more of them. */
function createLine(w: Words, head: string, draw: SetDraw, ext: Extensions, some: boolean): string {
  const hash = [
    ...(w.chance(0.2) ? ["family inet"] : []),
    ...(w.chance(0.3) ? [`hashsize ${w.number(some ? 1024 : 1, 4096)}`] : []),
    ...(w.chance(0.3) ? [`maxelem ${w.number(2000, 1_000_000)}`] : []),
    ...(w.chance(0.3) ? [`bucketsize ${w.number(some ? 11 : 0, 255)}`] : []),
    ...(w.chance(0.1) ? ["forceadd"] : []),
    ...(w.chance(0.3) ? [`initval ${w.written(w.u32())}`] : []),
  ];
  const extensions = [
    ...(ext.timeout ? [`timeout ${timeout(w)}`] : []),
    ...(ext.counters ? ["counters"] : []),
    ...(ext.comment ? ["comment"] : []),
    ...(ext.skbinfo ? ["skbinfo"] : []),
  ];
  const options = w.shuffled([...(draw.plain === true ? [] : hash), ...extensions]);
  return [head, ...options].join(" ");
}

function skbWords(w: Words): string[] {
  return w.some(0.5, [
    `skbmark 0x${w.u32().toString(16)}${w.chance(0.5) ? `/0x${w.u32().toString(16)}` : ""}`,
    `skbprio ${w.number(0, 0xffff).toString(16)}:${w.number(0, 0xffff).toString(16)}`,
    `skbqueue ${w.number(0, 65535)}`,
  ]);
}

function elementWords(w: Words, draw: SetDraw, ext: Extensions): string {
  const options = [
    ...(ext.timeout && w.chance(0.6) ? [`timeout ${timeout(w)}`] : []),
    ...(ext.counters ? w.some(0.5, [`packets ${w.counter()}`, `bytes ${w.counter()}`]) : []),
    // The library reads no escapes and takes no double quote.
    ...(ext.comment && w.chance(0.7) ? [`comment "c${w.text(254, " '!#%&()*+,./:;<=>?@[]{}|~$")}"`] : []),
    ...(ext.skbinfo ? skbWords(w) : []),
    ...(draw.nomatch === true && w.chance(0.2) ? ["nomatch"] : []),
    ...(draw.wildcard === true && w.chance(0.3) ? ["wildcard"] : []),
  ];
  return w
    .shuffled(options)
    .map((option) => ` ${option}`)
    .join("");
}

/** One to four sets, and now and then a list of them. An element that comes twice is taken once: the text is for `restore -exist`. */
export function drawSetState(w: Words): string {
  const types = Object.keys(SET_DRAWS).filter((type) => type !== "list:set");
  const chosen = Array.from({ length: 1 + w.below(4) }, (_, i) => ({ name: setName(w, i), type: w.pick(types) }));
  const lists = w.chance(0.4) ? [{ name: "all", type: "list:set" }] : [];
  const lines = [...chosen, ...lists].flatMap(({ name, type }) => {
    const draw = SET_DRAWS[type] as SetDraw;
    const flag = (): boolean => w.chance(0.4);
    const ext = { timeout: flag(), counters: flag(), comment: flag(), skbinfo: w.chance(0.2) };
    const words = draw.create?.(w, name === chosen[0]?.name) ?? "";
    const elements =
      type === "list:set"
        ? w.several(chosen).map((set, i, all) => set.name + beside(w, all[i - 1]?.name))
        : Array.from({ length: w.below(9) }, () => draw.element(w, words.includes("mask")));
    return [
      createLine(w, `create ${name} ${type}${words}`, draw, ext, elements.length > 0),
      ...elements.map((element) => `add ${name} ${element}${elementWords(w, draw, ext)}`),
    ];
  });
  return `${lines.join("\n")}\n`;
}

/** Where a member of a list stands, by the one that was added before it. */
function beside(w: Words, name: string | undefined): string {
  return name === undefined || w.chance(0.5) ? "" : ` ${w.pick(["before", "after"])} ${name}`;
}

function setName(w: Words, index: number): string {
  return `${w.pick(["web", "a.b", "cali40s:x", "KUBE-LOOP-BACK", "thirty-letters-are-still-ok-x"])}-${index}`;
}
