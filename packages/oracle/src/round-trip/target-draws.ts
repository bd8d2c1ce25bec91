// A way to draw each modelled target, as match-draws.ts has for matches.

import type { Hook } from "../fuzz/rule-samples.ts";
import type { Draw } from "./match-draws.ts";
import { RULE_SETS } from "./match-draws.ts";
import type { Words } from "./words.ts";
import { quoted } from "./words.ts";

const DNAT_HOOKS: readonly Hook[] = ["PREROUTING", "OUTPUT"];
const SNAT_HOOKS: readonly Hook[] = ["POSTROUTING", "INPUT"];
const REJECTS =
  "icmp-net-unreachable icmp-host-unreachable icmp-proto-unreachable icmp-port-unreachable icmp-net-prohibited icmp-host-prohibited icmp-admin-prohibited port-unreach";
const LOG_FLAGS = ["--log-tcp-sequence", "--log-tcp-options", "--log-ip-options", "--log-uid", "--log-macdecode"];

function natFlags(w: Words, flags: readonly string[]): string {
  return w
    .some(0.25, flags)
    .map((flag) => ` ${flag}`)
    .join("");
}

function to(w: Words, ports: boolean, base: boolean): string {
  const addr = w.chance(0.3) ? w.addrRange() : w.host();
  if (!ports || w.chance(0.3)) return addr;
  const start = w.chance(0.2) ? "" : addr;
  // Of a range of one port and its base, the programs save what they do not read.
  if (base && w.chance(0.2)) return `${start}:${w.number(1, 1000)}-${w.number(1001, 65535)}/${w.number(1, 65535)}`;
  return `${start}:${natPorts(w)}`;
}

function natPorts(w: Words): string {
  return w.ports("-", ["http", "ssh"]);
}

function hasPorts(protocol: string | null): boolean {
  return protocol !== null && ["tcp", "udp", "sctp"].includes(protocol);
}

function markChange(w: Words): string {
  return w.pick([
    () => `--set-xmark ${w.mark()}`,
    () => `--set-mark ${w.mark()}`,
    () => `--and-mark ${w.written(w.u32())}`,
    () => `--or-mark ${w.written(w.u32())}`,
    () => `--xor-mark ${w.written(w.u32())}`,
  ])();
}

function connmark(w: Words): string {
  if (w.chance(0.4)) return markChange(w);
  const masks = w.chance(0.3)
    ? [`--mask ${w.written(w.u32())}`]
    : w.some(0.4, [`--nfmask ${w.written(w.u32())}`, `--ctmask ${w.written(w.u32())}`]);
  return [w.pick(["--save-mark", "--restore-mark"]), ...masks].join(" ");
}

function log(w: Words): string {
  const prefix = w.text(29, " \"'\\:/[]=,.");
  return [
    ...(w.chance(0.7) ? [`--log-prefix ${quoted(prefix)}`] : []),
    ...(w.chance(0.5) ? [`--log-level ${w.pick(["debug", "emerg", "panic", "0", "4", "7", "warning", "error"])}`] : []),
    ...w.some(0.3, LOG_FLAGS),
  ].join(" ");
}

function setTarget(w: Words): string {
  const ref = (): string => `${w.pick(RULE_SETS)} ${w.several(["src", "dst", "src", "dst"], 3).join(",")}`;
  const add = (): string =>
    [
      `--add-set ${ref()}`,
      ...w.some(0.3, ["--exist"]),
      ...(w.chance(0.3) ? [`--timeout ${w.number(0, 2147483)}`] : []),
    ].join(" ");
  return w.pick([add, () => `--del-set ${ref()}`, () => `${add()} --del-set ${ref()}`])();
}

/** The verdicts have no options; DROP has no place in nat. */
export const TARGET_DRAWS: Readonly<Record<string, Draw>> = {
  ACCEPT: { words: () => "" },
  DROP: { tables: ["raw", "mangle", "filter"], words: () => "" },
  RETURN: { words: () => "" },
  REJECT: {
    tables: ["filter"],
    words(w, { protocol }) {
      if (protocol === "tcp" && w.chance(0.4)) return `--reject-with ${w.pick(["tcp-reset", "tcp-rst"])}`;
      return w.chance(0.2) ? "" : `--reject-with ${w.pick(REJECTS.split(" "))}`;
    },
  },
  SET: { words: setTarget },
  DNAT: {
    tables: ["nat"],
    hooks: DNAT_HOOKS,
    words: (w, { protocol }) =>
      `--to-destination ${to(w, hasPorts(protocol), true)}${natFlags(w, ["--random", "--persistent"])}`,
  },
  SNAT: {
    tables: ["nat"],
    hooks: SNAT_HOOKS,
    words: (w, { protocol }) =>
      `--to-source ${to(w, hasPorts(protocol), false)}${natFlags(w, ["--random", "--random-fully", "--persistent"])}`,
  },
  MASQUERADE: {
    tables: ["nat"],
    hooks: ["POSTROUTING"],
    words(w, { protocol }) {
      const ports = hasPorts(protocol) && w.chance(0.6) ? `--to-ports ${natPorts(w)}` : "";
      return (ports + natFlags(w, ["--random", "--random-fully"])).trim();
    },
  },
  REDIRECT: {
    tables: ["nat"],
    hooks: DNAT_HOOKS,
    words(w, { protocol }) {
      const ports = hasPorts(protocol) && w.chance(0.7) ? `--to-ports ${natPorts(w)}` : "";
      return (ports + natFlags(w, ["--random"])).trim();
    },
  },
  NETMAP: { tables: ["nat"], words: (w) => `--to ${w.network()}` },
  MARK: { words: markChange },
  CONNMARK: { words: connmark },
  LOG: { words: log },
  TRACE: { tables: ["raw"], words: () => "" },
  NOTRACK: { tables: ["raw"], words: () => "" },
  CT: { tables: ["raw"], words: (w) => w.pick(["--notrack", `--zone ${w.number(1, 65535)}`, "--zone 0", ""]) },
  TCPMSS: {
    tables: ["mangle"],
    protocols: ["tcp"],
    words(w, { hooks }) {
      const late = hooks.every((hook) => hook !== "PREROUTING" && hook !== "INPUT");
      return late && w.chance(0.5) ? "--clamp-mss-to-pmtu" : `--set-mss ${w.number(1, 65495)}`;
    },
  },
  CHECKSUM: { tables: ["mangle"], words: () => "--checksum-fill" },
  TTL: {
    tables: ["mangle"],
    words: (w) =>
      w.pick([`--ttl-set ${w.number(0, 255)}`, `--ttl-dec ${w.number(1, 255)}`, `--ttl-inc ${w.number(1, 255)}`]),
  },
  DSCP: {
    tables: ["mangle"],
    words: (w) =>
      w.chance(0.5)
        ? `--set-dscp ${w.written(w.number(0, 63))}`
        : `--set-dscp-class ${w.pick(["CS0", "CS7", "AF12", "BE", "EF"])}`,
  },
};
