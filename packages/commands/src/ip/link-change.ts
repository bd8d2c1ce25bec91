// `ip link add|set|delete` → operations.

import type { ConfigOp, LinkChange, LinkSpec } from "@kubehop/netstack";
import type { IpRun } from "./ip-context.ts";
import { change } from "./ip-context.ts";
import type { Words } from "./words.ts";
import { IpUsageError, notModelled } from "./words.ts";

type Draft = { -readonly [K in keyof LinkChange]: LinkChange[K] };
type Setter = (draft: Draft, words: Words) => void;

const SETTERS: Readonly<Record<string, Setter>> = {
  up: (d) => (d.up = true),
  down: (d) => (d.up = false),
  mtu: (d, w) => (d.mtu = w.number("mtu")),
  address: (d, w) => (d.address = w.value()),
  name: (d, w) => (d.name = w.value()),
  master: (d, w) => (d.master = w.value()),
  nomaster: (d) => (d.master = null),
  netns: (d, w) => (d.netns = w.value()),
  promisc: (d, w) => (d.promisc = w.onOff("promisc")),
  arp: (d, w) => (d.arp = w.onOff("arp")),
  type: typeWords,
};

const BRIDGE_SETTERS: Readonly<Record<string, Setter>> = {
  nf_call_iptables: (d, w) => (d.nfCallIptables = w.number("nf_call_iptables") !== 0),
  ageing_time: (d, w) => (d.ageingTime = w.number("ageing_time")),
  mcast_snooping: (d, w) => (d.mcastSnooping = w.number("mcast_snooping") !== 0),
};

const SLAVE_SETTERS: Readonly<Record<string, Setter>> = {
  hairpin: (d, w) => (d.hairpin = w.onOff("hairpin")),
  isolated: (d, w) => (d.isolated = w.onOff("isolated")),
  learning: (d, w) => (d.learning = w.onOff("learning")),
  flood: (d, w) => (d.flood = w.onOff("flood")),
};

function typeWords(draft: Draft, words: Words): void {
  const type = words.value();
  const setters = type === "bridge" ? BRIDGE_SETTERS : type === "bridge_slave" ? SLAVE_SETTERS : undefined;
  if (setters === undefined) throw notModelled(`changing options of type "${type}"`);
  while (!words.done) setOne(setters, draft, words, `the ${type} option`);
}

function setOne(setters: Readonly<Record<string, Setter>>, draft: Draft, words: Words, what: string): void {
  const word = words.value();
  const set = Object.hasOwn(setters, word) ? setters[word] : undefined;
  if (set === undefined) throw notModelled(`${what} "${word}"`);
  set(draft, words);
}

export function linkSet(run: IpRun, words: Words): number {
  words.takeIf("dev");
  const dev = words.take();
  if (dev === undefined) throw new IpUsageError('Not enough information: "dev" argument is required.');
  const draft: Draft = {};
  while (!words.done) setOne(SETTERS, draft, words, "the link setting");
  return change(run, [{ op: "link-set", dev, ...draft }]);
}

export function linkDelete(run: IpRun, words: Words): number {
  words.takeIf("dev");
  const dev = words.value();
  if (words.takeIf("type")) words.value();
  if (!words.done) throw notModelled(`"${words.value()}" behind a deletion`);
  return change(run, [{ op: "link-del", dev }]);
}

interface NewLink {
  name?: string;
  lower?: string;
  address?: string;
  mtu?: number;
  ifindex?: number;
  txqueuelen?: number;
  master?: string;
  up?: true;
}

