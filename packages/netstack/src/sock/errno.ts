// Socket errors, and how ICMP errors become them (icmp_err_convert of net/ipv4/icmp.c).

import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_PARAMETERPROB, ICMP_TIME_EXCEEDED } from "../wire/icmp-fields.ts";

/** Errno words that sockets report. */
export type SockErrno =
  | "EPERM"
  | "EAGAIN"
  | "EACCES"
  | "EINVAL"
  | "EPIPE"
  | "EMSGSIZE"
  | "EPROTO"
  | "EDESTADDRREQ"
  | "ENOPROTOOPT"
  | "EOPNOTSUPP"
  | "EADDRINUSE"
  | "EADDRNOTAVAIL"
  | "ENETUNREACH"
  | "ECONNRESET"
  | "ECONNABORTED"
  | "EISCONN"
  | "ENOTCONN"
  | "ETIMEDOUT"
  | "ECONNREFUSED"
  | "EHOSTDOWN"
  | "EHOSTUNREACH"
  | "ENONET"
  | "ENODEV"
  | "ENOBUFS";

const STRERROR: Readonly<Record<SockErrno, string>> = {
  EPERM: "Operation not permitted",
  EAGAIN: "Resource temporarily unavailable",
  EACCES: "Permission denied",
  EINVAL: "Invalid argument",
  EPIPE: "Broken pipe",
  EMSGSIZE: "Message too long",
  EPROTO: "Protocol error",
  EDESTADDRREQ: "Destination address required",
  ENOPROTOOPT: "Protocol not available",
  EOPNOTSUPP: "Operation not supported",
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign requested address",
  ENETUNREACH: "Network is unreachable",
  ECONNRESET: "Connection reset by peer",
  ECONNABORTED: "Software caused connection abort",
  EISCONN: "Transport endpoint is already connected",
  ENOTCONN: "Transport endpoint is not connected",
  ETIMEDOUT: "Connection timed out",
  ECONNREFUSED: "Connection refused",
  EHOSTDOWN: "Host is down",
  EHOSTUNREACH: "No route to host",
  ENONET: "Machine is not on the network",
  ENODEV: "No such device",
  ENOBUFS: "No buffer space available",
};

/** strerror: the text that tools print. */
export function strerror(errno: SockErrno): string {
  return STRERROR[errno];
}

/** A socket call that failed at once: bind to a port in use, an address that is none. */
export class SockError extends Error {
  override readonly name = "SockError";
  readonly errno: SockErrno;

  constructor(errno: SockErrno, what: string) {
    super(`${what}: ${strerror(errno)}`);
    this.errno = errno;
  }
}

/** What an ICMP error means to a socket. `fatal`: ends a connecting TCP socket's peer state, reaches connected UDP sockets. */
export interface IcmpErr {
  readonly errno: SockErrno;
  readonly fatal: boolean;
}

/** By code of destination unreachable. */
const UNREACH: readonly IcmpErr[] = [
  { errno: "ENETUNREACH", fatal: false },
  { errno: "EHOSTUNREACH", fatal: false },
  { errno: "ENOPROTOOPT", fatal: true },
  { errno: "ECONNREFUSED", fatal: true },
  { errno: "EMSGSIZE", fatal: false },
  { errno: "EOPNOTSUPP", fatal: false },
  { errno: "ENETUNREACH", fatal: true },
  { errno: "EHOSTDOWN", fatal: true },
  { errno: "ENONET", fatal: true },
  { errno: "ENETUNREACH", fatal: true },
  { errno: "EHOSTUNREACH", fatal: true },
  { errno: "ENETUNREACH", fatal: false },
  { errno: "EHOSTUNREACH", fatal: false },
  { errno: "EHOSTUNREACH", fatal: true },
  { errno: "EHOSTUNREACH", fatal: true },
  { errno: "EHOSTUNREACH", fatal: true },
];

/** Null: the message says nothing to a socket (source quench, redirect, unknown code). Fragmentation needed is the caller's case. */
export function icmpErrConvert(type: number, code: number): IcmpErr | null {
  if (type === ICMP_DEST_UNREACH) return UNREACH[code] ?? null;
  if (type === ICMP_TIME_EXCEEDED) return { errno: "EHOSTUNREACH", fatal: false };
  if (type === ICMP_PARAMETERPROB) return { errno: "EPROTO", fatal: true };
  return null;
}

/** Fragmentation needed: a message about the path MTU. */
export function isFragNeeded(type: number, code: number): boolean {
  return type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED;
}
