// The port options that tcp, udp and sctp share.

import type { OptionSpec } from "../extension.ts";

export const PORT_OPTIONS: readonly OptionSpec[] = [
  { name: "source-port", aliases: ["sport"], invert: true, onlyOne: true },
  { name: "destination-port", aliases: ["dport"], invert: true, onlyOne: true },
];
