// -j DNAT, SNAT, MASQUERADE, REDIRECT, NETMAP (net/netfilter/xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c, xt_NETMAP.c).

import { formatIpv4 } from "../../../addr/ipv4.ts";
import type { Options, RuleHead, TargetExtension } from "../extension.ts";
import { HOOK_BIT } from "../extension.ts";
import type { NatRange } from "../../nat/nat-range.ts";
import { maskText, parseAddress, parseHostMask, parseUint, serviceOfAny } from "../syntax.ts";
import { parameterError } from "../xt-error.ts";

/** Protocols that have ports here: tcp, udp, sctp, dccp, icmp (its id). */
const PORT_PROTOCOLS: readonly number[] = [6, 17, 132, 33, 1];

function needPorts(head: RuleHead): void {
  if (head.protoInvert || !PORT_PROTOCOLS.includes(head.proto))
    throw parameterError("Need TCP, UDP, SCTP or DCCP with port specification");
}

/** `named`: the name of a service will do. */
function parsePort(text: string, named: boolean): number {
  const port = parseUint(text, 65535) ?? (named ? serviceOfAny(text) : undefined);
  if (port === undefined) throw parameterError(`Port \`${text}' not valid`);
  return port;
}

interface Ports {
  readonly minPort: number | null;
  readonly maxPort: number | null;
}

function parsePorts(text: string | undefined, head: RuleHead): Ports {
  if (text === undefined) return { minPort: null, maxPort: null };
  needPorts(head);
  const [first = "", last] = text.split("-");
  // Names may hold a dash themselves, so a whole text is looked up first.
  const whole = serviceOfAny(text);
  if (whole !== undefined) return { minPort: whole, maxPort: whole };
  const minPort = parsePort(first, false);
  const maxPort = last === undefined ? minPort : parsePort(last, false);
  if (maxPort < minPort) throw parameterError(`Port range \`${text}' funky\n`);
  return { minPort, maxPort };
}

function flags(o: Options): Pick<NatRange, "random" | "randomFully" | "persistent"> {
  return { random: o.has("random"), randomFully: o.has("random-fully"), persistent: o.has("persistent") };
}

/** `A[-B][:p[-q]]`, `:p`. */
function parseTo(text: string, head: RuleHead, o: Options): NatRange {
  const colon = text.indexOf(":");
  const [ports, base] = colon < 0 ? [undefined, undefined] : text.slice(colon + 1).split("/");
  const parsed = { ...parsePorts(ports, head), ...(base === undefined ? {} : { basePort: parsePort(base, true) }) };
  const addrs = colon < 0 ? text : text.slice(0, colon);
  if (addrs === "") return { minAddr: null, maxAddr: null, ...parsed, ...flags(o) };
  const [first = "", last = first] = addrs.split("-");
  return { minAddr: parseAddress(first), maxAddr: parseAddress(last), ...parsed, ...flags(o) };
}

function portWords(r: NatRange): string {
  if (r.minPort === null || r.maxPort === null) return "";
  return r.minPort === r.maxPort ? String(r.minPort) : `${r.minPort}-${r.maxPort}`;
}

function toWords(r: NatRange): string {
  const addrs =
    r.minAddr === null || r.maxAddr === null
      ? ""
      : r.minAddr === r.maxAddr
        ? formatIpv4(r.minAddr)
        : `${formatIpv4(r.minAddr)}-${formatIpv4(r.maxAddr)}`;
  return addrs + (r.minPort === null ? "" : `:${portWords(r)}`) + (r.basePort === undefined ? "" : `/${r.basePort}`);
}

/** ` --random --random-fully --persistent`, or the same without dashes for listings. */
function flagWords(r: NatRange, dashes: string): string {
  return (
    (r.random ? ` ${dashes}random` : "") +
    (r.randomFully ? ` ${dashes}random-fully` : "") +
    (r.persistent ? ` ${dashes}persistent` : "")
  );
}

