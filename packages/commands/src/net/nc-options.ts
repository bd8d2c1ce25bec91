// nc's command line (OpenBSD netcat as Debian ships it).

import type { Ipv4 } from "@kubehop/netstack";
import { INADDR_ANY, parseIpv4 } from "@kubehop/netstack";
import type { ShellContext } from "../context.ts";
import type { Options } from "../options.ts";
import { isOptionError, lastValue, parseOptions } from "../options.ts";
import { complain, refuse } from "../refuse.ts";
import { isIpv6, lookup } from "./names.ts";

export const NC_SPEC = { short: "4dhklNnp:q:s:uvw:z", refusedShort: "6bCDFI:i:M:m:O:P:rSTtUV:W:X:x:Zec" };
const USAGE =
  "usage: nc [-4dhklNnuvz] [-p source_port] [-q seconds] [-s sourceaddr]\n\t  [-w timeout] [destination] [port]";

export interface NcRequest {
  readonly listen: boolean;
  readonly udp: boolean;
  readonly scan: boolean;
  readonly keep: boolean;
  readonly verbose: boolean;
  readonly numeric: boolean;
  /** -d: standard input is not read. */
  readonly noInput: boolean;
  /** -N: shut down behind standard input. */
  readonly shutdown: boolean;
  /** Virtual ms; undefined: no limit. */
  readonly timeout: number | undefined;
  readonly quit: number | undefined;
  readonly src: Ipv4 | undefined;
  readonly sourcePort: number | undefined;
  readonly host: string;
  readonly dst: Ipv4;
  readonly ports: readonly number[];
}

/** The services that scans usually meet; the rest is `*`. */
const SERVICES: Readonly<Record<string, readonly [number, string][]>> = {
  tcp: [
    [21, "ftp"],
    [22, "ssh"],
    [23, "telnet"],
    [25, "smtp"],
    [53, "domain"],
    [80, "http"],
    [110, "pop3"],
    [143, "imap2"],
    [443, "https"],
    [1433, "ms-sql-s"],
    [2379, "etcd-client"],
    [2380, "etcd-server"],
    [3306, "mysql"],
    [5432, "postgresql"],
    [5671, "amqps"],
    [5672, "amqp"],
    [6379, "redis"],
    [8080, "http-alt"],
    [9418, "git"],
    [10050, "zabbix-agent"],
  ],
  udp: [
    [53, "domain"],
    [67, "bootps"],
    [69, "tftp"],
    [123, "ntp"],
    [161, "snmp"],
    [500, "isakmp"],
    [514, "syslog"],
    [4500, "ipsec-nat-t"],
    [8472, "otv"],
  ],
};

/** Name of a port in /etc/services, `*` for others and with -n. */
export function serviceName(request: NcRequest, port: number, protocol: "tcp" | "udp"): string {
  if (request.numeric) return "*";
  return SERVICES[protocol]?.find(([number]) => number === port)?.[1] ?? "*";
}

/** The request, or the exit code after a complaint. */
export function ncRequest(ctx: ShellContext, args: readonly string[]): NcRequest | number {
  const parsed = parseOptions(NC_SPEC, args);
  if (isOptionError(parsed)) {
    if (parsed.error === "refused") return refuse(ctx, "nc", `option ${parsed.option}`);
    const letter = parsed.option.replace(/^-+/, "");
    return complain(
      ctx,
      `nc: ${parsed.error === "value" ? "option requires an argument" : "invalid option"} -- '${letter}'\n${USAGE}`,
      1,
    );
  }
  const listen = parsed.values.has("l");
  const [host, portText, ...more] =
    listen && parsed.operands.length < 2 ? [undefined, parsed.operands[0] ?? lastValue(parsed, "p")] : parsed.operands;
  if (more.length > 0 || (host === undefined && !listen)) return complain(ctx, USAGE, 1);
  if (portText === undefined) return complain(ctx, host === undefined ? USAGE : "nc: missing port number", 1);
  const ports = portList(portText);
  if (typeof ports === "string") return complain(ctx, ports, 1);
  if (host !== undefined && isIpv6(host)) return refuse(ctx, "nc", `IPv6 (${host})`);
  const named = host === undefined ? INADDR_ANY : lookup(ctx, host);
  if (named === undefined)
    return complain(ctx, `nc: getaddrinfo for host "${host ?? ""}" port ${portText}: Name or service not known`, 1);
  return {
    ...flags(parsed),
    listen,
    host: host ?? "",
    dst: named,
    ports,
    ...addresses(parsed, listen, host === undefined ? undefined : named),
  };
}

function flags(parsed: Options): Omit<NcRequest, "listen" | "host" | "dst" | "ports" | "src" | "sourcePort"> {
  const has = (key: string): boolean => parsed.values.has(key);
  const [timeout, quit] = ["w", "q"].map((key) => milliseconds(lastValue(parsed, key)));
  return {
    udp: has("u"),
    scan: has("z"),
    keep: has("k"),
    verbose: has("v"),
    numeric: has("n"),
    noInput: has("d"),
    shutdown: has("N") || quit !== undefined,
    timeout,
    quit,
  };
}

function addresses(parsed: Options, listen: boolean, named: Ipv4 | undefined): Pick<NcRequest, "src" | "sourcePort"> {
  const source = lastValue(parsed, "s");
  const port = lastValue(parsed, "p");
  return {
    src: listen ? named : source === undefined ? undefined : parseIpv4(source),
    sourcePort: listen || port === undefined ? undefined : Number(port),
  };
}

function milliseconds(text: string | undefined): number | undefined {
  const seconds = Number(text);
  return text === undefined || Number.isNaN(seconds) || seconds < 0 ? undefined : seconds * 1000;
}

/** `80`, `http`, `79-81`; else nc's complaint. */
function portList(text: string): number[] | string {
  const range = /^(\d+)-(\d+)$/.exec(text);
  const [low, high] = range === null ? [portNumber(text), portNumber(text)] : [Number(range[1]), Number(range[2])];
  if (low === undefined || high === undefined) return `nc: port number invalid: ${text}`;
  if (low > 65535 || high > 65535) return `nc: port number too large: ${text}`;
  if (low < 1) return `nc: port number too small: ${text}`;
  return Array.from({ length: Math.abs(high - low) + 1 }, (_, i) => Math.min(low, high) + i);
}

function portNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  return SERVICES["tcp"]?.find(([, name]) => name === text)?.[0];
}
