// ip (iproute2): addr, link, route, neigh, rule. Words may be shortened as iproute2 allows: `ip a s eth0`, `ip r`, `ip n`.

import { instant } from "../instant.ts";
import type { ShellContext } from "../context.ts";
import { addrChange, addrFlush } from "./addr-change.ts";
import type { IpOptions, IpRun } from "./ip-context.ts";
import { withUsage } from "./ip-context.ts";
import { linkAdd, linkDelete, linkSet } from "./link-change.ts";
import { addrShow, linkShow } from "./link-show.ts";
import { neighChange, neighFlush, neighShow } from "./neigh.ts";
import { routeChange, routeGetCommand, routeShow } from "./route.ts";
import { ruleChange, ruleShow } from "./rule.ts";
import { byPrefix, IpUsageError, notModelled, Words } from "./words.ts";

type Verb = (run: IpRun, words: Words) => number;

interface ObjectRow {
  readonly name: string;
  /** In iproute2's order: the first that begins with the word is meant. Without a function it is not modelled. */
  readonly verbs: readonly (readonly [string, Verb | undefined])[];
}

export const IP_OBJECTS: readonly ObjectRow[] = [
  {
    name: "address",
    verbs: [
      ["add", (r, w) => addrChange(r, "addr-add", w)],
      ["change", undefined],
      ["replace", undefined],
      ["delete", (r, w) => addrChange(r, "addr-del", w)],
      ["show", addrShow],
      ["lst", addrShow],
      ["list", addrShow],
      ["flush", addrFlush],
      ["save", undefined],
    ],
  },
  { name: "addrlabel", verbs: [] },
  { name: "maddress", verbs: [] },
  {
    name: "route",
    verbs: [
      ["list", routeShow],
      ["show", routeShow],
      ["lst", routeShow],
      ["get", routeGetCommand],
      ["add", (r, w) => routeChange(r, "route-add", w)],
      ["change", undefined],
      ["replace", (r, w) => routeChange(r, "route-replace", w)],
      ["prepend", (r, w) => routeChange(r, "route-prepend", w)],
      ["append", (r, w) => routeChange(r, "route-append", w)],
      ["delete", (r, w) => routeChange(r, "route-del", w)],
      ["flush", undefined],
      ["save", undefined],
      ["test", undefined],
    ],
  },
  {
    name: "rule",
    verbs: [
      ["list", ruleShow],
      ["lst", ruleShow],
      ["show", ruleShow],
      ["add", (r, w) => ruleChange(r, "rule-add", w)],
      ["delete", (r, w) => ruleChange(r, "rule-del", w)],
      ["flush", undefined],
    ],
  },
  {
    name: "neighbor",
    verbs: [
      ["add", (r, w) => neighChange(r, "neigh-add", w)],
      ["change", undefined],
      ["replace", (r, w) => neighChange(r, "neigh-replace", w)],
      ["delete", (r, w) => neighChange(r, "neigh-del", w)],
      ["get", undefined],
      ["show", neighShow],
      ["lst", neighShow],
      ["list", neighShow],
      ["flush", neighFlush],
    ],
  },
  {
    name: "link",
    verbs: [
      ["add", linkAdd],
      ["set", linkSet],
      ["change", linkSet],
      ["replace", undefined],
      ["delete", linkDelete],
      ["show", linkShow],
      ["lst", linkShow],
      ["list", linkShow],
    ],
  },
];

/** Objects of iproute2 that kubehop has no model of. */
export const REFUSED_IP_OBJECTS: readonly string[] = [
  "l2tp",
  "fou",
  "ila",
  "macsec",
  "tunnel",
  "tuntap",
  "token",
  "tcpmetrics",
  "monitor",
  "xfrm",
  "mroute",
  "mrule",
  "netns",
  "netconf",
  "vrf",
  "sr",
  "nexthop",
  "mptcp",
  "ioam",
  "stats",
  "ntable",
];

export const ip = instant("ip", "addresses, links, routes, neighbours and rules (iproute2)", (ctx, args) =>
  withUsage(ctx, () => runIp(ctx, [...args])),
);

function runIp(ctx: ShellContext, args: string[]): number {
  const options = { details: false, json: false, inet: false, oneline: false, brief: false, stats: false };
  while (args[0]?.startsWith("-") === true) globalOption(ctx, options, args.shift() ?? "", args);
  const [object, verb, ...rest] = args;
  if (object === "-V" || args.length === 0) return 0;
  if (object === undefined || object === "help")
    throw new IpUsageError(
      "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\nwhere  OBJECT := { address | link | neighbor | route | rule }\n       OPTIONS := { -d[etails] | -s[tatistics] | -j[son] | -4 | -o[neline] | -br[ief] }",
    );
  const row =
    IP_OBJECTS.find(({ name }) => name.startsWith(object)) ??
    (object === "neighbour" || "neighbour".startsWith(object)
      ? IP_OBJECTS.find(({ name }) => name === "neighbor")
      : undefined);
  if (row === undefined) {
    if (byPrefix(object, REFUSED_IP_OBJECTS) !== undefined) throw notModelled(`ip ${object}`);
    throw new IpUsageError(`Object "${object}" is unknown, try "ip help".`, 1);
  }
  if (row.verbs.length === 0) throw notModelled(`ip ${row.name}`);
  return runVerb({ ctx, options, tool: "ip" }, row, verb ?? "show", new Words(rest));
}

function runVerb(run: IpRun, row: ObjectRow, verb: string, words: Words): number {
  const found = row.verbs.find(([name]) => name.startsWith(verb));
  if (found === undefined) throw new IpUsageError(`Command "${verb}" is unknown, try "ip ${row.name} help".`);
  const [name, fn] = found;
  if (fn === undefined) throw notModelled(`ip ${row.name} ${name}`);
  if (run.options.stats && (fn === linkShow || fn === addrShow)) throw notModelled("-s for links");
  return fn(run, words);
}

type Mutable = { -readonly [K in keyof IpOptions]: IpOptions[K] };

function globalOption(ctx: ShellContext, options: Mutable, word: string, rest: string[]): void {
  const option = word.replace(/^--?/, "");
  if (word === "-V" || word === "-Version") ctx.stdout(`ip utility, iproute2-${ctx.tools.iproute2}\n`);
  else if (option === "4") options.inet = true;
  else if (option === "br" || option === "brief") options.brief = true;
  else if (option === "0" || option === "6" || option === "c" || option === "h" || option === "iec")
    throw notModelled(`ip ${word}`);
  else if (byPrefix(option, ["family"]) !== undefined) {
    const family = rest.shift();
    if (family !== "inet") throw notModelled(`ip -f ${family ?? ""}`);
    options.inet = true;
  } else {
    const key = byPrefix(option, [
      "details",
      "stats",
      "statistics",
      "oneline",
      "json",
      "pretty",
      "numeric",
      "resolve",
    ] as const);
    if (key === undefined) throw new IpUsageError(`Option "${word}" is unknown, try "ip -help".`);
    if (key === "pretty") throw notModelled("ip -p");
    if (key === "statistics" || key === "stats") options.stats = true;
    else if (key === "details" || key === "json" || key === "oneline") options[key] = true;
  }
}
