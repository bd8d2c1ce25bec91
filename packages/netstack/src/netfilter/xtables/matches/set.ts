// -m set (net/netfilter/xt_set.c, revision 4; iptables/libxt_set.c): is the packet in a set?

import type { CounterOp, KadtOpt } from "../../ipset/ip-set.ts";
import { ipSetTest } from "../../ipset/ip-set.ts";
import type { SetDirectory, SetSlot } from "../../ipset/set-directory.ts";
import type { MatchExtension, Options, OptionSpec } from "../extension.ts";
import { parameterError } from "../xt-error.ts";

const MAX_DIM = 6;
const MAX_SETNAME = 31;
const OPS = ["eq", "lt", "gt"] as const;

/** A set and the words that say which parts of the packet are looked up. */
export interface SetRef {
  readonly name: string;
  readonly dim: number;
  /** Bit i: word i is src. */
  readonly src: number;
}

/** Throws XtError. */
export function parseSetRef(name: string, dirs: string): SetRef {
  if (name.length > MAX_SETNAME) throw parameterError(`setname \`${name}' too long, max ${MAX_SETNAME} characters.`);
  const words = dirs.split(",");
  let src = 0;
  words.slice(0, MAX_DIM).forEach((word, i) => {
    if (word.startsWith("src")) src |= 1 << i;
    else if (!word.startsWith("dst"))
      throw parameterError("You must spefify (the comma separated list of) 'src' or 'dst'.");
  });
  if (words.length > MAX_DIM) throw parameterError(`Can't be more src/dst options than ${MAX_DIM}.`);
  return { name, dim: words.length, src };
}

/** `web src,dst`. */
export function setRefText({ name, dim, src }: SetRef): string {
  const dirs = Array.from({ length: dim }, (_, i) => ((src & (1 << i)) !== 0 ? "src" : "dst"));
  return `${name} ${dirs.join(",")}`;
}

/** The set of a rule that is loaded: it cannot go away. */
export function slotOf(ref: SetRef, sets: SetDirectory): SetSlot {
  const slot = sets.find(ref.name);
  if (slot === undefined) throw parameterError(`Set ${ref.name} doesn't exist.\n`);
  return slot;
}

interface CounterTest {
  readonly op: CounterOp;
  readonly value: number;
}

interface SetParams {
  readonly ref: SetRef;
  readonly invert: boolean;
  readonly updateSub: boolean;
  readonly opt: KadtOpt;
}

const NO_TEST: CounterTest = { op: "none", value: 0 };

function parseCounterTest(o: Options, what: "packets" | "bytes"): CounterTest {
  const [op, second] = OPS.filter((name) => o.has(`${what}-${name}`));
  if (second !== undefined) throw parameterError(`only one of the --${what}-[eq|lt|gt] is allowed`);
  if (op === undefined) return NO_TEST;
  const option = `${what}-${op}`;
  const text = o.need(option);
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) throw parameterError(`can't parse ${what} counter value '${text}'`);
  return { op: op === "eq" && o.inverted(option) ? "ne" : op, value };
}

function counterSpecs(what: "packets" | "bytes"): OptionSpec[] {
  const twice = `only one of the --${what}-[eq|lt|gt] is allowed`;
  return OPS.map((op) => ({ name: `${what}-${op}`, invert: op === "eq", twice }));
}

function counterText(what: "packets" | "bytes", op: CounterOp, value: number, dashes: string): string {
  if (op === "none") return "";
  return op === "ne" ? ` ! ${dashes}${what}-eq ${value}` : ` ${dashes}${what}-${op} ${value}`;
}

/** Canonical options and, without dashes, the text of -L. */
function text({ ref, invert, updateSub, opt }: SetParams, dashes: string): string {
  return (
    `${invert ? "! " : ""}${dashes}match-set ${setRefText(ref)}` +
    (opt.returnNomatch ? ` ${dashes}return-nomatch` : "") +
    (opt.updateCounters ? "" : ` ! ${dashes}update-counters`) +
    (updateSub ? "" : ` ! ${dashes}update-subcounters`) +
    counterText("packets", opt.packetsOp, opt.packets, dashes) +
    counterText("bytes", opt.bytesOp, opt.bytes, dashes)
  );
}

export const setMatch: MatchExtension<SetParams> = {
  name: "set",
  // Counters of elements.
  stateful: true,
  options: [
    {
      name: "match-set",
      args: 2,
      invert: true,
      aliases: ["set"],
      twice: "--match-set can be specified only once",
    },
    { name: "return-nomatch", args: 0, invert: true },
    { name: "update-counters", args: 0, invert: true },
    { name: "update-subcounters", args: 0, invert: true },
    ...counterSpecs("packets"),
    ...counterSpecs("bytes"),
  ],
  parse(o) {
    const name = o.value("match-set");
    if (name === undefined) throw parameterError("You must specify `--match-set' with proper arguments");
    if (o.inverted("return-nomatch")) throw parameterError("--return-nomatch flag cannot be inverted");
    const ref = parseSetRef(name, o.second("match-set") ?? "");
    const packets = parseCounterTest(o, "packets");
    const bytes = parseCounterTest(o, "bytes");
    const updateCounters = !o.inverted("update-counters");
    const updateSub = !o.inverted("update-subcounters");
    const plain = { dim: ref.dim, src: ref.src, returnNomatch: o.has("return-nomatch") };
    const sub: KadtOpt = {
      ...plain,
      updateCounters: updateCounters && updateSub,
      packetsOp: "none",
      packets: 0,
      bytesOp: "none",
      bytes: 0,
      sub: null,
    };
    const opt: KadtOpt = {
      ...plain,
      updateCounters,
      packetsOp: packets.op,
      packets: packets.value,
      bytesOp: bytes.op,
      bytes: bytes.value,
      sub,
    };
    return { ref, invert: o.inverted("match-set"), updateSub, opt };
  },
  save: (p) => ` ${text(p, "--")}`,
  list: (p) => text(p, ""),
  admit(p, ns) {
    slotOf(p.ref, ns.ipset);
  },
  load(p, ns) {
    slotOf(p.ref, ns.ipset).references++;
  },
  unload(p, ns) {
    slotOf(p.ref, ns.ipset).references--;
  },
  test(p, c) {
    const slot = c.ruleState<SetSlot>(c.slot, () => slotOf(p.ref, c.ns.ipset));
    return ipSetTest(slot.set, c, p.opt) !== p.invert;
  },
};
