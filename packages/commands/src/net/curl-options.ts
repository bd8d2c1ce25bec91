// curl's command line: the options that change what happens on the network or what is printed.

import { parseDuration } from "../system/sleep.ts";
import type { ShellContext } from "../context.ts";
import { isOptionError, lastValue, parseOptions } from "../options.ts";
import { complain, refuse } from "../refuse.ts";
import { isIpv6, isPort } from "./names.ts";

export const CURL_SPEC = {
  short: "sSvo:m:IiNfgw:X:H:A:L40",
  long: {
    silent: "s",
    "show-error": "S",
    verbose: "v",
    "output=": "o",
    "max-time=": "m",
    "connect-timeout=": "connect",
    head: "I",
    include: "i",
    "no-buffer": "N",
    fail: "f",
    "write-out=": "w",
    "request=": "X",
    "header=": "H",
    "user-agent=": "A",
    location: "L",
    ipv4: "4",
    "http1.0": "0",
    "interface=": "interface",
    "local-port=": "local-port",
    "noproxy=": "noproxy",
    globoff: "g",
    "no-progress-meter": "N",
  },
  refusedShort: "6abBcCdDeEFGhjJkKlMnOpPqQrRtTuUVxyYzZ123",
  refusedLong: [
    "insecure",
    "data",
    "data-raw",
    "form",
    "resolve",
    "retry",
    "proxy",
    "user",
    "http2",
    "http1.1",
    "compressed",
    "cacert",
    "cookie",
    "remote-name",
    "parallel",
    "ipv6",
    "next",
    "upload-file",
    "unix-socket",
    "help",
    "version",
    "connect-to",
    "limit-rate",
    "haproxy-protocol",
  ],
};

export interface CurlRequest {
  /** Host as written in the URL. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** `Host:` value when the URL says it. */
  readonly authority: string;
  readonly method: string;
  readonly headers: readonly string[];
  readonly agent: string;
  readonly verbose: boolean;
  /** Errors are printed. */
  readonly tells: boolean;
  readonly include: boolean;
  readonly head: boolean;
  readonly fail: boolean;
  readonly http10: boolean;
  readonly output: string | undefined;
  readonly writeOut: string | undefined;
  /** Virtual ms; undefined: none. */
  readonly maxTime: number | undefined;
  readonly connectTimeout: number | undefined;
  readonly source: string | undefined;
  readonly sourcePort: number | undefined;
}

const TRY = "curl: try 'curl --help' or 'curl --manual' for more information";
const AGENT = "curl/7.74.0";

/** The request, or the exit code after a complaint. */
export function curlRequest(ctx: ShellContext, args: readonly string[]): CurlRequest | number {
  const parsed = parseOptions(CURL_SPEC, args);
  if (isOptionError(parsed)) {
    if (parsed.error === "refused") return refuse(ctx, "curl", `option ${parsed.option}`);
    return complain(
      ctx,
      `curl: option ${parsed.option}: ${parsed.error === "value" ? "requires parameter" : "is unknown"}\n${TRY}`,
      2,
    );
  }
  const [url, ...more] = parsed.operands;
  if (url === undefined) return complain(ctx, TRY, 2);
  if (more.length > 0) return refuse(ctx, "curl", "more than one URL");
  const target = parseUrl(ctx, url);
  if (typeof target === "number") return target;
  const has = (key: string): boolean => parsed.values.has(key);
  const [maxTime, connectTimeout] = [lastValue(parsed, "m"), lastValue(parsed, "connect")].map((text) =>
    text === undefined ? undefined : parseDuration(text),
  );
  if ((has("m") && maxTime === undefined) || (has("connect") && connectTimeout === undefined))
    return complain(
      ctx,
      `curl: option ${has("m") && maxTime === undefined ? "-m" : "--connect-timeout"}: expected a proper numerical parameter\n${TRY}`,
      2,
    );
  const sourcePort = lastValue(parsed, "local-port");
  // Field by field: V8 makes a literal of this size slow when it begins with a spread.
  return {
    host: target.host,
    port: target.port,
    path: target.path,
    authority: target.authority,
    method: lastValue(parsed, "X") ?? (has("I") ? "HEAD" : "GET"),
    headers: parsed.values.get("H") ?? [],
    agent: lastValue(parsed, "A") ?? AGENT,
    verbose: has("v"),
    tells: !has("s") || has("S"),
    include: has("i") || has("I"),
    head: has("I"),
    fail: has("f"),
    http10: has("0"),
    output: lastValue(parsed, "o"),
    writeOut: lastValue(parsed, "w"),
    maxTime: maxTime === 0 ? undefined : maxTime,
    connectTimeout: connectTimeout === 0 ? undefined : connectTimeout,
    source: lastValue(parsed, "interface"),
    sourcePort: sourcePort === undefined ? undefined : Number(sourcePort),
  };
}

type Target = Pick<CurlRequest, "host" | "port" | "path" | "authority">;

function parseUrl(ctx: ShellContext, url: string): Target | number {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url)?.[1]?.toLowerCase();
  if (scheme === "https") return refuse(ctx, "curl", "https (there is no TLS)");
  if (scheme !== undefined && scheme !== "http")
    return complain(ctx, `curl: (1) Protocol "${scheme}" not supported or disabled in libcurl`, 1);
  const bracketed = /\[[^\]]*\]/.exec(url)?.[0] ?? "";
  if (isIpv6(bracketed)) return refuse(ctx, "curl", `IPv6 (${bracketed})`);
  const match = /^([^/?#:\s]+)(?::(\d*))?([/?][^#\s]*)?(?:#.*)?$/.exec(
    scheme === undefined ? url : url.slice(scheme.length + 3),
  );
  const port = match?.[2] === undefined || match[2] === "" ? 80 : Number(match[2]);
  if (match?.[1] === undefined || !isPort(port))
    return complain(ctx, "curl: (3) URL using bad/illegal format or missing URL", 3);
  const path = match[3] ?? "/";
  return {
    host: match[1],
    port,
    path: path.startsWith("?") ? `/${path}` : path,
    authority: port === 80 ? match[1] : `${match[1]}:${port}`,
  };
}
