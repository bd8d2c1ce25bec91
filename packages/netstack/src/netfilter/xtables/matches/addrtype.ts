// -m addrtype (net/netfilter/xt_addrtype.c): what the local table says about an address.

import type { MatchExtension } from "../extension.ts";
import { ALL_HOOKS, HOOK_BIT } from "../extension.ts";
import type { XtContext } from "../context.ts";
import { parameterError } from "../xt-error.ts";

/** Words by RTN_* number (include/uapi/linux/rtnetlink.h). */
const TYPES: readonly string[] = [
  "UNSPEC",
  "UNICAST",
  "LOCAL",
  "BROADCAST",
  "ANYCAST",
  "MULTICAST",
  "BLACKHOLE",
  "UNREACHABLE",
  "PROHIBIT",
];

interface TypeTest {
  /** 1 << RTN_*. */
  readonly types: number;
  readonly invert: boolean;
}

interface AddrtypeParams {
  readonly src: TypeTest | null;
  readonly dst: TypeTest | null;
  readonly limit: "in" | "out" | null;
}

function parseTypes(text: string | undefined, invert: boolean): TypeTest | null {
  if (text === undefined) return null;
  let types = 0;
  for (const word of text.split(",")) {
    const type = TYPES.indexOf(word.toUpperCase());
    if (type < 0) throw parameterError(`addrtype: bad type "${word}"`);
    types |= 1 << type;
  }
  return { types, invert };
}

function typeWords(t: TypeTest): string {
  return TYPES.filter((_, type) => (t.types & (1 << type)) !== 0).join(",");
}

function holds(t: TypeTest | null, c: XtContext, addr: number, p: AddrtypeParams): boolean {
  if (t === null) return true;
  const dev = p.limit === "in" ? c.in : p.limit === "out" ? c.out : null;
  return ((t.types & (1 << c.services.addrType(addr, dev))) !== 0) !== t.invert;
}

export const addrtypeMatch: MatchExtension<AddrtypeParams> = {
  name: "addrtype",
  options: [
    { name: "src-type", invert: true },
    { name: "dst-type", invert: true },
    { name: "limit-iface-in", args: 0 },
    { name: "limit-iface-out", args: 0 },
  ],
  parse(o) {
    const src = parseTypes(o.value("src-type"), o.inverted("src-type"));
    const dst = parseTypes(o.value("dst-type"), o.inverted("dst-type"));
    if (src === null && dst === null) throw parameterError("addrtype: you must specify --src-type or --dst-type");
    if (o.has("limit-iface-in") && o.has("limit-iface-out")) {
      throw parameterError('addrtype: option "--limit-iface-in" cannot be used together with "--limit-iface-out".\n');
    }
    return { src, dst, limit: o.has("limit-iface-in") ? "in" : o.has("limit-iface-out") ? "out" : null };
  },
  save(p) {
    let text = "";
    if (p.src !== null) text += `${p.src.invert ? " !" : ""} --src-type ${typeWords(p.src)}`;
    if (p.dst !== null) text += `${p.dst.invert ? " !" : ""} --dst-type ${typeWords(p.dst)}`;
    return p.limit === null ? text : `${text} --limit-iface-${p.limit}`;
  },
  list(p) {
    let text = "ADDRTYPE match";
    if (p.src !== null) text += ` src-type ${p.src.invert ? "!" : ""}${typeWords(p.src)}`;
    if (p.dst !== null) text += ` dst-type ${p.dst.invert ? "!" : ""}${typeWords(p.dst)}`;
    return p.limit === null ? text : `${text} limit-${p.limit}`;
  },
  test: (p, c) => holds(p.src, c, c.saddr, p) && holds(p.dst, c, c.daddr, p),
  hooks(p) {
    if (p.limit === "in") return HOOK_BIT.PREROUTING | HOOK_BIT.INPUT | HOOK_BIT.FORWARD;
    return p.limit === "out" ? HOOK_BIT.POSTROUTING | HOOK_BIT.OUTPUT | HOOK_BIT.FORWARD : ALL_HOOKS;
  },
};
