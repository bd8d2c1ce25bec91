// A frame in one line, as tcpdump -e would print it.

import { fromHex, TcpdumpPrinter } from "@kubehop/netstack";

export function frameText(hex: string): string {
  return new TcpdumpPrinter({ e: true, v: 1, S: true, time: "none" }).print(0, fromHex(hex)).replaceAll(/\n\s*/g, " ");
}
