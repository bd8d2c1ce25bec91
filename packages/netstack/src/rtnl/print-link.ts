// Links as `ip link`, the head of `ip addr`, `bridge link` and `brctl show` print them (iproute2 ip/ipaddress.c, ip/iplink_bridge.c,
// ip/iplink_bridge_slave.c, ip/iplink_vxlan.c, bridge/link.c; bridge-utils brctl/brctl_cmd.c).

import type { IprouteVersion } from "./iproute-version.ts";
import { iprouteAtLeast } from "./iproute-version.ts";
import type { LinkRow, LinkValue } from "./link-dump.ts";

export interface LinkPrintOptions {
  /** iproute2 release, or busybox. */
  readonly version: IprouteVersion;
  /** -d. */
  readonly details?: boolean;
  /** As the head of `ip addr`: without link mode and address generation. */
  readonly addr?: boolean;
}

type Data = Readonly<Record<string, LinkValue>>;

/** A detail: key of the row, word that is printed, how, and the release that began to print it. */
interface Detail {
  readonly key: string;
  readonly label: string;
  readonly as?: "timer" | "onoff";
  readonly since?: string;
}

function details(list: string, part: Partial<Detail> = {}): Detail[] {
  return list.split(" ").map((word) => {
    const [key = word, label = key] = word.split("=");
    return { key, label, ...part };
  });
}

const BRIDGE_DETAILS: readonly Detail[] = [
  ...details(
    "forward_delay hello_time max_age ageing_time stp_state priority vlan_filtering vlan_protocol bridge_id root_id=designated_root root_port root_path_cost topology_change topology_change_detected",
  ),
  ...details("hello_timer tcn_timer topology_change_timer gc_timer", { as: "timer" }),
  ...details("vlan_default_pvid vlan_stats_enabled group_fwd_mask group_addr=group_address mcast_snooping"),
  ...details("no_linklocal_learn mcast_vlan_snooping", { since: "5.15" }),
  ...details(
    "mcast_router mcast_query_use_ifaddr mcast_querier mcast_hash_elasticity mcast_hash_max mcast_last_member_cnt=mcast_last_member_count mcast_startup_query_cnt=mcast_startup_query_count",
  ),
  ...details(
    "mcast_last_member_intvl=mcast_last_member_interval mcast_membership_intvl=mcast_membership_interval mcast_querier_intvl=mcast_querier_interval",
  ),
  ...details(
    "mcast_query_intvl=mcast_query_interval mcast_query_response_intvl=mcast_query_response_interval mcast_startup_query_intvl=mcast_startup_query_interval",
  ),
  ...details(
    "mcast_stats_enabled mcast_igmp_version mcast_mld_version nf_call_iptables nf_call_ip6tables nf_call_arptables",
  ),
];

const SLAVE_DETAILS: readonly Detail[] = [
  ...details("state priority cost"),
  ...details("hairpin guard root_block fastleave learning flood", { as: "onoff" }),
  ...details(
    "id=port_id no=port_no designated_port designated_cost bridge_id=designated_bridge root_id=designated_root",
  ),
  ...details("hold_timer message_age_timer forward_delay_timer", { as: "timer" }),
  ...details("topology_change_ack config_pending"),
  ...details("proxy_arp proxy_arp_wifi", { as: "onoff" }),
  ...details("multicast_router=mcast_router"),
  ...details("mcast_fast_leave mcast_flood", { as: "onoff" }),
  ...details("bcast_flood mcast_to_unicast", { as: "onoff", since: "5.4" }),
  ...details("neigh_suppress", { as: "onoff", since: "4.15" }),
  ...details("group_fwd_mask group_fwd_mask_str", { since: "4.15" }),
  ...details("vlan_tunnel isolated", { as: "onoff", since: "4.19" }),
  ...details("locked", { as: "onoff", since: "5.18" }),
];

/** `label value` pairs, each followed by a blank. */
function printDetails(data: Data, list: readonly Detail[], version: IprouteVersion): string {
  let text = "";
  for (const d of list) {
    const value = data[d.key];
    if (value === undefined || (d.since !== undefined && !iprouteAtLeast(version, d.since))) continue;
    text += `${d.label} ${printValue(value, d.as)} `;
  }
  return text;
}

function printValue(value: LinkValue, as: Detail["as"]): string {
  if (as === "onoff") return value === true ? "on" : "off";
  return as === "timer" ? Number(value).toFixed(2).padStart(7) : word(value);
}

function word(value: LinkValue | undefined): string {
  return typeof value === "object" ? `${value.low} ${value.high}` : String(value ?? "");
}

/** vxlan_print_opt. */
function printVxlan(data: Data, version: IprouteVersion): string {
  const ttl = data["ttl"] === 0 ? (iprouteAtLeast(version, "4.18") ? "ttl auto " : "") : `ttl ${word(data["ttl"])} `;
  const given = (key: string, label: string): string => (data[key] === undefined ? "" : `${label} ${word(data[key])} `);
  return [
    `id ${word(data["id"])} `,
    given("remote", "remote"),
    given("local", "local"),
    given("link", "dev"),
    given("port_range", "srcport"),
    given("port", "dstport"),
    data["learning"] === false ? "nolearning " : "",
    ttl,
    data["df"] === "unset" ? "" : given("df", "df"),
    given("ageing", "ageing"),
    data["udp_csum"] === true ? "udpcsum " : "noudpcsum ",
    "noudp6zerocsumtx noudp6zerocsumrx ",
  ].join("");
}