const FLAG_OPTIONS = [
  { name: "random", args: 0 },
  { name: "random-fully", args: 0 },
  { name: "persistent", args: 0 },
] as const;

function addressTarget(
  name: "DNAT" | "SNAT",
  option: string,
  what: "src" | "dst",
  hooks: number,
): TargetExtension<NatRange> {
  return {
    name,
    conntrack: true,
    place: { tables: ["nat"], hooks },
    // DNAT has no --random-fully (libxt_NAT.c).
    options: [{ name: option }, ...FLAG_OPTIONS.filter((flag) => name === "SNAT" || flag.name !== "random-fully")],
    parse: (o, head) => parseTo(o.need(option), head, o),
    save: (r) => ` --${option} ${toWords(r)}${flagWords(r, "--")}`,
    list: (r) => `to:${toWords(r)}${flagWords(r, "")}`,
    run: (r, c) => c.services.natSetup(c.pkt, what, r),
  };
}

export const dnatTarget = addressTarget("DNAT", "to-destination", "dst", HOOK_BIT.PREROUTING | HOOK_BIT.OUTPUT);
export const snatTarget = addressTarget("SNAT", "to-source", "src", HOOK_BIT.POSTROUTING | HOOK_BIT.INPUT);

function parsePortTarget(o: Options, head: RuleHead): NatRange {
  return { minAddr: null, maxAddr: null, ...parsePorts(o.value("to-ports"), head), ...flags(o) };
}

function savePortTarget(r: NatRange): string {
  return (r.minPort === null ? "" : ` --to-ports ${portWords(r)}`) + flagWords(r, "--");
}

export const masqueradeTarget: TargetExtension<NatRange> = {
  name: "MASQUERADE",
  conntrack: true,
  place: { tables: ["nat"], hooks: HOOK_BIT.POSTROUTING },
  options: [{ name: "to-ports" }, FLAG_OPTIONS[0], FLAG_OPTIONS[1]],
  parse: parsePortTarget,
  save: savePortTarget,
  list: (r) => ((r.minPort === null ? "" : ` masq ports: ${portWords(r)}`) + flagWords(r, "")).slice(1),
  run: (r, c) => c.services.masquerade(c.pkt, r, c.out),
};

export const redirectTarget: TargetExtension<NatRange> = {
  name: "REDIRECT",
  conntrack: true,
  place: { tables: ["nat"], hooks: HOOK_BIT.PREROUTING | HOOK_BIT.OUTPUT },
  options: [{ name: "to-ports" }, FLAG_OPTIONS[0]],
  parse: parsePortTarget,
  save: savePortTarget,
  list: (r) => ((r.minPort === null ? "" : ` redir ports ${portWords(r)}`) + flagWords(r, "")).slice(1),
  run: (r, c) => c.services.redirect(c, r),
};

/** The network of a NETMAP, kept as the range of its addresses. */
function netmapWords(r: NatRange): string {
  const addr = r.minAddr ?? 0;
  return formatIpv4(addr) + maskText(~(addr ^ (r.maxAddr ?? 0)) >>> 0);
}

export const netmapTarget: TargetExtension<NatRange> = {
  name: "NETMAP",
  conntrack: true,
  place: { tables: ["nat"], hooks: HOOK_BIT.PREROUTING | HOOK_BIT.OUTPUT | HOOK_BIT.POSTROUTING | HOOK_BIT.INPUT },
  options: [{ name: "to" }],
  parse(o) {
    const { addr, mask } = parseHostMask(o.need("to"));
    return {
      minAddr: (addr & mask) >>> 0,
      maxAddr: (addr | ~mask) >>> 0,
      minPort: null,
      maxPort: null,
      random: false,
      randomFully: false,
      persistent: false,
    };
  },
  save: (r) => ` --to ${netmapWords(r)}`,
  list: (r) => `to:${netmapWords(r)}`,
  run: (r, c) => c.services.netmap(c, r),
};
