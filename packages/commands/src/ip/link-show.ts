// `ip link show` and `ip addr show`: which links, and their text and JSON.

import type { LinkRow } from "@kubehop/netstack";
import { dumpAddrs, dumpLinks, printAddr, printAddrOneline, printLink, addrText, linkName } from "@kubehop/netstack";
import type { IpRun } from "./ip-context.ts";
import { printJson, requireDevice } from "./ip-context.ts";
import type { Words } from "./words.ts";
import { invalidArgument, notModelled } from "./words.ts";

interface LinkFilter {
  dev?: string;
  master?: string;
  type?: string;
  up?: true;
  scope?: string;
}

/** Selectors of iproute2 that nothing here has a counterpart for. */
const REFUSED: ReadonlySet<string> = new Set([
  "to",
  "label",
  "group",
  "vrf",
  "dynamic",
  "permanent",
  "tentative",
  "deprecated",
  "primary",
  "secondary",
  "nomaster",
  "novf",
]);

function parseFilter(run: IpRun, words: Words): LinkFilter {
  const filter: LinkFilter = {};
  while (!words.done) {
    const word = words.value();
    if (word === "up") filter.up = true;
    else if (word === "master") filter.master = masterName(run, words.value());
    else if (word === "type") filter.type = words.value();
    else if (word === "scope") filter.scope = words.value();
    else if (REFUSED.has(word)) throw notModelled(`the selector "${word}"`);
    else filter.dev = requireDevice(run, word === "dev" ? words.value() : word);
  }
  return filter;
}

function masterName({ ctx }: IpRun, name: string): string {
  if (ctx.ns.devices.byName(name) === undefined) throw invalidArgument(name, "Device does not exist");
  return name;
}

function matches(filter: LinkFilter, row: LinkRow): boolean {
  if (filter.dev !== undefined && row.ifname !== filter.dev) return false;
  if (filter.up === true && !row.flags.includes("UP")) return false;
  if (filter.master !== undefined && row.master !== filter.master) return false;
  const { info_kind: kind, info_slave_kind: slave } = row.linkinfo;
  return filter.type === undefined || kind === filter.type || (slave !== undefined && `${slave}_slave` === filter.type);
}

export function linkShow(run: IpRun, words: Words): number {
  const { ctx, options } = run;
  const filter = parseFilter(run, words);
  const rows = dumpLinks(ctx.ns).filter((row) => matches(filter, row));
  if (options.json)
    return printJson(
      run,
      rows.map((row) => linkJson(row, { details: options.details, addr: false, link: true })),
    );
  for (const row of rows) {
    if (options.brief) ctx.stdout(`${briefHead(row)}${row.address} <${row.flags.join(",")}> \n`);
    else {
      const text = printLink(row, { version: ctx.tools.iproute2, details: options.details });
      ctx.stdout(`${options.oneline ? text.replaceAll("\n", "\\") : text}\n`);
    }
  }
  return 0;
}

function briefHead(row: LinkRow): string {
  return `${linkName(row).padEnd(16)} ${row.operstate.padEnd(14)} `;
}

export function addrShow(run: IpRun, words: Words): number {
  const { ctx, options } = run;
  const filter = parseFilter(run, words);
  const rows = dumpAddrs(ctx.ns)
    .filter((row) => matches(filter, row))
    .map((row) => ({ row, info: row.addr_info.filter((a) => filter.scope === undefined || a.scope === filter.scope) }))
    .filter(({ info }) => info.length > 0 || (!options.inet && filter.scope === undefined));
  if (options.json)
    return printJson(
      run,
      rows.map(({ row, info }) => ({
        ...linkJson(row, { details: options.details, addr: true, link: !options.inet }),
        addr_info: info,
      })),
    );
  for (const { row, info } of rows)
    ctx.stdout(addrText1(run, row, new Set(info.map((a) => `${a.local}/${a.prefixlen}`))));
  return 0;
}

function addrText1(run: IpRun, row: LinkRow, shown: ReadonlySet<string>): string {
  const { ctx, options } = run;
  const addrs = (ctx.ns.devices.byIndex(row.ifindex)?.inDev.addrs ?? []).filter((ifa) =>
    shown.has(`${addrText(ifa).replace(/ peer .*\//, "/")}`),
  );
  if (options.brief) return `${briefHead(row)}${addrs.map((ifa) => `${addrText(ifa)} `).join("")}\n`;
  if (options.oneline) return addrs.map((ifa) => printAddrOneline(row.ifindex, row.ifname, ifa)).join("");
  return `${linkHead(run, row)}\n${addrs.map((ifa) => printAddr(ifa)).join("")}`;
}

/** With -4 the line `link/ether …` is left out; what follows the address on it stays. */
function linkHead({ ctx, options }: IpRun, row: LinkRow): string {
  const text = printLink(row, { version: ctx.tools.iproute2, details: options.details, addr: true });
  return options.inet ? text.replace(/\n {4}link\/\S+ \S+ brd \S+/, "") : text;
}

interface JsonParts {
  readonly details: boolean;
  /** As the head of `ip addr`: no link mode. */
  readonly addr: boolean;
  /** With the link layer. */
  readonly link: boolean;
}

/** The keys `ip -j link` prints, in its order. */
export function linkJson(row: LinkRow, { details, addr, link }: JsonParts): Record<string, unknown> {
  const { link: peer, link_index, link_netnsid, master, m_down: _down, ...rest } = row;
  return {
    ifindex: rest.ifindex,
    ...(peer === undefined ? {} : { link: peer }),
    ...(link_index === undefined ? {} : { link_index }),
    ifname: rest.ifname,
    flags: rest.flags,
    mtu: rest.mtu,
    qdisc: rest.qdisc,
    ...(master === undefined ? {} : { master }),
    operstate: rest.operstate,
    ...(addr ? {} : { linkmode: rest.linkmode }),
    group: rest.group,
    ...(rest.txqlen === 0 ? {} : { txqlen: rest.txqlen }),
    ...(link ? { link_type: rest.link_type, address: rest.address, broadcast: rest.broadcast } : {}),
    ...(link_netnsid === undefined ? {} : { link_netnsid }),
    ...(details ? detailsOf(row) : {}),
  };
}

function detailsOf(row: LinkRow): Record<string, unknown> {
  const { promiscuity, allmulti, min_mtu, max_mtu, linkinfo } = row;
  const info = Object.keys(linkinfo).length === 0 ? {} : { linkinfo };
  return {
    promiscuity,
    allmulti,
    min_mtu,
    max_mtu,
    ...info,
    num_tx_queues: 1,
    num_rx_queues: 1,
    gso_max_size: 65536,
    gso_max_segs: 65535,
  };
}
