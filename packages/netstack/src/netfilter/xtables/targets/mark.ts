// -j MARK, -j CONNMARK (net/netfilter/xt_mark.c, xt_connmark.c).

import type { XtContext } from "../context.ts";
import type { Options, TargetExtension } from "../extension.ts";
import { hex, parseMarkMask, parseUint } from "../syntax.ts";
import { XT_CONTINUE } from "../verdict.ts";
import { parameterError } from "../xt-error.ts";

const ALL = 0xffffffff;

interface MarkChange {
  readonly value: number;
  readonly mask: number;
}

/** new = (old & ~mask) ^ value. */
function changed(old: number, m: MarkChange): number {
  return ((old & ~m.mask) ^ m.value) >>> 0;
}

const MARK_OPTIONS = ["set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark"] as const;

/** Every way of writing a change, as value and mask of --set-xmark; undefined when none was given. */
function parseChange(o: Options): MarkChange | undefined {
  const [option, second] = MARK_OPTIONS.filter((name) => o.has(name));
  if (option === undefined) return undefined;
  if (second !== undefined) throw parameterError(`option "--${option}" cannot be used together with "--${second}".\n`);
  if (option === "set-xmark" || option === "set-mark") {
    const m = parseMarkMask(o.need(option));
    if (m === undefined) throw o.bad(option);
    return option === "set-mark" ? { value: m.value, mask: (m.value | m.mask) >>> 0 } : m;
  }
  const bits = parseUint(o.need(option));
  if (bits === undefined) throw o.bad(option);
  if (option === "and-mark") return { value: 0, mask: ~bits >>> 0 };
  return option === "or-mark" ? { value: bits, mask: bits } : { value: bits, mask: 0 };
}

function listChange(word: string, m: MarkChange): string {
  if (m.value === 0) return `${word} and ${hex(~m.mask >>> 0)}`;
  if (m.value === m.mask) return `${word} or ${hex(m.value)}`;
  if (m.mask === 0) return `${word} xor ${hex(m.value)}`;
  return m.mask === ALL ? `${word} set ${hex(m.value)}` : `${word} xset ${hex(m.value)}/${hex(m.mask)}`;
}

function setMark(c: XtContext, after: number): void {
  const before = c.pkt.mark;
  c.pkt.mark = after;
  if (c.ns.world.tracer !== null && before !== after)
    c.ns.world.trace(c.ns, c.pkt, "mark_tg", { kind: "mark", before, after });
}

export const markTarget: TargetExtension<MarkChange> = {
  name: "MARK",
  options: MARK_OPTIONS.map((name) => ({ name })),
  parse(o) {
    const change = parseChange(o);
    if (change === undefined)
      throw parameterError("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required");
    return change;
  },
  save: (m) => ` --set-xmark ${hex(m.value)}/${hex(m.mask)}`,
  list: (m) => listChange("MARK", m),
  run(m, c) {
    setMark(c, changed(c.pkt.mark, m));
    return XT_CONTINUE;
  },
};

type ConnmarkParams =
  | { readonly mode: "set"; readonly change: MarkChange }
  | { readonly mode: "save" | "restore"; readonly nfmask: number; readonly ctmask: number };

function parseMask(o: Options, option: string): number {
  const text = o.value(option) ?? o.value("mask");
  const mask = text === undefined ? ALL : parseUint(text);
  if (mask === undefined) throw o.bad(option);
  return mask;
}

function listMasks(p: { readonly mode: "save" | "restore"; readonly nfmask: number; readonly ctmask: number }): string {
  if (p.nfmask === ALL && p.ctmask === ALL) return `CONNMARK ${p.mode}`;
  if (p.nfmask === p.ctmask) return `CONNMARK ${p.mode} mask ${hex(p.nfmask)}`;
  // libxt_CONNMARK prints one of the two masks with a tilde, whichever the mode clears.
  return p.mode === "save"
    ? `CONNMARK save nfmask ${hex(p.nfmask)} ctmask ~${hex(p.ctmask)}`
    : `CONNMARK restore ctmask ${hex(p.ctmask)} nfmask ~${hex(p.nfmask)}`;
}

export const connmarkTarget: TargetExtension<ConnmarkParams> = {
  name: "CONNMARK",
  conntrack: true,
  options: [
    ...MARK_OPTIONS.map((name) => ({ name })),
    { name: "save-mark", args: 0 },
    { name: "restore-mark", args: 0 },
    { name: "nfmask" },
    { name: "ctmask" },
    { name: "mask" },
  ],
  parse(o) {
    const change = parseChange(o);
    if (change !== undefined) return { mode: "set", change };
    if (!o.has("save-mark") && !o.has("restore-mark")) throw parameterError("CONNMARK target: No operation specified");
    return {
      mode: o.has("save-mark") ? "save" : "restore",
      nfmask: parseMask(o, "nfmask"),
      ctmask: parseMask(o, "ctmask"),
    };
  },
  save(p) {
    if (p.mode === "set") return ` --set-xmark ${hex(p.change.value)}/${hex(p.change.mask)}`;
    return ` --${p.mode}-mark --nfmask ${hex(p.nfmask)} --ctmask ${hex(p.ctmask)}`;
  },
  list: (p) => (p.mode === "set" ? listChange("CONNMARK", p.change) : listMasks(p)),
  run(p, c) {
    const ct = c.pkt.ct;
    if (ct === null) return XT_CONTINUE;
    if (p.mode === "restore") {
      setMark(c, changed(c.pkt.mark, { value: (ct.mark & p.ctmask) >>> 0, mask: p.nfmask }));
      return XT_CONTINUE;
    }
    const mark =
      p.mode === "set"
        ? changed(ct.mark, p.change)
        : changed(ct.mark, { value: (c.pkt.mark & p.nfmask) >>> 0, mask: p.ctmask });
    if (mark !== ct.mark) c.services.setConnmark(ct, mark);
    return XT_CONTINUE;
  },
};
