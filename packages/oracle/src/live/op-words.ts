// One operation of a batch as what a person would type: lines for `ip -batch` and `bridge -batch`, programs with their input, or
// sysctl files. The same operations that the emulated namespaces apply, so that agents drive a real kernel unchanged.

import type { ConfigOp, RouteSpec, RuleSpec } from "@kubehop/netstack";
import { given, linkAddWords, linkSetLines } from "./link-words.ts";

/** What an operation comes to. `batch` lines of the same tool may be joined; `steps` is a list of such (a card on a segment). */
export type OpWords =
  | { readonly tool: "ip" | "bridge"; readonly lines: readonly (readonly string[])[] }
  | { readonly tool: "run"; readonly argv: readonly string[]; readonly stdin?: string }
  | { readonly tool: "sysctl"; readonly path: string; readonly value: string }
  | { readonly tool: "nic"; readonly op: Extract<ConfigOp, { op: "link-add" }>; readonly segment: string }
  | { readonly tool: "module"; readonly module: string; readonly remove: boolean };

type Op<K extends ConfigOp["op"]> = Extract<ConfigOp, { readonly op: K }>;
type AddrOp = Extract<ConfigOp, { readonly op: "addr-add" | "addr-del" }>;

export function opWords(op: ConfigOp): OpWords {
  switch (op.op) {
    case "link-add":
      if (op.link.type === "nic") return { tool: "nic", op, segment: op.link.segment };
      return ip(linkAddWords(op));
    case "link-set":
      return { tool: "ip", lines: linkSetLines(op) };
    case "link-del":
      return ip(["link", "del", "dev", op.dev]);
    case "addr-add":
    case "addr-del":
      return ip(addrWords(op));
    case "route-add":
    case "route-replace":
    case "route-append":
    case "route-prepend":
    case "route-del":
      return ip(["route", op.op.slice("route-".length), ...routeWords(op)]);
    case "rule-add":
    case "rule-del":
      return ip(["rule", op.op.slice("rule-".length), ...ruleWords(op)]);
    case "neigh-add":
    case "neigh-replace":
    case "neigh-del":
      return ip(neighWords(op));
    case "fdb-add":
    case "fdb-replace":
    case "fdb-append":
    case "fdb-del":
      return { tool: "bridge", lines: [fdbWords(op)] };
    default:
      return programWords(op);
  }
}

type ProgramOp = Op<"iptables" | "iptables-restore" | "ipset" | "ipset-restore" | "sysctl" | "conntrack" | "modprobe">;

function programWords(op: ProgramOp): OpWords {
  switch (op.op) {
    case "iptables":
      return { tool: "run", argv: [iptables(op.backend), ...op.args] };
    case "iptables-restore":
      return { tool: "run", argv: restoreWords(op), stdin: op.text };
    case "ipset":
      return { tool: "run", argv: ["ipset", ...op.args] };
    case "ipset-restore":
      return { tool: "run", argv: ["ipset", "restore", ...(op.exist === true ? ["-exist"] : [])], stdin: op.text };
    case "sysctl":
      return { tool: "sysctl", path: sysctlPath(op.key), value: op.value };
    case "conntrack":
      return { tool: "run", argv: ["conntrack", ...op.args] };
    case "modprobe":
      return { tool: "module", module: op.module, remove: op.remove === true };
  }
}

function ip(words: readonly string[]): OpWords {
  return { tool: "ip", lines: [words] };
}

/** A dot inside a device name is written as a slash in a key, and the other way round in the path. @throws for what is no key */
export function sysctlPath(key: string): string {
  const path = key.replaceAll(/[./]/g, (c) => (c === "." ? "/" : "."));
  // The path is opened by root: it must not lead out of /proc/sys.
  if (!path.split("/").every((step) => /^[^\0]+$/.test(step) && step !== "." && step !== ".."))
    throw new Error(`${JSON.stringify(key)} is no sysctl`);
  return path;
}

function iptables(backend: string | undefined): string {
  return backend === undefined ? "iptables" : `iptables-${backend}`;
}

function restoreWords(op: Op<"iptables-restore">): string[] {
  return [
    `${iptables(op.backend)}-restore`,
    ...(op.noflush === true ? ["--noflush"] : []),
    ...(op.counters === true ? ["--counters"] : []),
    ...(op.test === true ? ["--test"] : []),
  ];
}

function addrWords(op: AddrOp): string[] {
  return [
    "addr",
    op.op === "addr-add" ? "add" : "del",
    op.local,
    "dev",
    op.dev,
    ...given("broadcast", op.broadcast),
    ...given("scope", op.scope),
    ...given("label", op.label),
    ...(op.noprefixroute === true ? ["noprefixroute"] : []),
  ];
}

function routeWords(r: RouteSpec): string[] {
  const hops = (r.nexthops ?? []).flatMap((hop) => [
    "nexthop",
    ...given("via", hop.via),
    ...given("dev", hop.dev),
    ...given("weight", hop.weight),
    ...(hop.onlink === true ? ["onlink"] : []),
  ]);
  return [
    ...(r.type === undefined ? [] : [r.type]),
    r.dst,
    ...given("via", r.via),
    ...given("dev", r.dev),
    ...given("table", r.table),
    ...given("metric", r.metric),
    ...given("tos", hex(r.tos)),
    ...given("src", r.src),
    ...given("scope", r.scope),
    ...given("proto", r.protocol),
    ...given("mtu", r.mtu),
    ...given("advmss", r.advmss),
    ...(r.onlink === true ? ["onlink"] : []),
    ...hops,
  ];
}

/** iproute2 reads a TOS without 0x as hexadecimal too. */
function hex(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `0x${value.toString(16)}`;
}

function ruleWords(r: RuleSpec): string[] {
  const mark = r.fwmask === undefined ? r.fwmark : `${r.fwmark ?? 0}/${r.fwmask}`;
  const range = (ports: readonly [number, number] | undefined): string | undefined => ports?.join("-");
  return [
    ...(r.not === true ? ["not"] : []),
    ...given("priority", r.priority),
    "from",
    r.from ?? "all",
    ...given("to", r.to),
    ...given("iif", r.iif),
    ...given("oif", r.oif),
    ...given("fwmark", mark),
    ...given("tos", hex(r.tos)),
    ...given("ipproto", r.ipproto),
    ...given("sport", range(r.sport)),
    ...given("dport", range(r.dport)),
    ...given("table", r.table),
    ...given("suppress_prefixlength", r.suppressPrefixlength),
    ...given("goto", r.goto),
    ...(r.action === undefined || r.action === "lookup" || r.action === "goto" ? [] : [r.action]),
  ];
}

function neighWords(op: Op<"neigh-add" | "neigh-replace" | "neigh-del">): string[] {
  const verb = op.op.slice("neigh-".length);
  if (op.op === "neigh-del") return ["neigh", verb, op.dst, "dev", op.dev];
  if (op.proxy === true) return ["neigh", verb, "proxy", op.dst, "dev", op.dev];
  return ["neigh", verb, op.dst, "lladdr", op.lladdr, "dev", op.dev, "nud", op.nud];
}

function fdbWords(op: Op<"fdb-add" | "fdb-replace" | "fdb-append" | "fdb-del">): string[] {
  return [
    "fdb",
    op.op.slice("fdb-".length),
    op.mac,
    "dev",
    op.dev,
    ...given("dst", op.dst),
    op.master === true ? "master" : "self",
    ...(op.op === "fdb-del" ? [] : [op.state]),
  ];
}
