// The switches of br_netfilter in one namespace (struct brnf_net): net.bridge.*.

import { intSysctl } from "../../netns/sysctl-table.ts";
import type { SysctlErrno, SysctlTable } from "../../netns/sysctl-table.ts";
import type { Bridge } from "../../bridge/bridge.ts";
import { ETH_P_ARP, ETH_P_IP } from "../../wire/ethernet.ts";
import type { Packet } from "../../skb/packet.ts";

/** Defaults of a freshly loaded module (brnf_init_net). */
export class BrnfNet {
  callIptables = 1;
  callIp6tables = 1;
  callArptables = 1;
  filterVlanTagged = 0;
  passVlanInputDev = 0;
}

const SYSCTLS = [
  ["net.bridge.bridge-nf-call-arptables", "callArptables"],
  ["net.bridge.bridge-nf-call-ip6tables", "callIp6tables"],
  ["net.bridge.bridge-nf-call-iptables", "callIptables"],
  ["net.bridge.bridge-nf-filter-vlan-tagged", "filterVlanTagged"],
  ["net.bridge.bridge-nf-pass-vlan-input-dev", "passVlanInputDev"],
] as const;

export function registerBrnfSysctls(table: SysctlTable, brnet: BrnfNet): void {
  for (const [name, key] of SYSCTLS) {
    const entry = intSysctl(brnet, key);
    // brnf_sysctl_call_tables: every number but 0 is kept as 1.
    const set = (text: string): SysctlErrno | undefined => {
      const errno = entry.set(text);
      if (brnet[key] !== 0) brnet[key] = 1;
      return errno;
    };
    table.register(name, { get: () => entry.get(), set });
  }
}

export function unregisterBrnfSysctls(table: SysctlTable): void {
  for (const [name] of SYSCTLS) table.unregister(name);
}

/** The namespace's switch or the bridge's own: either one enables. */
export function callsIptables(brnet: BrnfNet, br: Bridge): boolean {
  return brnet.callIptables !== 0 || br.nfCallIptables;
}

/** IS_IP or is_vlan_ip: a tagged frame only counts when asked for. */
export function isBridgedIp(brnet: BrnfNet, pkt: Packet): boolean {
  return pkt.protocol === ETH_P_IP && (pkt.vlanTci < 0 || brnet.filterVlanTagged !== 0);
}

/** IS_ARP or is_vlan_arp. */
export function isBridgedArp(brnet: BrnfNet, pkt: Packet): boolean {
  return pkt.protocol === ETH_P_ARP && (pkt.vlanTci < 0 || brnet.filterVlanTagged !== 0);
}
