// Links as rows (net/core/rtnetlink.c: rtnl_fill_ifinfo; keys as `ip -d -j link` has them).

import { formatIpv4 } from "../addr/ipv4.ts";
import { formatMac } from "../addr/mac.ts";
import type { Bridge } from "../bridge/bridge.ts";
import { bridgeOf } from "../bridge/bridge.ts";
import type { BridgePort } from "../bridge/bridge-port.ts";
import { BR_STATE_NAMES } from "../bridge/bridge-port.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { IFF_BROADCAST, IFF_LOOPBACK, IFF_MULTICAST, IFF_NOARP } from "../dev/net-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Vxlan } from "../tunnel/vxlan.ts";
import { vxlanOf } from "../tunnel/vxlan.ts";

export type LinkValue = string | number | boolean | { readonly low: number; readonly high: number };

export interface LinkInfo {
  readonly info_kind?: string;
  readonly info_data?: Readonly<Record<string, LinkValue>>;
  readonly info_slave_kind?: string;
  readonly info_slave_data?: Readonly<Record<string, LinkValue>>;
}

export interface LinkRow {
  readonly ifindex: number;
  readonly ifname: string;
  /** The other end's name when it is in the same namespace, else its index there and which namespace that is. */
  readonly link?: string;
  readonly link_index?: number;
  readonly link_netns?: string;
  readonly link_netnsid?: number;
  /** The other end is here and down. */
  readonly m_down: boolean;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly qdisc: string;
  readonly master?: string;
  readonly operstate: string;
  readonly linkmode: string;
  readonly group: string;
  readonly txqlen: number;
  readonly link_type: string;
  readonly address: string;
  readonly broadcast: string;
  readonly promiscuity: number;
  readonly allmulti: number;
  readonly min_mtu: number;
  readonly max_mtu: number;
  readonly linkinfo: LinkInfo;
}

const FLAG_WORDS = [
  [IFF_LOOPBACK, "LOOPBACK"],
  [IFF_BROADCAST, "BROADCAST"],
  [IFF_MULTICAST, "MULTICAST"],
  [IFF_NOARP, "NOARP"],
] as const;

/** IFF_* words in the order iproute2 prints them. */
function flagWords(dev: NetDevice): string[] {
  const words = FLAG_WORDS.filter(([bit]) => (dev.flags & bit) !== 0).map(([, word]): string => word);
  const carrier = dev.ops.carrier(dev);
  if (dev.promiscByHand) words.push("PROMISC");
  if (dev.up) words.push("UP");
  if (dev.up && carrier) words.push("LOWER_UP");
  return dev.up && !carrier ? ["NO-CARRIER", ...words] : words;
}

/** IFLA_OPERSTATE. */
export function operState(dev: NetDevice): string {
  if (dev.ops.operState !== undefined) return dev.ops.operState(dev);
  return dev.operational ? "UP" : "DOWN";
}

/** Namespace ids are given in the order in which they are first seen from here: by ifindex. */
function netnsids(ns: NetNamespace): Map<NetNamespace, number> {
  const ids = new Map<NetNamespace, number>();
  for (const dev of ns.devices) {
    const other = dev.peer?.ns;
    if (other !== undefined && other !== ns && !ids.has(other)) ids.set(other, ids.size);
  }
  return ids;
}

type PeerFields = Pick<LinkRow, "link" | "link_index" | "link_netns" | "link_netnsid">;

function peerFields(dev: NetDevice, ids: Map<NetNamespace, number>): PeerFields {
  const { peer } = dev;
  if (peer === null) return {};
  if (peer.ns === dev.ns) return { link: peer.name };
  return { link_index: peer.ifindex, link_netns: peer.ns.name, link_netnsid: ids.get(peer.ns) ?? 0 };
}

export function dumpLinks(ns: NetNamespace): LinkRow[] {
  const ids = netnsids(ns);
  return ns.devices.list().map((dev) => linkRow(dev, ids));
}

function linkRow(dev: NetDevice, ids: Map<NetNamespace, number>): LinkRow {
  const loopback = (dev.flags & IFF_LOOPBACK) !== 0;
  return {
    ifindex: dev.ifindex,
    ifname: dev.name,
    ...peerFields(dev, ids),
    m_down: dev.peer !== null && dev.peer.ns === dev.ns && !dev.peer.up,
    flags: flagWords(dev),
    mtu: dev.mtu,
    qdisc: qdiscWord(dev),
    ...(dev.master === null ? {} : { master: dev.master.name }),
    operstate: operState(dev),
    linkmode: "DEFAULT",
    group: "default",
    txqlen: txqueuelen(dev),
    link_type: loopback ? "loopback" : "ether",
    address: formatMac(dev.addr),
    broadcast: loopback ? "00:00:00:00:00:00" : "ff:ff:ff:ff:ff:ff",
    promiscuity: dev.promisc,
    allmulti: dev.bridgePort === null ? 0 : 1,
    min_mtu: loopback ? 0 : (dev.ops.minMtu ?? 68),
    max_mtu: loopback ? 0 : (dev.ops.maxMtu ?? 65535),
    linkinfo: linkInfo(dev),
  };
}

/** Software devices have no queue; a card has the default one; a device that was never up has none yet. */
function qdiscWord(dev: NetDevice): string {
  if (!dev.hasQdisc) return "noop";
  return dev.kind === "nic" ? "fq_codel" : "noqueue";
}

/** Devices without a queue got a length of 0 in old kernels, and so none is printed. */
function txqueuelen(dev: NetDevice): number {
  if (dev.txQueueLen !== undefined) return dev.txQueueLen;
  const modern = dev.ns.flavour.version === "6.18";
  return modern || (dev.kind !== "veth" && dev.kind !== "vxlan") ? 1000 : 0;
}