export function linkAdd(run: IpRun, words: Words): number {
  const head: NewLink = {};
  while (!words.done && !words.takeIf("type")) headWord(head, words);
  const type = words.take();
  if (type === undefined) throw new IpUsageError('Not enough information: "type" argument is required');
  const link = linkSpec(type, head, words);
  const { name } = head;
  if (name === undefined) throw notModelled("a link without a name");
  const { address, mtu, ifindex, txqueuelen, master, up } = head;
  const add: ConfigOp = {
    op: "link-add",
    name,
    link,
    ...(address === undefined ? {} : { address }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(ifindex === undefined ? {} : { ifindex }),
    ...(txqueuelen === undefined ? {} : { txqueuelen }),
  };
  const set: ConfigOp[] =
    master === undefined && up === undefined
      ? []
      : [
          {
            op: "link-set",
            dev: name,
            ...(up === undefined ? {} : { up }),
            ...(master === undefined ? {} : { master }),
          },
        ];
  return change(run, [add, ...set]);
}

const QUEUE_WORDS: readonly string[] = ["txqueuelen", "qlen", "txqlen"];

function headWord(head: NewLink, words: Words): void {
  const word = words.value();
  if (word === "name" || word === "dev") head.name = words.value();
  else if (word === "link") head.lower = words.value();
  else if (word === "address") head.address = words.value();
  else if (word === "mtu") head.mtu = words.number("mtu");
  else if (word === "index") head.ifindex = words.number("index");
  else if (QUEUE_WORDS.includes(word)) head.txqueuelen = words.number("txqueuelen");
  else if (word === "master") head.master = words.value();
  else if (word === "up") head.up = true;
  else if (head.name === undefined) head.name = word;
  else throw notModelled(`the link setting "${word}"`);
}

function linkSpec(type: string, head: NewLink, words: Words): LinkSpec {
  if (type === "veth") return vethSpec(words);
  if (type === "vxlan") return vxlanSpec(head.lower, words);
  if (type !== "bridge" && type !== "dummy") throw notModelled(`the link type "${type}"`);
  if (!words.done) throw notModelled(`the ${type} option "${words.value()}" of a new link`);
  return { type };
}

type Peer = {
  -readonly [K in keyof Extract<LinkSpec, { type: "veth" }>["peer"]]: Extract<LinkSpec, { type: "veth" }>["peer"][K];
};

function vethSpec(words: Words): LinkSpec {
  if (!words.takeIf("peer")) throw notModelled("a veth without `peer name NAME`");
  const peer: Partial<Peer> = {};
  while (!words.done) {
    const word = words.value();
    if (word === "name") peer.name = words.value();
    else if (word === "netns") peer.netns = words.value();
    else if (word === "address") peer.address = words.value();
    else if (word === "mtu") peer.mtu = words.number("mtu");
    else if (word === "index") peer.ifindex = words.number("index");
    else if (peer.name === undefined) peer.name = word;
    else throw notModelled(`the veth option "${word}"`);
  }
  const { name } = peer;
  if (name === undefined) throw notModelled("a veth without `peer name NAME`");
  return { type: "veth", peer: { ...peer, name } };
}

type Vxlan = { -readonly [K in keyof Extract<LinkSpec, { type: "vxlan" }>]: Extract<LinkSpec, { type: "vxlan" }>[K] };

const VXLAN_SETTERS: Readonly<Record<string, (v: Partial<Vxlan>, words: Words) => void>> = {
  id: (v, w) => (v.id = w.number("id")),
  vni: (v, w) => (v.id = w.number("id")),
  local: (v, w) => (v.local = w.value()),
  remote: (v, w) => (v.remote = w.value()),
  dev: (v, w) => (v.dev = w.value()),
  dstport: (v, w) => (v.dstport = w.number("dstport")),
  learning: (v) => (v.learning = true),
  nolearning: (v) => (v.learning = false),
  udpcsum: (v) => (v.udpCsum = true),
  noudpcsum: (v) => (v.udpCsum = false),
  ageing: (v, w) => (v.ageing = w.number("ageing")),
  ttl: (v, w) => (v.ttl = w.takeIf("auto", "inherit") ? 0 : w.number("ttl")),
  df: (v, w) => (v.df = dontFragment(w.value())),
};

function dontFragment(word: string): "unset" | "set" | "inherit" {
  if (word !== "unset" && word !== "set" && word !== "inherit")
    throw new IpUsageError(`Error: argument "${word}" is wrong: DF must be 'unset', 'set' or 'inherit'\n`);
  return word;
}

/** The driver's own port when none is given. */
const VXLAN_DEFAULT_PORT = 8472;

function vxlanSpec(lower: string | undefined, words: Words): LinkSpec {
  const draft: Partial<Vxlan> = lower === undefined ? {} : { dev: lower };
  while (!words.done) {
    const word = words.value();
    const set = Object.hasOwn(VXLAN_SETTERS, word) ? VXLAN_SETTERS[word] : undefined;
    if (set === undefined) throw notModelled(`the vxlan option "${word}"`);
    set(draft, words);
  }
  const { id } = draft;
  if (id === undefined) throw new IpUsageError("vxlan: missing virtual network identifier");
  return { ...draft, type: "vxlan", id, dstport: draft.dstport ?? VXLAN_DEFAULT_PORT };
}
