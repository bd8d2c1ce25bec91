// Targets that change header fields: TTL, DSCP, CHECKSUM (net/netfilter/xt_HL.c, xt_DSCP.c, xt_CHECKSUM.c).

import { skbChecksumHelp } from "../../../ipv4/ip-do-fragment.ts";
import { CHECKSUM_PARTIAL } from "../../../skb/packet.ts";
import { csumReplace2 } from "../../../wire/checksum.ts";
import { IP_CHECK_OFF, ipTos, ipTtl } from "../../../wire/ipv4-fields.ts";
import { dscpClass } from "../dscp-classes.ts";
import type { TargetExtension } from "../extension.ts";
import { hex2, parseUint } from "../syntax.ts";
import { XT_CONTINUE } from "../verdict.ts";
import { parameterError } from "../xt-error.ts";

const TTL_WORDS = { set: "set to", dec: "decrement by", inc: "increment by" } as const;

function newTtl(op: keyof typeof TTL_WORDS, amount: number, ttl: number): number {
  if (op === "set") return amount;
  return op === "inc" ? Math.min(255, ttl + amount) : Math.max(0, ttl - amount);
}

export const ttlTarget: TargetExtension<{ readonly op: keyof typeof TTL_WORDS; readonly amount: number }> = {
  name: "TTL",
  place: { tables: ["mangle"] },
  options: [{ name: "ttl-set" }, { name: "ttl-dec" }, { name: "ttl-inc" }],
  parse(o) {
    const ops = (["set", "dec", "inc"] as const).filter((op) => o.has(`ttl-${op}`));
    const [op, second] = ops;
    if (op === undefined) throw parameterError("TTL: You must specify an action");
    if (second !== undefined)
      throw parameterError(`TTL: option "--ttl-${op}" cannot be used together with "--ttl-${second}".\n`);
    const amount = parseUint(o.need(`ttl-${op}`), 255);
    if (amount === undefined || (op !== "set" && amount === 0))
      throw o.bad(`ttl-${op}`, op === "set" ? "0-255" : "1-255");
    return { op, amount };
  },
  save: (p) => ` --ttl-${p.op} ${p.amount}`,
  list: (p) => `TTL ${TTL_WORDS[p.op]} ${p.amount}`,
  run(p, c) {
    const before = ipTtl(c.buf, c.nh);
    const after = newTtl(p.op, p.amount, before);
    c.buf[c.nh + 8] = after;
    csumReplace2(c.buf, c.nh + IP_CHECK_OFF, before << 8, after << 8);
    return XT_CONTINUE;
  },
};

export const dscpTarget: TargetExtension<{ readonly dscp: number }> = {
  name: "DSCP",
  place: { tables: ["mangle"] },
  options: [{ name: "set-dscp" }, { name: "set-dscp-class" }],
  parse(o) {
    const word = o.value("set-dscp-class");
    if (word !== undefined) return { dscp: dscpClass(word) };
    const text = o.value("set-dscp");
    if (text === undefined) throw parameterError("DSCP target: Parameter --set-dscp is required");
    const dscp = parseUint(text, 63);
    if (dscp === undefined) throw o.bad("set-dscp", "0-63");
    return { dscp };
  },
  save: (p) => ` --set-dscp ${hex2(p.dscp)}`,
  list: (p) => `DSCP set ${hex2(p.dscp)}`,
  run(p, c) {
    const before = ipTos(c.buf, c.nh);
    const after = (before & 3) | (p.dscp << 2);
    c.buf[c.nh + 1] = after;
    csumReplace2(c.buf, c.nh + IP_CHECK_OFF, before, after);
    return XT_CONTINUE;
  },
};

export const checksumTarget: TargetExtension<null> = {
  name: "CHECKSUM",
  place: { tables: ["mangle"] },
  options: [{ name: "checksum-fill", args: 0 }],
  parse(o) {
    if (!o.has("checksum-fill")) throw parameterError('CHECKSUM: option "--checksum-fill" must be specified\n');
    return null;
  },
  save: () => " --checksum-fill",
  list: () => "CHECKSUM fill",
  run(_, c) {
    if (c.pkt.ipSummed === CHECKSUM_PARTIAL) skbChecksumHelp(c.pkt);
    return XT_CONTINUE;
  },
};
