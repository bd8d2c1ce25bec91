// -m mark, -m connmark (net/netfilter/xt_mark.c, xt_connmark.c): a u32 mark under a mask.

import type { MatchExtension } from "../extension.ts";
import { hex, parseMarkMask } from "../syntax.ts";

interface MarkParams {
  readonly value: number;
  readonly mask: number;
  readonly invert: boolean;
}

function markWords(p: MarkParams): string {
  return p.mask === 0xffffffff ? hex(p.value) : `${hex(p.value)}/${hex(p.mask)}`;
}

type Syntax = Pick<MatchExtension<MarkParams>, "options" | "parse" | "save">;

const SYNTAX: Syntax = {
  options: [{ name: "mark", invert: true }],
  parse(o) {
    const parsed = parseMarkMask(o.need("mark"));
    if (parsed === undefined) throw o.bad("mark");
    return { ...parsed, invert: o.inverted("mark") };
  },
  save: (p) => `${p.invert ? " !" : ""} --mark ${markWords(p)}`,
};

export const markMatch: MatchExtension<MarkParams> = {
  name: "mark",
  ...SYNTAX,
  list: (p) => `mark match ${p.invert ? "! " : ""}${markWords(p)}`,
  // A value with bits outside the mask never matches, as in the kernel.
  test: (p, c) => ((c.pkt.mark & p.mask) >>> 0 === p.value) !== p.invert,
};

export const connmarkMatch: MatchExtension<MarkParams> = {
  name: "connmark",
  conntrack: true,
  ...SYNTAX,
  list: (p) => `connmark match ${p.invert ? "!" : ""} ${markWords(p)}`,
  test(p, c) {
    const ct = c.pkt.ct;
    return ct !== null && ((ct.mark & p.mask) >>> 0 === p.value) !== p.invert;
  },
};
