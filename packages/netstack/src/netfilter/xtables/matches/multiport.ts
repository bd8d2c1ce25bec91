// -m multiport (net/netfilter/xt_multiport.c): up to 15 ports, a range counts as two.

import { getU16 } from "../../../wire/bytes.ts";
import type { MatchExtension } from "../extension.ts";
import { parsePort, portName } from "../syntax.ts";
import { parameterError } from "../xt-error.ts";

const MAX_PORTS = 15;
/** tcp, udp, udplite, sctp, dccp. */
const PROTOCOLS: readonly number[] = [6, 17, 136, 132, 33];
const FORMS = ["source-ports", "destination-ports", "ports"] as const;
const WORD = { "source-ports": "sports", "destination-ports": "dports", ports: "ports" } as const;

interface MultiportParams {
  readonly form: (typeof FORMS)[number];
  /** Pairs [first, last], in the order given. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly proto: number;
  readonly invert: boolean;
}

function parseRanges(text: string, proto: number): (readonly [number, number])[] {
  const ranges = text.split(",").map((item) => {
    const [first = "", last] = item.split(":");
    const min = parsePort(first, proto);
    const max = last === undefined ? min : parsePort(last, proto);
    if (last !== undefined && max <= min) throw parameterError("invalid portrange specified");
    return [min, max] as const;
  });
  if (ranges.reduce((n, [a, b]) => n + (a === b ? 1 : 2), 0) > MAX_PORTS)
    throw parameterError("too many ports specified");
  return ranges;
}

function words(p: MultiportParams, numeric: boolean): string {
  const name = (port: number): string => portName(port, p.proto, numeric);
  return p.ranges.map(([a, b]) => (a === b ? name(a) : `${name(a)}:${name(b)}`)).join(",");
}

function includes(p: MultiportParams, port: number): boolean {
  for (const [first, last] of p.ranges) if (port >= first && port <= last) return true;
  return false;
}

export const multiportMatch: MatchExtension<MultiportParams> = {
  name: "multiport",
  options: [
    { name: "source-ports", aliases: ["sports"], invert: true },
    { name: "destination-ports", aliases: ["dports"], invert: true },
    { name: "ports", invert: true },
  ],
  parse(o, head) {
    const [form, second] = FORMS.filter((f) => o.has(f));
    if (form === undefined) throw parameterError("multiport expection an option");
    if (second !== undefined)
      throw parameterError(`multiport: option "--${form}" cannot be used together with "--${second}".\n`);
    if (head.protoInvert || !PROTOCOLS.includes(head.proto)) {
      throw parameterError("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'");
    }
    return { form, ranges: parseRanges(o.need(form), head.proto), proto: head.proto, invert: o.inverted(form) };
  },
  save: (p) => `${p.invert ? " !" : ""} --${WORD[p.form]} ${words(p, true)}`,
  list: (p, numeric) => `multiport ${WORD[p.form]} ${p.invert ? " !" : ""}${words(p, numeric)}`,
  test(p, c) {
    if (c.fragOff !== 0) return false;
    if (!c.hasTransport(4)) {
      c.hotdrop = true;
      return false;
    }
    const hit =
      (p.form !== "destination-ports" && includes(p, getU16(c.buf, c.thoff))) ||
      (p.form !== "source-ports" && includes(p, getU16(c.buf, c.thoff + 2)));
    return hit !== p.invert;
  },
};
