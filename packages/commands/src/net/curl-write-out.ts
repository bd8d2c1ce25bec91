// curl -w: %{variables} and backslash escapes.

import type { Endpoint } from "@kubehop/netstack";
import { formatIpv4 } from "@kubehop/netstack";

export interface WriteOutValues {
  readonly code: number;
  /** HTTP status, 0 without an answer. */
  readonly status: number;
  readonly received: number;
  /** Virtual ms. */
  readonly total: number;
  readonly connect: number;
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint;
  stderr(text: string): void;
}

const VARIABLES: Readonly<Record<string, (v: WriteOutValues) => string>> = {
  http_code: (v) => String(v.status).padStart(3, "0"),
  response_code: (v) => String(v.status).padStart(3, "0"),
  exitcode: (v) => String(v.code),
  size_download: (v) => String(v.received),
  time_total: (v) => (v.total / 1000).toFixed(6),
  time_connect: (v) => (v.connect / 1000).toFixed(6),
  local_ip: (v) => (v.local === undefined ? "" : formatIpv4(v.local.addr)),
  local_port: (v) => String(v.local?.port ?? 0),
  remote_ip: (v) => formatIpv4(v.remote.addr),
  remote_port: (v) => String(v.remote.port),
};
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** A variable that is not there is told on stderr and printed as nothing. */
export function writeOutText(format: string, values: WriteOutValues): string {
  return format.replace(/%\{([^}]*)\}|%%|\\([nrt])/g, (all, name: string | undefined, escape: string | undefined) => {
    if (escape !== undefined) return ESCAPES[escape] ?? all;
    if (name === undefined) return "%";
    const variable = VARIABLES[name];
    if (variable === undefined) values.stderr(`curl: unknown --write-out variable: '${name}'\n`);
    return variable?.(values) ?? "";
  });
}
