// The TCP sysctls that are read (net/ipv4/sysctl_net_ipv4.c), and the values a kernel flavour starts with.

import type { KernelFlavour } from "../netns/flavour.ts";
import type { SysctlEntry, SysctlRange, SysctlTable } from "../netns/sysctl-table.ts";
import {
  intSysctl,
  SYSCTL_INT,
  SYSCTL_NOT_NEGATIVE,
  SYSCTL_SECONDS,
  SYSCTL_U8,
  sysctlNumbers,
} from "../netns/sysctl-table.ts";

/** The integer sysctls net.ipv4.<name>; times in seconds. */
export class TcpSysctls {
  tcp_timestamps = 1;
  tcp_sack = 1;
  tcp_window_scaling = 1;
  tcp_syn_retries = 6;
  tcp_synack_retries = 5;
  tcp_syn_linear_timeouts = 0;
  tcp_retries2 = 15;
  tcp_orphan_retries = 0;
  tcp_fin_timeout = 60;
  tcp_abort_on_overflow = 0;
  tcp_rfc1337 = 0;
  tcp_base_mss = 1024;
  tcp_min_snd_mss = 48;
  /** ms. */
  tcp_invalid_ratelimit = 500;
  /** net.core.somaxconn. */
  somaxconn = 4096;
  /** net.ipv4.tcp_rmem, bytes: least, initial, most. */
  tcp_rmem: [number, number, number];

  constructor(flavour: KernelFlavour) {
    this.tcp_syn_linear_timeouts = flavour.synLinearTimeouts;
    this.tcp_rmem = [4096, flavour.tcpRmemDefault, flavour.tcpRmemMax];
    this.somaxconn = flavour.somaxconn;
  }
}

const FILES = [
  ["tcp_timestamps", SYSCTL_U8],
  ["tcp_sack", SYSCTL_U8],
  ["tcp_window_scaling", SYSCTL_U8],
  ["tcp_syn_retries", [1, 127]],
  ["tcp_synack_retries", SYSCTL_U8],
  ["tcp_retries2", SYSCTL_U8],
  ["tcp_orphan_retries", SYSCTL_U8],
  ["tcp_fin_timeout", SYSCTL_SECONDS],
  ["tcp_abort_on_overflow", SYSCTL_U8],
  ["tcp_rfc1337", SYSCTL_U8],
  ["tcp_base_mss", SYSCTL_INT],
  ["tcp_min_snd_mss", [48, 65535]],
  ["tcp_invalid_ratelimit", SYSCTL_NOT_NEGATIVE],
] as const satisfies readonly (readonly [keyof TcpSysctls, SysctlRange])[];

export function registerTcpSysctls(table: SysctlTable, sysctls: TcpSysctls, flavour: KernelFlavour): void {
  for (const [name, range] of FILES) table.register(`net.ipv4.${name}`, intSysctl(sysctls, name, range));
  if (flavour.synLinearTimeouts > 0)
    table.register("net.ipv4.tcp_syn_linear_timeouts", intSysctl(sysctls, "tcp_syn_linear_timeouts", [0, 127]));
  table.register("net.core.somaxconn", intSysctl(sysctls, "somaxconn", SYSCTL_NOT_NEGATIVE));
  table.register("net.ipv4.tcp_rmem", rmemSysctl(sysctls));
}

/** Up to three numbers separated by white space; those left out stay. Printed with tabs. */
function rmemSysctl(sysctls: TcpSysctls): SysctlEntry {
  return {
    get: () => sysctls.tcp_rmem.join("\t"),
    set: (text) => {
      const read = sysctlNumbers(text, 3, [1, SYSCTL_INT[1]]);
      if (read === undefined) return "EINVAL";
      const [least, initial, most] = sysctls.tcp_rmem;
      sysctls.tcp_rmem = [read[0] ?? least, read[1] ?? initial, read[2] ?? most];
      return undefined;
    },
  };
}
