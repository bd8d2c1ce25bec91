// Names as client tools take them.

import { INADDR_LOOPBACK, parseIpv4 } from "@kubehop/netstack";
import type { Ipv4 } from "@kubehop/netstack";
import type { ShellContext } from "../context.ts";

/** Address in dotted text, `localhost`, or what the place's resolver knows. */
export function lookup(ctx: ShellContext, name: string): Ipv4 | undefined {
  return parseIpv4(name) ?? (name === "localhost" ? INADDR_LOOPBACK : ctx.resolve(name));
}

/** `::1`, `[::1]`, `fd00::1/64`; a MAC has neither `::` nor eight groups. */
export function isIpv6(text: string): boolean {
  return /^\[?(?=.*::|(.*:){7})[0-9a-f:]+[0-9.]*(%\w+)?\]?(\/\d+)?$/i.test(text);
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65536;
}
