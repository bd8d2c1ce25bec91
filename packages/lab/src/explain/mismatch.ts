// Why a rule did not match, told from its text and what the steps say of the packet. Only words that a story can answer are looked at;
// the others are named.

import { parseCidr, parseIpv4 } from "@kubehop/netstack";
import type { Step } from "@kubehop/netstack";
import { headersOf } from "./headers.ts";

/** A packet as a rule sees it, as far as steps told. */
export interface PacketView {
  protocol: string;
  src: string;
  dst: string;
  sport: string;
  dport: string;
  in: string;
  out: string;
  mark: number;
  /** NEW, ESTABLISHED …; "" when conntrack has not looked. */
  state: string;
}

export function newView(): PacketView {
  return { protocol: "", src: "", dst: "", sport: "", dport: "", in: "", out: "", mark: 0, state: "" };
}

/** Takes over what a step says of the packet. */
export function follow(view: PacketView, step: Step): void {
  if (step.kind === "hook") Object.assign(view, { in: step.in, out: step.out });
  else if (step.kind === "mark") view.mark = step.after;
  else if (step.kind === "ct") view.state = step.state;
  else if (step.kind === "nat") takeEnd(view, step.what, step.after);
  else {
    const headers = headersOf(step);
    if (headers === undefined || headers.protocol === "arp") return;
    const { protocol, src, dst, sport, dport } = headers;
    Object.assign(view, { protocol, src, dst, sport: String(sport), dport: String(dport) });
  }
}

function takeEnd(view: PacketView, what: "src" | "dst", end: string): void {
  const [addr = "", port = ""] = end.split(":");
  view[what] = addr;
  view[what === "src" ? "sport" : "dport"] = port;
}

/** A word of a rule: whether the packet is as it asks, and what the packet has instead. */
interface Asked {
  readonly option: string;
  readonly fits: (value: string, view: PacketView) => boolean;
  readonly has: (view: PacketView) => string;
}

const ASKED: readonly Asked[] = [
  { option: "-s", fits: (value, { src }) => inNetwork(src, value), has: ({ src }) => `source is ${src}` },
  { option: "-d", fits: (value, { dst }) => inNetwork(dst, value), has: ({ dst }) => `destination is ${dst}` },
  { option: "-i", fits: (value, view) => isDevice(view.in, value), has: (view) => `in by ${view.in || "no device"}` },
  {
    option: "-o",
    fits: (value, view) => isDevice(view.out, value),
    has: (view) => `out by ${view.out || "no device"}`,
  },
  { option: "-p", fits: (value, { protocol }) => value === protocol, has: ({ protocol }) => `protocol is ${protocol}` },
  { option: "--dport", fits: (value, { dport }) => inPorts(dport, value), has: ({ dport }) => `to port ${dport}` },
  { option: "--sport", fits: (value, { sport }) => inPorts(sport, value), has: ({ sport }) => `from port ${sport}` },
  {
    option: "--mark",
    fits: (value, { mark }) => isMarked(mark, value),
    has: ({ mark }) => `mark is 0x${mark.toString(16)}`,
  },
  {
    option: "--ctstate",
    fits: (value, { state }) => value.split(",").includes(state),
    has: ({ state }) => `conntrack state is ${state || "unknown"}`,
  },
];

/** What the packet has instead of what the rule asks for, e.g. `destination is 10.96.0.10`; the rule's last match when steps do not tell. */
export function mismatchOf(text: string, view: PacketView): string {
  const words = ` ${text.replace(/ ?-[jg] .*$/, "")} `;
  for (const { option, fits, has } of ASKED) {
    const found = new RegExp(`( !)? ${option} (\\S+)`).exec(words);
    if (found?.[2] !== undefined && fits(found[2], view) === (found[1] !== undefined)) return has(view);
  }
  const last = [...words.matchAll(/ -m (\S+)/g)].map((match) => match[1]).findLast((name) => name !== "comment");
  return last === undefined ? "no match" : `its match ${last} says no`;
}

function inNetwork(addr: string, network: string): boolean {
  const cidr = parseCidr(network.includes("/") ? network : `${network}/32`);
  const value = parseIpv4(addr);
  if (cidr === undefined || value === undefined) return false;
  return cidr.len === 0 || (value ^ cidr.addr) >>> (32 - cidr.len) === 0;
}

function isDevice(name: string, asked: string): boolean {
  return asked.endsWith("+") ? name.startsWith(asked.slice(0, -1)) : name === asked;
}

function inPorts(port: string, range: string): boolean {
  const [first = "", last = first] = range.split(":");
  return Number(port) >= Number(first) && Number(port) <= Number(last);
}

function isMarked(mark: number, asked: string): boolean {
  const [value = "0", mask = "0xffffffff"] = asked.split("/");
  return (mark & Number(mask)) >>> 0 === Number(value);
}
