// -m recent (net/netfilter/xt_recent.c): lists of addresses with time stamps, one list per name and namespace.

import { formatIpv4, parseIpv4 } from "../../../addr/ipv4.ts";
import { ipTtl } from "../../../wire/ipv4-fields.ts";
import type { MatchExtension } from "../extension.ts";
import { parseUint } from "../syntax.ts";
import { parameterError } from "../xt-error.ts";

const ACTIONS = ["set", "rcheck", "update", "remove"] as const;
const LIST_WORD = { set: "SET", rcheck: "CHECK", update: "UPDATE", remove: "REMOVE" } as const;
/** XT_RECENT_NAME_LEN without the final zero. */
const MAX_NAME = 199;
const MAX_HITS = 65535;

export interface RecentParams {
  readonly action: (typeof ACTIONS)[number];
  readonly invert: boolean;
  /** 0: no limit. */
  readonly seconds: number;
  readonly reap: boolean;
  readonly hitcount: number;
  readonly rttl: boolean;
  readonly name: string;
  readonly mask: number;
  readonly side: "source" | "dest";
}

function modifiers(p: RecentParams, form: "save" | "list"): string {
  const save = form === "save";
  let text = "";
  if (p.seconds !== 0) text += save ? ` --seconds ${p.seconds}` : ` seconds: ${p.seconds}`;
  if (p.reap) text += save ? " --reap" : " reap";
  if (p.hitcount !== 0) text += save ? ` --hitcount ${p.hitcount}` : ` hit_count: ${p.hitcount}`;
  if (p.rttl) text += save ? " --rttl" : " TTL-Match";
  return text;
}

export const recentMatch: MatchExtension<RecentParams> = {
  name: "recent",
  stateful: true,
  options: [
    ...ACTIONS.map((name) => ({ name, args: 0 as const, invert: true })),
    { name: "seconds" },
    { name: "reap", args: 0 },
    { name: "hitcount" },
    { name: "rttl", args: 0 },
    { name: "name" },
    { name: "mask" },
    { name: "rsource", args: 0 },
    { name: "rdest", args: 0 },
  ],
  parse(o) {
    const [action, second] = ACTIONS.filter((a) => o.has(a));
    if (action === undefined)
      throw parameterError("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'");
    if (second !== undefined)
      throw parameterError(`recent: option "--${action}" cannot be used together with "--${second}".\n`);
    if (o.has("reap") && !o.has("seconds"))
      throw parameterError('recent: option "--reap" also requires "--seconds".\n');
    const seconds = parseUint(o.value("seconds") ?? "0");
    const hitcount = parseUint(o.value("hitcount") ?? "0", MAX_HITS);
    const mask = parseIpv4(o.value("mask") ?? "255.255.255.255");
    if (seconds === undefined || (seconds === 0 && o.has("seconds"))) throw o.bad("seconds", "1-4294967295");
    if (hitcount === undefined) throw o.bad("hitcount", `1-${MAX_HITS}`);
    if (mask === undefined) throw parameterError(`recent: bad value for option "--mask"`);
    const name = o.value("name") ?? "DEFAULT";
    if (name.length > MAX_NAME || name === "") throw o.bad("name");
    return {
      action,
      invert: o.inverted(action),
      seconds,
      reap: o.has("reap"),
      hitcount,
      rttl: o.has("rttl"),
      name,
      mask,
      side: o.has("rdest") ? "dest" : "source",
    };
  },
  save: (p) =>
    `${p.invert ? " !" : ""} --${p.action}${modifiers(p, "save")} --name ${p.name} --mask ${formatIpv4(p.mask)} --r${p.side}`,
  list: (p) =>
    `${p.invert ? "! " : ""}recent: ${LIST_WORD[p.action]}${modifiers(p, "list")} name: ${p.name} side: ${p.side} mask: ${formatIpv4(p.mask)}`,
  // SET and REMOVE take no conditions: EINVAL by the kernel, in every hook.
  hooks: (p) =>
    (p.action === "set" || p.action === "remove") && (p.seconds !== 0 || p.hitcount !== 0 || p.rttl) ? 0 : 31,
  load: (p, ns) => ns.recent.acquire(p),
  unload: (p, ns) => ns.recent.release(p),
  test(p, c) {
    const table = c.recent.get(p.name);
    if (table === undefined) return false;
    // TTL as it was before this node forwarded the packet.
    const ttl = ipTtl(c.buf, c.nh) + (c.out !== null && c.pkt.sk === null ? 1 : 0);
    return table.match(p, p.side === "dest" ? c.daddr : c.saddr, ttl, c.ns.world.now);
  },
};