function linkInfo(dev: NetDevice): LinkInfo {
  const br = bridgeOf(dev);
  const vx = vxlanOf(dev);
  const kind = dev.kind === "loopback" || dev.kind === "nic" ? undefined : dev.kind;
  const data = br !== undefined ? bridgeData(br) : vx !== undefined ? vxlanData(vx) : undefined;
  return {
    ...(kind === undefined ? {} : { info_kind: kind }),
    ...(data === undefined ? {} : { info_data: data }),
    ...(dev.bridgePort === null ? {} : { info_slave_kind: "bridge", info_slave_data: slaveData(dev.bridgePort) }),
  };
}

/** `8000.a:58:a:1:4:1`: priority, then the address without leading zeros. */
export function bridgeId(br: Bridge): string {
  const octets = formatMac(br.idAddr).split(":");
  return `8000.${octets.map((o) => Number.parseInt(o, 16).toString(16)).join(":")}`;
}

/** What a bridge says of VLANs and group tables: kernels differ in what they are built with and in defaults. */
interface KernelBridge {
  readonly before: Readonly<Record<string, LinkValue>>;
  readonly after: Readonly<Record<string, LinkValue>>;
}

const OLD_BRIDGE: KernelBridge = {
  before: { vlan_protocol: "802.1Q", vlan_default_pvid: 1, vlan_stats_enabled: 0 },
  after: { mcast_hash_elasticity: 4, mcast_hash_max: 512, mcast_startup_query_intvl: 3125 },
};
/** 6.18 as recorded: built without VLAN filtering. */
const NEW_BRIDGE: KernelBridge = {
  before: {},
  after: {
    mcast_hash_elasticity: 16,
    mcast_hash_max: 4096,
    mcast_startup_query_intvl: 3124,
    no_linklocal_learn: 0,
    mcast_vlan_snooping: 0,
  },
};

function bridgeData(br: Bridge): Record<string, LinkValue> {
  const id = bridgeId(br);
  const kernel = br.dev.ns.flavour.version === "6.18" ? NEW_BRIDGE : OLD_BRIDGE;
  return {
    ...kernel.before,
    ...kernel.after,
    mcast_router: 1,
    mcast_query_use_ifaddr: 0,
    mcast_querier: 0,
    mcast_last_member_cnt: 2,
    mcast_startup_query_cnt: 2,
    mcast_last_member_intvl: 100,
    mcast_membership_intvl: 26000,
    mcast_querier_intvl: 25500,
    mcast_query_intvl: 12500,
    mcast_query_response_intvl: 1000,
    mcast_stats_enabled: 0,
    mcast_igmp_version: 2,
    mcast_mld_version: 1,
    forward_delay: 1500,
    hello_time: 200,
    max_age: 2000,
    ageing_time: br.ageingTime / 10,
    stp_state: 0,
    priority: 32768,
    vlan_filtering: 0,
    bridge_id: id,
    root_id: id,
    root_port: 0,
    root_path_cost: 0,
    topology_change: 0,
    topology_change_detected: 0,
    hello_timer: 0,
    tcn_timer: 0,
    topology_change_timer: 0,
    gc_timer: 0,
    group_fwd_mask: "0",
    group_addr: "01:80:c2:00:00:00",
    mcast_snooping: br.mcastSnooping ? 1 : 0,
    nf_call_iptables: br.nfCallIptables ? 1 : 0,
    nf_call_ip6tables: 0,
    nf_call_arptables: 0,
  };
}

function slaveData(p: BridgePort): Record<string, LinkValue> {
  const id = bridgeId(p.bridge);
  return {
    state: BR_STATE_NAMES[p.state] ?? "disabled",
    priority: p.priority,
    cost: p.pathCost,
    hairpin: p.hairpin,
    guard: false,
    root_block: false,
    fastleave: false,
    learning: p.learning,
    flood: p.flood,
    id: `0x${p.portId.toString(16)}`,
    no: `0x${p.portNo.toString(16)}`,
    designated_port: p.portId,
    designated_cost: 0,
    bridge_id: id,
    root_id: id,
    hold_timer: 0,
    message_age_timer: 0,
    forward_delay_timer: 0,
    topology_change_ack: 0,
    config_pending: 0,
    proxy_arp: false,
    proxy_arp_wifi: false,
    multicast_router: 1,
    mcast_fast_leave: false,
    mcast_flood: p.mcastFlood,
    bcast_flood: p.bcastFlood,
    mcast_to_unicast: false,
    neigh_suppress: false,
    group_fwd_mask: "0",
    group_fwd_mask_str: "0x0",
    vlan_tunnel: false,
    isolated: p.isolated,
    locked: false,
  };
}

function vxlanData(vx: Vxlan): Record<string, LinkValue> {
  const { cfg } = vx;
  const lower = vx.net.devices.byIndex(cfg.lowerIfindex);
  return {
    id: cfg.vni,
    ...(cfg.remote === 0 ? {} : { remote: formatIpv4(cfg.remote) }),
    ...(cfg.local === 0 ? {} : { local: formatIpv4(cfg.local) }),
    ...(lower === undefined ? {} : { link: lower.name }),
    port_range: { low: 0, high: 0 },
    port: cfg.dstPort,
    learning: cfg.learning,
    ttl: cfg.ttl,
    df: cfg.df,
    ageing: cfg.ageing,
    udp_csum: cfg.udpCsum,
    udp_zero_csum6_tx: false,
    udp_zero_csum6_rx: false,
  };
}
