// `ip neigh show|add|replace|del|flush`.

import type { ConfigOp, Neigh, NudWord } from "@kubehop/netstack";
import { formatIpv4, inPrefix, neighRow, parseCidr, printNeigh, printProxies, selectNeighs } from "@kubehop/netstack";
import type { IpRun } from "./ip-context.ts";
import { change, printJson } from "./ip-context.ts";
import type { Words } from "./words.ts";
import { invalidArgument, IpUsageError, notModelled } from "./words.ts";

interface NeighFilter {
  dev?: string;
  nud?: string[];
  prefix?: string;
  proxy?: true;
}

const STATES: readonly string[] = [
  "permanent",
  "noarp",
  "reachable",
  "stale",
  "none",
  "incomplete",
  "delay",
  "probe",
  "failed",
];

function parseFilter({ ctx }: IpRun, words: Words): NeighFilter {
  const filter: NeighFilter = {};
  while (!words.done) {
    const word = words.value();
    if (word === "dev") filter.dev = words.value();
    else if (word === "nud") filter.nud = [...(filter.nud ?? []), stateWord(words.value())];
    else if (word === "proxy") filter.proxy = true;
    else if (["unused", "vrf", "master", "nomaster", "protocol", "router", "extern_learn"].includes(word))
      throw notModelled(`the neighbour selector "${word}"`);
    else filter.prefix = word === "to" ? words.value() : word;
  }
  if (filter.dev !== undefined && ctx.ns.devices.byName(filter.dev) === undefined)
    throw new IpUsageError(`Cannot find device "${filter.dev}"`, 1);
  return filter;
}

function stateWord(word: string): string {
  if (word !== "all" && !STATES.includes(word)) throw invalidArgument(word, "nud state is bad");
  return word;
}

function select({ ctx }: IpRun, { dev, nud, prefix }: NeighFilter): Neigh[] {
  const cidr = prefix === undefined ? undefined : parseCidr(prefix);
  if (prefix !== undefined && cidr === undefined)
    throw new IpUsageError(`Error: any valid prefix is expected rather than "${prefix}".`, 1);
  return selectNeighs(ctx.ns, dev).filter((neigh) => {
    const state = neighRow(neigh).state[0]?.toLowerCase() ?? "";
    return (
      (nud === undefined || nud.includes("all") || nud.includes(state)) &&
      (cidr === undefined || inPrefix(neigh.addr, cidr.addr, cidr.len))
    );
  });
}

export function neighShow(run: IpRun, words: Words): number {
  const { ctx, options } = run;
  const filter = parseFilter(run, words);
  if (filter.proxy === true) {
    ctx.stdout(printProxies(ctx.ns));
    return 0;
  }
  const rows = select(run, filter);
  if (options.json) {
    return printJson(
      run,
      rows.map((neigh) => {
        const { dev, ...row } = neighRow(neigh);
        const { dst, ...state } = row;
        return filter.dev === undefined ? { dst, dev, ...state } : row;
      }),
    );
  }
  for (const neigh of rows)
    ctx.stdout(
      `${printNeigh(neigh, { stats: options.stats, now: ctx.ns.world.now, dev: filter.dev !== undefined })}\n`,
    );
  return 0;
}

/** Permanent entries stay unless their state is asked for. */
export function neighFlush(run: IpRun, words: Words): number {
  if (words.done) throw new IpUsageError("Flush requires arguments.");
  if (words.peek() === "all") words.take();
  const filter = parseFilter(run, words);
  const chosen = select(run, filter).filter(
    (neigh) => filter.nud !== undefined || neighRow(neigh).state[0] !== "PERMANENT",
  );
  return change(
    run,
    chosen.map((neigh) => ({ op: "neigh-del", dev: neigh.dev.name, dst: formatIpv4(neigh.addr) })),
  );
}

interface Draft {
  dst?: string;
  dev?: string;
  lladdr?: string;
  nud?: NudWord;
  proxy?: true;
}

const SETTABLE: readonly NudWord[] = ["permanent", "noarp", "stale", "reachable"];

function settable(word: string): NudWord {
  const state = SETTABLE.find((name) => name === word);
  if (state === undefined)
    throw STATES.includes(word)
      ? notModelled(`setting the state "${word}"`)
      : invalidArgument(word, "nud state is bad");
  return state;
}

export function neighChange(run: IpRun, op: "neigh-add" | "neigh-replace" | "neigh-del", words: Words): number {
  const draft: Draft = {};
  while (!words.done) {
    const word = words.value();
    if (word === "dev") draft.dev = words.value();
    else if (word === "lladdr") draft.lladdr = words.value();
    else if (word === "nud") draft.nud = settable(words.value());
    else if (word === "proxy") {
      draft.proxy = true;
      draft.dst = words.value();
    } else if (["router", "extern_learn", "protocol"].includes(word))
      throw notModelled(`the neighbour option "${word}"`);
    else draft.dst = word === "to" ? words.value() : word;
  }
  return change(run, [neighOp(op, draft)]);
}

function neighOp(op: "neigh-add" | "neigh-replace" | "neigh-del", draft: Draft): ConfigOp {
  const { dev, dst, lladdr, nud = "permanent", proxy } = draft;
  if (dev === undefined || dst === undefined) throw new IpUsageError("Device and destination are required arguments.");
  if (op === "neigh-del") return { op, dev, dst };
  if (lladdr === undefined && proxy !== true) throw new IpUsageError("Error: No link layer address given.", 2);
  return { op, dev, dst, lladdr: lladdr ?? "00:00:00:00:00:00", nud, ...(proxy === undefined ? {} : { proxy }) };
}
