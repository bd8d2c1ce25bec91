// brctl (bridge-utils): show, showmacs, hairpin, and the changes people still type with it.

import type { ConfigOp, LinkRow } from "@kubehop/netstack";
import { applyBatch, dumpFdb, dumpLinks, printBrctlShow } from "@kubehop/netstack";
import type { ShellContext } from "../context.ts";
import { instant } from "../instant.ts";
import { complain, refuse } from "../refuse.ts";

export const REFUSED_BRCTL_WORDS: readonly string[] = [
  "setbridgeprio",
  "setfd",
  "sethello",
  "setmaxage",
  "setpathcost",
  "setportprio",
  "showstp",
  "stp",
];

export const brctl = instant("brctl", "bridges in the words of bridge-utils", (ctx, args) => {
  const [verb, ...rest] = args;
  if (verb === "show") return show(ctx, rest);
  if (verb === "showmacs") return showMacs(ctx, rest[0]);
  const change = verb === undefined ? undefined : changeOf(ctx, verb, rest);
  if (change !== undefined) return typeof change === "number" ? change : apply(ctx, change);
  if (verb !== undefined && REFUSED_BRCTL_WORDS.includes(verb)) return refuse(ctx, "brctl", verb);
  if (verb !== undefined) ctx.stderr(`never heard of command [${verb}]\n`);
  return complain(ctx, "Usage: brctl [commands]", 1);
});

/** An operation, an exit code after a complaint, or undefined for another command. */
function changeOf(ctx: ShellContext, verb: string, rest: readonly string[]): ConfigOp | number | undefined {
  const [bridge, port, word] = rest;
  const arity: Readonly<Record<string, number>> = { addbr: 1, delbr: 1, addif: 2, delif: 2, hairpin: 3, setageing: 2 };
  const wanted = arity[verb];
  if (wanted === undefined) return undefined;
  if (bridge === undefined || rest.length !== wanted)
    return complain(ctx, "Incorrect number of arguments for command\nUsage: brctl [commands]", 1);
  const known = row(ctx, bridge);
  if (verb === "addbr" && known !== undefined)
    return complain(ctx, `device ${bridge} already exists; can't create bridge with the same name`, 1);
  if (verb === "delbr" && known === undefined)
    return complain(ctx, `bridge ${bridge} doesn't exist; can't delete it`, 1);
  if (verb === "delbr" && known?.linkinfo.info_kind !== "bridge")
    return complain(ctx, `can't delete bridge ${bridge}: Operation not permitted`, 1);
  if (verb === "delbr" && known?.flags.includes("UP") === true)
    return complain(ctx, `bridge ${bridge} is still up; can't delete it`, 1);
  if (verb === "addbr") return { op: "link-add", name: bridge, link: { type: "bridge" } };
  if (known?.linkinfo.info_kind !== "bridge") return complain(ctx, `bridge ${bridge} does not exist!`, 1);
  if (verb === "delbr") return { op: "link-del", dev: bridge };
  if (verb === "setageing") return { op: "link-set", dev: bridge, ageingTime: Number(port) * 100 };
  if (port === undefined || row(ctx, port) === undefined)
    return complain(ctx, `interface ${port ?? ""} does not exist!`, 1);
  const master = row(ctx, port)?.master;
  if (verb === "addif" && master !== undefined)
    return complain(ctx, `device ${port} is already a member of a bridge; can't add it to bridge ${bridge}.`, 1);
  if (verb === "addif" && row(ctx, port)?.link_type === "loopback")
    return complain(ctx, `can't add ${port} to bridge ${bridge}: Invalid argument`, 1);
  if (verb === "delif" && master !== bridge) return complain(ctx, `device ${port} is not a port of ${bridge}`, 1);
  if (verb === "addif") return { op: "link-set", dev: port, master: bridge };
  if (verb === "delif") return { op: "link-set", dev: port, master: null };
  if (word !== "on" && word !== "off") return complain(ctx, `expect on/off for argument`, 1);
  return { op: "link-set", dev: port, hairpin: word === "on" };
}

function apply(ctx: ShellContext, op: ConfigOp): number {
  const error = applyBatch(ctx.ns, { agent: "brctl", ops: [op] });
  return error === null ? 0 : complain(ctx, error.message, 1);
}

function row(ctx: ShellContext, name: string): LinkRow | undefined {
  return dumpLinks(ctx.ns).find(({ ifname }) => ifname === name);
}

function show(ctx: ShellContext, names: readonly string[]): number {
  const rows = dumpLinks(ctx.ns);
  const missing = names.filter((name) => rows.find(({ ifname }) => ifname === name)?.linkinfo.info_kind !== "bridge");
  const shown =
    names.length === 0
      ? rows
      : rows.filter(({ ifname, linkinfo }) => linkinfo.info_kind !== "bridge" || names.includes(ifname));
  if (missing.length < names.length || names.length === 0) ctx.stdout(printBrctlShow(shown));
  for (const name of missing) ctx.stderr(`bridge ${name} does not exist!\n`);
  return missing.length > 0 ? 1 : 0;
}

/** `port no`, address, whether it is an own one, age in seconds: sorted by address as the tool does. */
function showMacs(ctx: ShellContext, bridge: string | undefined): number {
  if (bridge === undefined)
    return complain(
      ctx,
      "Incorrect number of arguments for command\nUsage: brctl showmacs <bridge>\tshow a list of mac addrs",
      1,
    );
  if (row(ctx, bridge)?.linkinfo.info_kind !== "bridge")
    return complain(ctx, "read of forward table failed: No such device", 1);
  ctx.stdout("port no\tmac addr\t\tis local?\tageing timer\n");
  const entries = dumpFdb(ctx.ns, { br: bridge }).filter(
    ({ ifname, master }) => ifname !== bridge && master === bridge,
  );
  for (const entry of entries.sort((a, b) => (a.mac < b.mac ? -1 : 1))) {
    const port = ctx.ns.devices.byName(entry.ifname)?.bridgePort?.portNo ?? 0;
    const local = entry.state === "permanent";
    const age = entry.state === "" ? entry.updated : 0;
    ctx.stdout(`${String(port).padStart(3)}\t${entry.mac}\t${local ? "yes" : "no"}\t\t${age.toFixed(2).padStart(4)}\n`);
  }
  return 0;
}