function printInfo(row: LinkRow, version: IprouteVersion): string {
  const { info_kind: kind, info_data: data, info_slave_kind: slave, info_slave_data: slaveData } = row.linkinfo;
  let text = "";
  if (kind !== undefined) {
    text += `\n    ${kind} `;
    if (data !== undefined)
      text += kind === "vxlan" ? printVxlan(data, version) : printDetails(data, BRIDGE_DETAILS, version);
  }
  if (slave !== undefined && slaveData !== undefined)
    text += `\n    ${slave}_slave ${printDetails(slaveData, SLAVE_DETAILS, version)}`;
  return text;
}

function printDetailLine(row: LinkRow, o: LinkPrintOptions): string {
  const modern = iprouteAtLeast(o.version, "4.20");
  const limits = modern ? ` allmulti ${row.allmulti} minmtu ${row.min_mtu} maxmtu ${row.max_mtu} ` : "";
  const mode = o.addr === true || !iprouteAtLeast(o.version, "4.0") ? "" : "addrgenmode eui64 ";
  const queues = "numtxqueues 1 numrxqueues 1 gso_max_size 65536 gso_max_segs 65535 ";
  const sizes = iprouteAtLeast(o.version, "6.0") ? "tso_max_size 65536 tso_max_segs 65535 gro_max_size 65536 " : "";
  return ` promiscuity ${row.promiscuity} ${limits}${printInfo(row, o.version)}${mode}${queues}${sizes}`;
}

/** Name with the other end: `v0@v1`, or `v0@if7` for one in another namespace. */
export function linkName(row: LinkRow): string {
  if (row.link !== undefined) return `${row.ifname}@${row.link}`;
  return row.link_index === undefined ? row.ifname : `${row.ifname}@if${row.link_index}`;
}

/** `<…>`: busybox calls any other end that it cannot see M-DOWN. */
function linkFlags(row: LinkRow, version: IprouteVersion): string {
  const hidden = version === "busybox" && row.link_index !== undefined;
  return `<${[...row.flags, ...(row.m_down || hidden ? ["M-DOWN"] : [])].join(",")}>`;
}

function printHead(row: LinkRow, o: LinkPrintOptions): string {
  const master = row.master === undefined ? "" : ` master ${row.master}`;
  const head = `${row.ifindex}: ${linkName(row)}: ${linkFlags(row, o.version)} mtu ${row.mtu} qdisc ${row.qdisc}${master} state ${row.operstate} `;
  const qlen = row.txqlen === 0 ? "" : `qlen ${row.txqlen}`;
  if (o.version === "busybox") return head + qlen;
  return `${head}${o.addr === true ? "" : `mode ${row.linkmode} `}group ${row.group} ${qlen}`;
}

/** Where the other end is: newer releases know the names of namespaces, older ones print the id. */
function printNetns(row: LinkRow, version: IprouteVersion): string {
  if (row.link_netns === undefined || version === "busybox") return "";
  return iprouteAtLeast(version, "4.20") ? ` link-netns ${row.link_netns}` : ` link-netnsid ${row.link_netnsid ?? 0}`;
}

/** The lines of one link, without a newline at the end. */
export function printLink(row: LinkRow, o: LinkPrintOptions): string {
  const second = `    link/${row.link_type} ${row.address} brd ${row.broadcast}${printNetns(row, o.version)}`;
  return `${printHead(row, o)}\n${second}${o.details === true ? printDetailLine(row, o) : ""}`;
}

/** `bridge link`: one line per port; with -d its flags below. */
export function printBridgeLink(row: LinkRow, o: LinkPrintOptions): string {
  const data = row.linkinfo.info_slave_data;
  if (data === undefined || row.master === undefined) return "";
  const head = `${row.ifindex}: ${linkName(row)}: ${linkFlags(row, o.version)} mtu ${row.mtu} master ${row.master} ${printDetails(data, details("state priority cost"), o.version)}`;
  return o.details === true ? `${head}\n    ${printDetails(data, BRIDGE_LINK_DETAILS, o.version)}` : head;
}

const BRIDGE_LINK_DETAILS: readonly Detail[] = [
  ...details("hairpin guard root_block fastleave learning flood mcast_flood bcast_flood", { as: "onoff" }),
  ...details("multicast_router=mcast_router"),
  ...details("mcast_to_unicast neigh_suppress vlan_tunnel isolated", { as: "onoff" }),
  ...details("locked", { as: "onoff", since: "5.18" }),
];

/** `brctl show`: columns are tabs; further ports on lines of their own. */
export function printBrctlShow(rows: readonly LinkRow[]): string {
  let text = "bridge name\tbridge id\t\tSTP enabled\tinterfaces\n";
  for (const br of rows) {
    if (br.linkinfo.info_kind !== "bridge") continue;
    const ports = rows
      .filter((r) => r.master === br.ifname)
      .map((r) => r.ifname)
      .sort();
    text += `${br.ifname}\t\t${brctlId(br)}\tno\t\t${ports.join("\n\t\t\t\t\t\t\t")}\n`;
  }
  return text;
}

/** `8000.0a580a010401`. */
function brctlId(br: LinkRow): string {
  const [priority = "8000", address = ""] = word(br.linkinfo.info_data?.["bridge_id"]).split(".");
  return `${priority}.${address
    .split(":")
    .map((o) => o.padStart(2, "0"))
    .join("")}`;
}
