// `ip addr` as operations of a batch and as listings (net/ipv4/devinet.c: inet_rtm_newaddr, inet_rtm_deladdr).

import type { Ipv4 } from "../addr/ipv4.ts";
import { isLoopback, parseInterfaceAddr, parseIpv4, prefixMask } from "../addr/ipv4.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { inetDelIfa, inetInsertIfa } from "../ipv4/devinet.ts";
import type { InAddr } from "../ipv4/in-device.ts";
import { RT_SCOPE_HOST, RT_SCOPE_UNIVERSE } from "../ipv4/rt-types.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { ConfigOp } from "./batch.ts";
import { dumpLinks } from "./link-dump.ts";
import type { LinkRow } from "./link-dump.ts";
import type { RtnlFailure } from "./nl-error.ts";
import { cannotFindDevice, rtnlFailure, toolFailure } from "./nl-error.ts";
import type { AddrInfoRow } from "./print-addr.ts";
import { addrInfoRow, printAddr } from "./print-addr.ts";
import type { LinkPrintOptions } from "./print-link.ts";
import { printLink } from "./print-link.ts";
import { parseRtName } from "./rt-names.ts";

export type AddrOp = Extract<ConfigOp, { op: "addr-add" | "addr-del" }>;

/** Apply one operation; null when done, else what `ip` prints. */
export function applyAddrOp(ns: NetNamespace, op: AddrOp): RtnlFailure | null {
  const dev = ns.devices.byName(op.dev);
  if (dev === undefined) return cannotFindDevice(op.dev);
  const parsed = parseInterfaceAddr(op.local);
  if (parsed === undefined)
    return toolFailure("EINVAL", `Error: any valid prefix is expected rather than "${op.local}".`);
  return op.op === "addr-add" ? addAddr(dev, op, parsed.addr, parsed.len) : delAddr(dev, op, parsed.addr, parsed.len);
}

function addAddr(dev: NetDevice, op: AddrOp, local: Ipv4, len: number): RtnlFailure | null {
  const broadcast = parseBroadcast(op.broadcast, local, len);
  if (broadcast === undefined)
    return toolFailure("EINVAL", `Error: any valid address is expected rather than "${op.broadcast ?? ""}".`);
  const label = op.label ?? dev.name;
  if (!label.startsWith(dev.name)) return toolFailure("EINVAL", `"dev" (${dev.name}) must match "label" (${label}).`);
  const scope =
    op.scope === undefined
      ? isLoopback(local)
        ? RT_SCOPE_HOST
        : RT_SCOPE_UNIVERSE
      : (parseRtName("scope", op.scope) ?? RT_SCOPE_UNIVERSE);
  const ifa: InAddr = {
    local,
    address: local,
    len,
    scope,
    broadcast,
    label,
    noprefixroute: op.noprefixroute === true,
    secondary: false,
  };
  const error = inetInsertIfa(dev, ifa);
  return error === null ? null : rtnlFailure(error);
}

/** `+` is all host bits set, `-` all clear. 0: none. */
function parseBroadcast(text: string | undefined, local: Ipv4, len: number): Ipv4 | undefined {
  if (text === undefined) return 0 as Ipv4;
  if (text === "+") return ((local | ~prefixMask(len)) >>> 0) as Ipv4;
  if (text === "-") return ((local & prefixMask(len)) >>> 0) as Ipv4;
  return parseIpv4(text);
}

/** Without a length the first address that fits goes (the tool warns of that wildcard). */
function delAddr(dev: NetDevice, op: AddrOp, local: Ipv4, len: number): RtnlFailure | null {
  const exact = op.local.includes("/");
  const ifa = dev.inDev.addrs.find(
    (a) => a.local === local && (!exact || a.len === len) && (op.label === undefined || a.label === op.label),
  );
  if (ifa === undefined) return rtnlFailure({ errno: "EADDRNOTAVAIL", extack: "ipv4: Address not found" });
  inetDelIfa(dev, ifa);
  return null;
}

/** `ip addr` (or, with `details`, `ip -d addr`): link lines with the addresses below. `dev`: only that device. */
export function printAddrs(ns: NetNamespace, options: Omit<LinkPrintOptions, "addr">, dev?: string): string {
  let text = "";
  for (const row of linkRows(ns, dev)) {
    text += `${printLink(row, { ...options, addr: true })}\n`;
    for (const ifa of ns.devices.byIndex(row.ifindex)?.inDev.addrs ?? []) text += printAddr(ifa);
  }
  return text;
}

/** A row of `ip -j addr`. */
export type AddrRow = LinkRow & { readonly addr_info: readonly AddrInfoRow[] };

export function dumpAddrs(ns: NetNamespace, dev?: string): AddrRow[] {
  return linkRows(ns, dev).map((row) => ({
    ...row,
    addr_info: (ns.devices.byIndex(row.ifindex)?.inDev.addrs ?? []).map(addrInfoRow),
  }));
}

function linkRows(ns: NetNamespace, dev: string | undefined): LinkRow[] {
  return dumpLinks(ns).filter((row) => dev === undefined || row.ifname === dev);
}
