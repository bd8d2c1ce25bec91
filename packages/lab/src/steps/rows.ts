// Tables of a namespace as rows of text, by the tools' own column names (expect/tables.ts).

import {
  ctProtoName,
  ctStateName,
  dumpFdb,
  dumpNeighs,
  dumpRoutes,
  formatIpv4,
  IPS_ASSURED,
  IPS_SEEN_REPLY,
} from "@kubehop/netstack";
import type { Conntrack, NetNamespace } from "@kubehop/netstack";
import type { TableName } from "../model/expect-spec.ts";

export type Row = Readonly<Record<string, string>>;

export function tableRows(ns: NetNamespace, table: TableName): Row[] {
  return TABLES[table](ns);
}

const TABLES: Readonly<Record<TableName, (ns: NetNamespace) => Row[]>> = {
  conntrack: (ns) => ns.ct.list().map(conntrackRow),
  route: routeRows,
  neigh: (ns) =>
    dumpNeighs(ns).map((n) => ({ dst: n.dst, dev: n.dev, lladdr: n.lladdr ?? "", state: n.state.join(",") })),
  fdb: (ns) =>
    dumpFdb(ns).map((f) => ({ mac: f.mac, dev: f.ifname, dst: f.dst ?? "", master: f.master ?? "", state: f.state })),
  rule: ruleRows,
  sysctl: (ns) => ns.sysctl.names().map((key) => ({ key, value: ns.sysctl.get(key) ?? "" })),
};

function conntrackRow(ct: Conntrack): Row {
  const { orig, reply } = ct;
  const status = [
    (ct.status & IPS_SEEN_REPLY) === 0 ? "UNREPLIED" : "",
    (ct.status & IPS_ASSURED) === 0 ? "" : "ASSURED",
  ]
    .filter((word) => word !== "")
    .join(",");
  return {
    proto: ctProtoName(orig.proto),
    state: ctStateName(ct) ?? "",
    status: status === "" ? "-" : status,
    src: formatIpv4(orig.src),
    dst: formatIpv4(orig.dst),
    sport: String(orig.sport),
    dport: String(orig.dport),
    "reply-src": formatIpv4(reply.src),
    "reply-dst": formatIpv4(reply.dst),
    "reply-sport": String(reply.sport),
    "reply-dport": String(reply.dport),
    mark: String(ct.mark),
  };
}

function routeRows(ns: NetNamespace): Row[] {
  return dumpRoutes(ns).map((r) => ({
    dst: r.dst,
    type: r.type ?? "unicast",
    via: r.gateway ?? "",
    dev: r.dev ?? "",
    table: r.table ?? "main",
    src: r.prefsrc ?? "",
    metric: String(r.metric ?? 0),
    scope: r.scope ?? "global",
    proto: r.protocol ?? "boot",
    onlink: r.flags.includes("onlink") ? "onlink" : "",
  }));
}

const RULE_LINE = /^\[(\d+):(\d+)\] -A (\S+) ?(.*)$/;

/** Both back ends, numbered per chain as listings do. */
function ruleRows(ns: NetNamespace): Row[] {
  const rows: Row[] = [];
  for (const backend of ["nft", "legacy"] as const) {
    let table = "";
    let chain = "";
    let num = 0;
    for (const line of ns.xt.backend(backend).save({ counters: true }).split("\n")) {
      if (line.startsWith("*")) table = line.slice(1);
      const [, pkts, bytes, name, spec = ""] = RULE_LINE.exec(line) ?? [];
      if (pkts === undefined || bytes === undefined || name === undefined) continue;
      num = name === chain ? num + 1 : 1;
      chain = name;
      rows.push({ table, chain, num: String(num), target: /-[jg] (\S+)/.exec(spec)?.[1] ?? "", pkts, bytes, spec });
    }
  }
  return rows;
}
