// The TCP sysctls that are read (net/ipv4/sysctl_net_ipv4.c), and the values a kernel flavour starts with.

import type { KernelFlavour } from "../netns/flavour.ts";
import type { SysctlEntry, SysctlTable } from "../netns/sysctl-table.ts";
import { intSysctl } from "../netns/sysctl-table.ts";

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

const NAMES = [
  "tcp_timestamps",
  "tcp_sack",
  "tcp_window_scaling",
  "tcp_syn_retries",
  "tcp_synack_retries",
  "tcp_retries2",
  "tcp_orphan_retries",
  "tcp_fin_timeout",
  "tcp_abort_on_overflow",
  "tcp_rfc1337",
  "tcp_base_mss",
  "tcp_min_snd_mss",
  "tcp_invalid_ratelimit",
] as const;

export function registerTcpSysctls(table: SysctlTable, sysctls: TcpSysctls, flavour: KernelFlavour): void {
  for (const name of NAMES) table.register(`net.ipv4.${name}`, intSysctl(sysctls, name));
  if (flavour.synLinearTimeouts > 0)
    table.register("net.ipv4.tcp_syn_linear_timeouts", intSysctl(sysctls, "tcp_syn_linear_timeouts"));
  table.register("net.core.somaxconn", intSysctl(sysctls, "somaxconn"));
  table.register("net.ipv4.tcp_rmem", rmemSysctl(sysctls));
}

/** Three numbers separated by white space, printed with tabs. */
function rmemSysctl(sysctls: TcpSysctls): SysctlEntry {
  return {
    get: () => sysctls.tcp_rmem.join("\t"),
    set: (text) => {
      const values = text.trim().split(/\s+/).map(Number);
      const [least, initial, most] = values;
      if (values.length !== 3 || values.some((v) => !Number.isInteger(v) || v < 1)) return "EINVAL";
      sysctls.tcp_rmem = [least as number, initial as number, most as number];
      return undefined;
    },
  };
}
