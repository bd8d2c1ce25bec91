// net.netfilter.nf_conntrack_*: typed fields for the packet path, and their registration by name
// (nf_conntrack_standalone.c). Timeouts are whole seconds.

import type { KernelFlavour } from "../../netns/flavour.ts";
import type { SysctlEntry, SysctlTable } from "../../netns/sysctl-table.ts";
import { SYSCTL_SECONDS } from "../../netns/sysctl-table.ts";

/** Slots of the TCP timeout table behind the states (TCP_CONNTRACK_RETRANS, _UNACK). */
export const TCP_TIMEOUT_RETRANS = 10;
export const TCP_TIMEOUT_UNACK = 11;

/** Index is the state (tcp-states.ts), then RETRANS and UNACK. */
const TCP_TIMEOUTS: readonly number[] = [0, 120, 60, 432000, 120, 60, 30, 120, 10, 120, 300, 300];
const TCP_TIMEOUT_NAMES: readonly (readonly [number, string])[] = [
  [1, "syn_sent"],
  [2, "syn_recv"],
  [3, "established"],
  [4, "fin_wait"],
  [5, "close_wait"],
  [6, "last_ack"],
  [7, "time_wait"],
  [8, "close"],
  [TCP_TIMEOUT_RETRANS, "max_retrans"],
  [TCP_TIMEOUT_UNACK, "unacknowledged"],
];

/** Index is the state (proto-sctp.ts). */
const SCTP_TIMEOUTS: readonly number[] = [10, 10, 3, 3, 210, 3, 3, 3, 30];
const SCTP_TIMEOUT_NAMES: readonly (readonly [number, string])[] = [
  [1, "closed"],
  [2, "cookie_wait"],
  [3, "cookie_echoed"],
  [4, "established"],
  [5, "shutdown_sent"],
  [6, "shutdown_recd"],
  [7, "shutdown_ack_sent"],
  [8, "heartbeat_sent"],
];

export class CtSysctls {
  max = 262144;
  /** Size of the kernel's hash table; ours grows by need, so the number is only kept. */
  buckets = 262144;
  checksum = 1;
  acct = 0;
  /** 0 none, 1 always, 2 when somebody listens. */
  events = 2;
  genericTimeout = 600;
  icmpTimeout = 30;
  udpTimeout = 30;
  udpTimeoutStream: number;
  greTimeout = 30;
  greTimeoutStream = 180;
  tcpLoose = 1;
  tcpBeLiberal = 0;
  tcpMaxRetrans = 3;
  tcpIgnoreInvalidRst = 0;
  readonly tcpTimeouts: number[] = TCP_TIMEOUTS.slice();
  readonly sctpTimeouts: number[] = SCTP_TIMEOUTS.slice();

  constructor(flavour: KernelFlavour) {
    this.udpTimeoutStream = flavour.udpStreamTimeout;
  }

  tcpTimeout(state: number): number {
    return this.tcpTimeouts[state] ?? 0;
  }

  sctpTimeout(state: number): number {
    return this.sctpTimeouts[state] ?? 0;
  }
}

type NumberField = { [K in keyof CtSysctls]: CtSysctls[K] extends number ? K : never }[keyof CtSysctls];

interface Row {
  readonly field: NumberField;
  readonly name: string;
  readonly max?: number;
}

const U8 = 255;
/** Which field stands behind which name, and the largest value it takes (u8 and boolean fields). */
const ROWS: readonly Row[] = [
  { field: "max", name: "max" },
  { field: "buckets", name: "buckets" },
  { field: "checksum", name: "checksum", max: 1 },
  { field: "acct", name: "acct", max: 1 },
  { field: "events", name: "events", max: 2 },
  { field: "genericTimeout", name: "generic_timeout", max: SYSCTL_SECONDS[1] },
  { field: "icmpTimeout", name: "icmp_timeout", max: SYSCTL_SECONDS[1] },
  { field: "udpTimeout", name: "udp_timeout", max: SYSCTL_SECONDS[1] },
  { field: "udpTimeoutStream", name: "udp_timeout_stream", max: SYSCTL_SECONDS[1] },
  { field: "greTimeout", name: "gre_timeout", max: SYSCTL_SECONDS[1] },
  { field: "greTimeoutStream", name: "gre_timeout_stream", max: SYSCTL_SECONDS[1] },
  { field: "tcpLoose", name: "tcp_loose", max: 1 },
  { field: "tcpBeLiberal", name: "tcp_be_liberal", max: 1 },
  { field: "tcpMaxRetrans", name: "tcp_max_retrans", max: U8 },
  { field: "tcpIgnoreInvalidRst", name: "tcp_ignore_invalid_rst", max: 1 },
];

function numberEntry(get: () => number, set: (value: number) => void, max: number): SysctlEntry {
  return {
    get: () => String(get()),
    set: (text) => {
      const value = Number(text);
      if (!/^\s*\d+\s*$/.test(text) || value > max) return "EINVAL";
      set(value);
      return undefined;
    },
  };
}

function slotEntry(slots: number[], at: number): SysctlEntry {
  return numberEntry(
    () => slots[at] ?? 0,
    (value) => (slots[at] = value),
    SYSCTL_SECONDS[1],
  );
}

/** Register all names; `count` reads the number of entries. */
export function registerCtSysctls(table: SysctlTable, fields: CtSysctls, count: () => number): void {
  const prefix = "net.netfilter.nf_conntrack_";
  for (const { field, name, max } of ROWS) {
    table.register(
      prefix + name,
      numberEntry(
        () => fields[field],
        (value) => (fields[field] = value),
        max ?? 0xffffffff,
      ),
    );
  }
  for (const [at, name] of TCP_TIMEOUT_NAMES)
    table.register(`${prefix}tcp_timeout_${name}`, slotEntry(fields.tcpTimeouts, at));
  for (const [at, name] of SCTP_TIMEOUT_NAMES)
    table.register(`${prefix}sctp_timeout_${name}`, slotEntry(fields.sctpTimeouts, at));
  table.register(`${prefix}count`, { get: () => String(count()), set: () => "EACCES" });
  table.register(
    "net.nf_conntrack_max",
    numberEntry(
      () => fields.max,
      (value) => (fields.max = value),
      0xffffffff,
    ),
  );
}
