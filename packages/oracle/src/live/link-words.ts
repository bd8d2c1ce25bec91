// Link operations of a batch as lines of `ip -batch` (iproute2: ip/iplink.c, ip/iplink_vxlan.c, bridge/link.c).

import type { ConfigOp, LinkChange, LinkSpec } from "@kubehop/netstack";

type LinkAdd = Extract<ConfigOp, { op: "link-add" }>;
type LinkSet = Extract<ConfigOp, { op: "link-set" }>;
type Vxlan = Extract<LinkSpec, { type: "vxlan" }>;
type Veth = Extract<LinkSpec, { type: "veth" }>;

const onOff = (value: boolean): string => (value ? "on" : "off");
/** `word value` when there is a value. */
export const given = (word: string, value: string | number | undefined): string[] =>
  value === undefined ? [] : [word, String(value)];

/** `ip link add` for every type but `nic`, which is no type of the kernel's. */
export function linkAddWords(op: LinkAdd): string[] {
  const { name, ifindex, address, mtu, txqueuelen } = op;
  return [
    "link",
    "add",
    "name",
    name,
    ...given("index", ifindex),
    ...given("address", address),
    ...given("mtu", mtu),
    ...given("txqueuelen", txqueuelen),
    "type",
    op.link.type,
    ...typeWords(op.link),
  ];
}

function typeWords(link: LinkSpec): string[] {
  if (link.type === "veth") return peerWords(link.peer);
  return link.type === "vxlan" ? vxlanWords(link) : [];
}

function peerWords({ name, netns, address, mtu, ifindex }: Veth["peer"]): string[] {
  return [
    "peer",
    "name",
    name,
    ...given("netns", netns),
    ...given("index", ifindex),
    ...given("address", address),
    ...given("mtu", mtu),
  ];
}

function vxlanWords(link: Vxlan): string[] {
  const { id, local, dev, remote, dstport, ttl, df, ageing, learning, udpCsum } = link;
  return [
    "id",
    String(id),
    ...given("local", local),
    ...given("remote", remote),
    ...given("dev", dev),
    "dstport",
    String(dstport),
    ...given("ttl", ttl),
    ...given("df", df),
    ...given("ageing", ageing),
    ...(learning === undefined ? [] : [learning ? "learning" : "nolearning"]),
    ...(udpCsum === undefined ? [] : [udpCsum ? "udpcsum" : "noudpcsum"]),
  ];
}

/** One `ip link set` for each kind of change, in the order in which the emulated door makes them. */
export function linkSetLines(op: LinkSet): string[][] {
  const set = ["link", "set", "dev", op.dev];
  const lines = [deviceWords(op), portWords(op), bridgeWords(op)];
  return lines.filter((words) => words.length > 0).map((words) => [...set, ...words]);
}

function deviceWords(c: LinkChange): string[] {
  return [
    ...given("netns", c.netns),
    ...given("name", c.name),
    ...given("mtu", c.mtu),
    ...given("address", c.address),
    ...(c.master === null ? ["nomaster"] : given("master", c.master)),
    ...given("promisc", flag(c.promisc)),
    ...given("arp", flag(c.arp)),
    ...(c.up === undefined ? [] : [c.up ? "up" : "down"]),
  ];
}

function flag(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : onOff(value);
}

function portWords(c: LinkChange): string[] {
  const words = (["hairpin", "isolated", "learning", "flood"] as const).flatMap((name) => given(name, flag(c[name])));
  return words.length === 0 ? [] : ["type", "bridge_slave", ...words];
}

function bridgeWords(c: LinkChange): string[] {
  const bit = (value: boolean | undefined): number | undefined => (value === undefined ? undefined : Number(value));
  const words = [
    ...given("nf_call_iptables", bit(c.nfCallIptables)),
    ...given("ageing_time", c.ageingTime),
    ...given("mcast_snooping", bit(c.mcastSnooping)),
  ];
  return words.length === 0 ? [] : ["type", "bridge", ...words];
}
