// -m physdev (net/netfilter/xt_physdev.c): the bridge ports of a packet that br_netfilter brought here.

import { isIfaceMatch } from "../iface-name.ts";
import type { MatchExtension } from "../extension.ts";
import { ALL_HOOKS, HOOK_BIT } from "../extension.ts";
import { parameterError } from "../xt-error.ts";

interface NameTest {
  readonly name: string;
  readonly invert: boolean;
}

interface PhysdevParams {
  readonly in: NameTest | null;
  readonly out: NameTest | null;
  /** Undefined: not asked; true: must hold; false: must not. */
  readonly isIn: boolean | undefined;
  readonly isOut: boolean | undefined;
  readonly isBridged: boolean | undefined;
}

/** In canonical order. */
function words(p: PhysdevParams): string {
  const named = (t: NameTest | null, option: string): string =>
    t === null ? "" : `${t.invert ? " !" : ""} --physdev-${option} ${t.name}`;
  const flag = (f: boolean | undefined, option: string): string =>
    f === undefined ? "" : `${f ? "" : " !"} --physdev-${option}`;
  return (
    flag(p.isIn, "is-in") +
    named(p.in, "in") +
    flag(p.isOut, "is-out") +
    named(p.out, "out") +
    flag(p.isBridged, "is-bridged")
  );
}

export const physdevMatch: MatchExtension<PhysdevParams> = {
  name: "physdev",
  module: "br_netfilter",
  options: [
    { name: "physdev-in", invert: true },
    { name: "physdev-out", invert: true },
    { name: "physdev-is-in", args: 0, invert: true },
    { name: "physdev-is-out", args: 0, invert: true },
    { name: "physdev-is-bridged", args: 0, invert: true },
  ],
  parse(o) {
    if (o.size === 0) throw parameterError("PHYSDEV: no physdev option specified");
    const named = (option: string): NameTest | null =>
      o.has(option) ? { name: o.need(option), invert: o.inverted(option) } : null;
    const flag = (option: string): boolean | undefined => (o.has(option) ? !o.inverted(option) : undefined);
    return {
      in: named("physdev-in"),
      out: named("physdev-out"),
      isIn: flag("physdev-is-in"),
      isOut: flag("physdev-is-out"),
      isBridged: flag("physdev-is-bridged"),
    };
  },
  save: words,
  list: (p) => `PHYSDEV match${words(p)}`,
  hooks(p) {
    const asksOut = p.out !== null || p.isOut !== undefined;
    return asksOut && p.isBridged !== true ? ALL_HOOKS & ~HOOK_BIT.OUTPUT : ALL_HOOKS;
  },
  test(p, c) {
    const info = c.pkt.nfBridge;
    const inDev = info === null ? null : info.physindev;
    const outDev = info === null ? null : info.physoutdev;
    if (p.isBridged !== undefined && (outDev !== null) !== p.isBridged) return false;
    if (p.isIn !== undefined && (inDev !== null) !== p.isIn) return false;
    if (p.isOut !== undefined && (outDev !== null) !== p.isOut) return false;
    if (info === null) return (p.in === null || p.in.invert) && (p.out === null || p.out.invert);
    if (p.in !== null && inDev !== null && isIfaceMatch(p.in.name, inDev.name) === p.in.invert) return false;
    return p.out === null || (outDev !== null && isIfaceMatch(p.out.name, outDev.name) !== p.out.invert);
  },
};
