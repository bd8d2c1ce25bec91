// Tables of a namespace as rows of text, by the tools' own column names (expect/tables.ts).

import {
  conntrackRow,
  ctProtoName,
  dumpFdb,
  dumpNeighs,
  dumpRoutes,
  formatIpv4,
  ipsetCommand,
} from "@kubehop/netstack";
import type { Conntrack, NetNamespace, XtBackend, XtBackendName } from "@kubehop/netstack";
import type { TableName } from "../model/expect-spec.ts";
import { ipsetRows } from "./ipset-rows.ts";

export type Row = Readonly<Record<string, string>>;

export function tableRows(ns: NetNamespace, table: TableName): Row[] {
  return TABLES[table](ns);
}

/** The value of one setting; undefined when the kernel has no such file. */
export function sysctlOf(ns: NetNamespace, key: string): string | undefined {
  return ns.sysctl.get(key);
}

const TABLES: Readonly<Record<TableName, (ns: NetNamespace) => Row[]>> = {
  conntrack: (ns) => ns.ct.list().map(conntrackTexts),
  route: routeRows,
  neigh: (ns) =>
    dumpNeighs(ns).map((n) => ({ dst: n.dst, dev: n.dev, lladdr: n.lladdr ?? "", state: n.state.join(",") })),
  fdb: (ns) =>
    dumpFdb(ns).map((f) => ({ mac: f.mac, dev: f.ifname, dst: f.dst ?? "", master: f.master ?? "", state: f.state })),
  rule: ruleRows,
  ipset: (ns) => ipsetRows(ipsetCommand(ns, ["save"]).stdout),
  sysctl: (ns) => ns.sysctl.names().map((key) => ({ key, value: ns.sysctl.get(key) ?? "" })),
};

function conntrackTexts(ct: Conntrack): Row {
  const { orig, reply, status: words, mark, tcp, sctp } = conntrackRow(ct);
  // The words that `conntrack -L` prints in brackets.
  const unreplied = words.includes("SEEN_REPLY") ? [] : ["UNREPLIED"];
  const status = [...unreplied, ...words.filter((word) => word === "ASSURED")].join(",");
  return {
    proto: ctProtoName(orig.proto),
    state: tcp ?? sctp ?? "",
    status: status === "" ? "-" : status,
    src: formatIpv4(orig.src),
    dst: formatIpv4(orig.dst),
    sport: String(orig.sport),
    dport: String(orig.dport),
    "reply-src": formatIpv4(reply.src),
    "reply-dst": formatIpv4(reply.dst),
    "reply-sport": String(reply.sport),
    "reply-dport": String(reply.dport),
    mark: String(mark),
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

/** Both back ends, numbered per chain as listings do. */
function ruleRows(ns: NetNamespace): Row[] {
  return rulesOf(ns).map(({ table, chain, ruleNo, target, packets, bytes, text }) => ({
    table,
    chain,
    num: String(ruleNo),
    target,
    pkts: String(packets),
    bytes: String(bytes),
    spec: text,
  }));
}

/** Beside the rows of the rules, in their order: the tool they are written with, and the agent that wrote them ("" for none). */
export function ruleWriters(ns: NetNamespace): { readonly tool: string; readonly agent: string }[] {
  return rulesOf(ns).map(({ backend, table, chain, ruleNo }) => ({
    tool: backend === ns.xt.plain ? "iptables" : `iptables-${backend}`,
    agent:
      ns.xt
        .backend(backend)
        .table(table)
        ?.chains.get(chain)
        ?.origin(ruleNo - 1)?.agent ?? "",
  }));
}

type RuleOfBackend = ReturnType<XtBackend["counters"]>[number] & { readonly backend: XtBackendName };

/** The back ends of the rules, in the order of their rows. */
export function ruleBackends(ns: NetNamespace): XtBackendName[] {
  return rulesOf(ns).map(({ backend }) => backend);
}

function rulesOf(ns: NetNamespace): RuleOfBackend[] {
  return (["nft", "legacy"] as const)
    .flatMap((backend) =>
      ns.xt
        .backend(backend)
        .counters()
        .map((rule) => ({ ...rule, backend })),
    )
    .filter(({ ruleNo }) => ruleNo > 0);
}
