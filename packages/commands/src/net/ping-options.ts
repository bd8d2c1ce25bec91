// ping's command line (iputils).

import type { Ipv4, PmtuDisc } from "@kubehop/netstack";
import { parseIpv4 } from "@kubehop/netstack";
import type { ShellContext } from "../context.ts";
import { isOptionError, lastValue, parseOptions } from "../options.ts";
import { complain, refuse } from "../refuse.ts";
import { isIpv6, lookup } from "./names.ts";

export const PING_SPEC = { short: "c:i:W:w:s:M:t:I:Q:m:nqbv4", refusedShort: "6aABCDdefFhlLNOpRSTUVr" };

export interface PingRequest {
  readonly host: string;
  readonly dst: Ipv4;
  readonly count: number | undefined;
  /** Virtual ms. */
  readonly interval: number;
  /** How long the last answer is waited for, virtual ms. */
  readonly linger: number;
  readonly deadline: number | undefined;
  readonly size: number;
  readonly ttl: number | undefined;
  readonly tos: number;
  readonly mark: number;
  readonly pmtuDisc: PmtuDisc;
  readonly quiet: boolean;
  readonly broadcast: boolean;
  /** -I: a device name or a source address. */
  readonly device: string | undefined;
  readonly src: Ipv4 | undefined;
}

/** Payload bytes without -s. */
export const DEFAULT_SIZE = 56;

/** Letter → smallest and largest value; in seconds where it is a time. */
const BOUNDS: Readonly<Record<string, readonly [number, number]>> = {
  c: [1, Number.MAX_SAFE_INTEGER],
  i: [0, 2_147_483],
  W: [0, 2_147_483],
  w: [0, 2_147_483],
  s: [0, 65507],
  t: [0, 255],
  Q: [0, 255],
  m: [0, 0xffffffff],
};

class BadArgument extends Error {}

/** The request, or the exit code after a complaint. */
export function pingRequest(ctx: ShellContext, args: readonly string[]): PingRequest | number {
  const parsed = parseOptions(PING_SPEC, args);
  if (isOptionError(parsed)) {
    if (parsed.error === "refused") return refuse(ctx, "ping", `option ${parsed.option}`);
    const letter = parsed.option.replace(/^-+/, "");
    return complain(
      ctx,
      `ping: ${parsed.error === "value" ? "option requires an argument" : "invalid option"} -- '${letter}'\n\nUsage\n  ping [options] <destination>`,
      2,
    );
  }
  const host = parsed.operands[0];
  if (host === undefined) return complain(ctx, "ping: usage error: Destination address required", 1);
  if (parsed.operands.length > 1) return refuse(ctx, "ping", "a list of gateways");
  const discovery = lastValue(parsed, "M") ?? "want";
  if (discovery !== "do" && discovery !== "dont" && discovery !== "want")
    return complain(ctx, `ping: invalid -M argument: ${discovery}`, 1);
  if (isIpv6(host)) return refuse(ctx, "ping", `IPv6 (${host})`);
  const dst = lookup(ctx, host);
  if (dst === undefined) return complain(ctx, `ping: ${host}: Name or service not known`, 2);
  const source = lastValue(parsed, "I");
  const src = source === undefined ? undefined : parseIpv4(source);
  const number = (letter: string): number | undefined => boundedNumber(letter, lastValue(parsed, letter));
  try {
    if (number("t") === 0) return complain(ctx, "ping: cannot set unicast time-to-live: Invalid argument", 2);
    const deadline = number("w");
    return {
      host,
      dst,
      count: number("c"),
      interval: (number("i") ?? 1) * 1000,
      linger: (number("W") ?? 10) * 1000,
      deadline: deadline === undefined || deadline === 0 ? undefined : deadline * 1000,
      size: number("s") ?? DEFAULT_SIZE,
      ttl: number("t"),
      tos: number("Q") ?? 0,
      mark: number("m") ?? 0,
      pmtuDisc: discovery,
      quiet: parsed.values.has("q"),
      broadcast: parsed.values.has("b"),
      device: source !== undefined && src === undefined ? source : undefined,
      src,
    };
  } catch (error) {
    if (error instanceof BadArgument) return complain(ctx, error.message, 1);
    throw error;
  }
}

function boundedNumber(letter: string, text: string | undefined): number | undefined {
  const [low, high] = BOUNDS[letter] ?? [0, 0];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new BadArgument(`ping: invalid argument: '${text}'`);
  if (value < low || value > high)
    throw new BadArgument(
      `ping: invalid argument: '${text}': out of range: ${low} <= value <= ${letter === "c" ? "9223372036854775807" : high}`,
    );
  return value;
}
