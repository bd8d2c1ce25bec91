// Protocol and ports of a packet for policy rules that ask for them (include/net/ip_fib.h: fib4_rules_early_flow_dissect).

import type { Packet } from "../skb/packet.ts";
import { ETH_P_IP } from "../wire/ethernet.ts";
import type { FlowKey } from "./rtable.ts";

/** fib4_rules_early_flow_dissect: protocol and ports of an unfragmented packet. */
export function dissectPorts(pkt: Packet, key: FlowKey): void {
  const b = pkt.buf;
  const th = pkt.nh + (((b[pkt.nh] as number) & 15) << 2);
  const isIp = pkt.protocol === ETH_P_IP;
  key.proto = isIp ? (b[pkt.nh + 9] as number) : 0;
  const ports = isIp && th + 4 <= pkt.tail && (((b[pkt.nh + 6] as number) & 0x3f) | (b[pkt.nh + 7] as number)) === 0;
  key.sport = ports ? ((b[th] as number) << 8) | (b[th + 1] as number) : 0;
  key.dport = ports ? ((b[th + 2] as number) << 8) | (b[th + 3] as number) : 0;
}
