// bridge (iproute2): fdb show|add|append|replace|del, link show|set.

import type { ConfigOp, FdbRow } from "@kubehop/netstack";
import { dumpFdb, dumpLinks, printBridgeLink, printFdbList } from "@kubehop/netstack";
import type { ShellContext } from "../context.ts";
import { instant } from "../instant.ts";
import type { IpRun } from "../ip/ip-context.ts";
import { change, printJson, withUsage } from "../ip/ip-context.ts";
import { byPrefix, IpUsageError, notModelled, Words } from "../ip/words.ts";

export const bridge = instant("bridge", "forwarding tables and ports of bridges (iproute2)", (ctx, args) =>
  withUsage(ctx, () => runBridge(ctx, [...args])),
);

function runBridge(ctx: ShellContext, args: string[]): number {
  const options = { details: false, json: false, inet: false, oneline: false, brief: false, stats: false };
  while (args[0]?.startsWith("-") === true) {
    const word = args.shift() ?? "";
    const key = byPrefix(word.replace(/^--?/, ""), ["details", "json", "stats"] as const);
    if (key === undefined) throw notModelled(`bridge ${word}`);
    options[key] = true;
  }
  const [object = "help", verb = "show", ...rest] = args;
  const run: IpRun = { ctx, options, tool: "bridge" };
  const words = new Words(rest);
  if ("fdb".startsWith(object)) return runFdb(run, verb, words);
  if ("link".startsWith(object)) return runLink(run, verb, words);
  if (["mdb", "vlan", "vni", "mst", "monitor"].some((name) => name.startsWith(object)))
    throw notModelled(`bridge ${object}`);
  throw new IpUsageError(`Object "${object}" is unknown, try "bridge help".`);
}

function runFdb(run: IpRun, verb: string, words: Words): number {
  const name = byPrefix(verb, ["add", "append", "replace", "delete", "show", "lst", "list", "get", "flush"] as const);
  if (name === "add" || name === "append" || name === "replace" || name === "delete")
    return fdbChange(run, name, words);
  if (name === "show" || name === "lst" || name === "list") return fdbShow(run, words);
  if (name === undefined) throw new IpUsageError(`Command "${verb}" is unknown, try "bridge fdb help".`);
  throw notModelled(`bridge fdb ${name}`);
}

interface FdbSelect {
  dev?: string;
  br?: string;
  state?: string;
  dynamic?: true;
}

function fdbShow(run: IpRun, words: Words): number {
  const { ctx, options } = run;
  const select: FdbSelect = {};
  while (!words.done) {
    const word = words.value();
    if (word === "dev" || word === "brport") select.dev = device(ctx, words.value(), `Cannot find device "%s"`);
    else if (word === "br" || word === "bridge")
      select.br = device(ctx, words.value(), `Cannot find bridge device "%s"`);
    else if (word === "dynamic") select.dynamic = true;
    else if (word === "state") select.state = words.value();
    else throw notModelled(`the fdb selector "${word}"`);
  }
  const { dev, br } = select;
  const rows = dumpFdb(ctx.ns, { ...(dev === undefined ? {} : { dev }), ...(br === undefined ? {} : { br }) }).filter(
    (row) => isSelected(select, row),
  );
  if (options.json)
    return printJson(
      run,
      rows.map((row) => fdbJson(row, options.stats)),
    );
  ctx.stdout(printFdbList(rows, { dev: dev !== undefined, stats: options.stats }));
  return 0;
}

function device(ctx: ShellContext, name: string, text: string): string {
  if (ctx.ns.devices.byName(name) === undefined) throw new IpUsageError(text.replace("%s", name));
  return name;
}

function isSelected({ state, dynamic }: FdbSelect, row: FdbRow): boolean {
  if (dynamic === true && row.state !== "") return false;
  return (
    state === undefined || state === "all" || row.state === (state === "reachable" || state === "dynamic" ? "" : state)
  );
}

function fdbJson(
  { mac, ifname, dst, viaIf, used, updated, flags, master, state }: FdbRow,
  stats: boolean,
): Record<string, unknown> {
  return {
    mac,
    ifname,
    ...(dst === undefined ? {} : { dst }),
    ...(viaIf === undefined ? {} : { viaIf }),
    ...(stats ? { used, updated } : {}),
    flags,
    ...(master === undefined ? {} : { master }),
    state,
  };
}

interface FdbDraft {
  mac?: string;
  dev?: string;
  dst?: string;
  master?: true;
  self?: true;
  state: "permanent" | "static" | "dynamic";
}

function fdbChange(run: IpRun, verb: "add" | "append" | "replace" | "delete", words: Words): number {
  const draft: FdbDraft = { state: "permanent" };
  while (!words.done) {
    const word = words.value();
    if (word === "dev") draft.dev = words.value();
    else if (word === "dst") draft.dst = words.value();
    else if (word === "master") draft.master = true;
    else if (word === "self") draft.self = true;
    else if (word === "permanent" || word === "local") draft.state = "permanent";
    else if (word === "static" || word === "temp") draft.state = "static";
    else if (word === "dynamic") draft.state = "dynamic";
    else if (
      ["via", "port", "vni", "src_vni", "vlan", "router", "use", "extern_learn", "sticky", "nhid"].includes(word)
    )
      throw notModelled(`the fdb option "${word}"`);
    else draft.mac = word === "to" ? words.value() : word;
  }
  const { mac, dev, dst, master, self, state } = draft;
  if (mac === undefined || dev === undefined) throw new IpUsageError("Device and address are required arguments.");
  if (master === true && self === true) throw notModelled("self and master together");
  const where = { dev, mac, ...(dst === undefined ? {} : { dst }), ...(master === undefined ? {} : { master }) };
  const op: ConfigOp = verb === "delete" ? { op: "fdb-del", ...where } : { op: `fdb-${verb}`, ...where, state };
  return change(run, [op]);
}

function runLink(run: IpRun, verb: string, words: Words): number {
  const name = byPrefix(verb, ["set", "show", "lst", "list"] as const);
  if (name === undefined) throw new IpUsageError(`Command "${verb}" is unknown, try "bridge link help".`);
  return name === "set" ? linkSet(run, words) : linkShow(run, words);
}

function linkShow(run: IpRun, words: Words): number {
  const { ctx, options } = run;
  let dev: string | undefined;
  while (!words.done) {
    const word = words.value();
    if (word !== "dev") throw notModelled(`the link selector "${word}"`);
    dev = device(ctx, words.value(), `Cannot find device "%s"`);
  }
  if (options.json) throw notModelled("bridge -j link");
  for (const row of dumpLinks(ctx.ns)) {
    if (row.linkinfo.info_slave_kind !== "bridge" || (dev !== undefined && row.ifname !== dev)) continue;
    ctx.stdout(`${printBridgeLink(row, { version: ctx.tools.iproute2, details: options.details })}\n`);
  }
  return 0;
}

const PORT_FLAGS = ["hairpin", "isolated", "learning", "flood"] as const;

function linkSet(run: IpRun, words: Words): number {
  let dev: string | undefined;
  const flags: Partial<Record<(typeof PORT_FLAGS)[number], boolean>> = {};
  while (!words.done) {
    const word = words.value();
    const flag = PORT_FLAGS.find((name) => name === word);
    if (word === "dev") dev = words.value();
    else if (flag !== undefined) flags[flag] = words.onOff(flag);
    else throw notModelled(`the bridge port option "${word}"`);
  }
  if (dev === undefined) throw new IpUsageError("Device is a required argument.");
  return change(run, [{ op: "link-set", dev, ...flags }]);
}
