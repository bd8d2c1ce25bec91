// -j SET (net/netfilter/xt_set.c, revision 3; iptables/libxt_SET.c): puts parts of the packet into a set, takes them out of one.

import type { KadtOpt } from "../../ipset/ip-set.ts";
import { ipSetAdd, ipSetDel } from "../../ipset/ip-set.ts";
import type { ElemExt } from "../../ipset/ip-set-elem.ts";
import type { SetDirectory, SetSlot } from "../../ipset/set-directory.ts";
import type { Options, TargetExtension } from "../extension.ts";
import type { SetRef } from "../matches/set.ts";
import { parseSetRef, setRefText, slotOf } from "../matches/set.ts";
import { parseUint } from "../syntax.ts";
import { XT_CONTINUE } from "../verdict.ts";
import { parameterError, unmodelled } from "../xt-error.ts";

/** The kernel keeps timeouts in ms of 32 bits. */
const MAX_TIMEOUT = 4294967;

interface SetTargetParams {
  readonly add: SetRef | null;
  readonly del: SetRef | null;
  readonly exist: boolean;
  /** s; null: the set's own. */
  readonly timeout: number | null;
}

/** What a loaded rule keeps at hand. */
interface SetTargetState {
  readonly add: SetSlot | null;
  readonly del: SetSlot | null;
  readonly ext: ElemExt;
  readonly addOpt: KadtOpt;
  readonly delOpt: KadtOpt;
}

function parseRef(o: Options, option: "add-set" | "del-set"): SetRef | null {
  const name = o.value(option);
  return name === undefined ? null : parseSetRef(name, o.second(option) ?? "");
}

function parseTimeout(o: Options): number | null {
  const text = o.value("timeout");
  if (text === undefined) return null;
  const value = parseUint(text, 0xfffffffe);
  if (value === undefined) throw parameterError("Invalid value for option --timeout or out of range 0-4294967294");
  return value;
}

function text(p: SetTargetParams, dashes: string): string {
  const words: string[] = [];
  if (p.add !== null) words.push(`${dashes}add-set ${setRefText(p.add)}`);
  if (p.exist) words.push(`${dashes}exist`);
  if (p.timeout !== null) words.push(`${dashes}timeout ${p.timeout}`);
  if (p.del !== null) words.push(`${dashes}del-set ${setRefText(p.del)}`);
  return words.join(" ");
}

function refs(p: SetTargetParams): SetRef[] {
  return [p.add, p.del].filter((ref) => ref !== null);
}

function kadtOpt(ref: SetRef | null): KadtOpt {
  return {
    dim: ref?.dim ?? 0,
    src: ref?.src ?? 0,
    returnNomatch: false,
    updateCounters: true,
    packetsOp: "none",
    packets: 0,
    bytesOp: "none",
    bytes: 0,
    sub: null,
  };
}

function makeState(p: SetTargetParams, sets: SetDirectory): SetTargetState {
  const timeout = p.timeout === null ? null : Math.min(p.timeout, MAX_TIMEOUT);
  return {
    add: p.add === null ? null : slotOf(p.add, sets),
    del: p.del === null ? null : slotOf(p.del, sets),
    ext: { timeout, packets: 1, bytes: 0, comment: null, skbinfo: null },
    addOpt: kadtOpt(p.add),
    delOpt: kadtOpt(p.del),
  };
}

export const setTarget: TargetExtension<SetTargetParams> = {
  name: "SET",
  options: [
    { name: "add-set", args: 2, twice: "--add-set can be specified only once" },
    { name: "del-set", args: 2, twice: "--del-set can be specified only once" },
    { name: "map-set", args: 2 },
    { name: "exist", args: 0 },
    { name: "timeout" },
  ],
  parse(o) {
    if (o.has("map-set")) throw unmodelled('option "--map-set" of target "SET"');
    const add = parseRef(o, "add-set");
    const del = parseRef(o, "del-set");
    if (add === null && del === null)
      throw parameterError("You must specify either `--add-set' or `--del-set' or `--map-set'");
    if (add === null && o.has("exist")) throw parameterError("Flag `--exist' can be used with `--add-set' only");
    if (add === null && o.has("timeout")) throw parameterError("Option `--timeout' can be used with `--add-set' only");
    return { add, del, exist: o.has("exist"), timeout: parseTimeout(o) };
  },
  save: (p) => ` ${text(p, "--")}`,
  list: (p) => text(p, ""),
  admit(p, ns) {
    for (const ref of refs(p)) slotOf(ref, ns.ipset);
  },
  load(p, ns) {
    for (const ref of refs(p)) slotOf(ref, ns.ipset).references++;
  },
  unload(p, ns) {
    for (const ref of refs(p)) slotOf(ref, ns.ipset).references--;
  },
  run(p, c) {
    // Behind the slots of the rule's matches.
    const s = c.ruleState<SetTargetState>(c.rule.matches.length, () => makeState(p, c.ns.ipset));
    if (s.add !== null) {
      s.ext.bytes = c.pkt.tail - c.pkt.nh;
      ipSetAdd(s.add.set, c, s.addOpt, s.ext, p.exist);
    }
    if (s.del !== null) ipSetDel(s.del.set, c, s.delOpt);
    return XT_CONTINUE;
  },
};
