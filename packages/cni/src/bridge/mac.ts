// MAC addresses that plugins give out.

import { formatMac, parseIpv4 } from "@kubehop/netstack";
import type { Random } from "@kubehop/sim";

/** `0a:58` and the four bytes of the address (containernetworking/plugins pkg/utils/hwaddr). */
export function macOfAddress(ip: string, prefix = 0x0a58): string {
  return formatMac(prefix * 0x100000000 + (parseIpv4(ip) ?? 0));
}

/** A locally administered unicast address, as the kernel draws them (eth_random_addr). */
export function randomMac(random: Random): string {
  const first = ((random.u32() & 0xfe) | 0x02) & 0xff;
  return formatMac(first * 0x10000000000 + (random.u32() & 0xff) * 0x100000000 + random.u32());
}
