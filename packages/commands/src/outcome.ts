// How a request of a client tool ended, as a value: what expectations look at instead of parsing text.

import type { Endpoint, SockErrno } from "@kubehop/netstack";

export type ClientResult = "ok" | "timeout" | "refused" | "reset" | "unreachable";

export interface ClientOutcome {
  readonly result: ClientResult;
  readonly protocol: "tcp" | "udp" | "icmp";
  /** The client's own end of the connection; absent when none was made. */
  readonly local?: Endpoint;
  /** Its address was given by hand (nc -s, curl --interface); absent: the route chose it. */
  readonly bound?: boolean;
  /** The request was shaped by options (TTL, size, device …) that the same request from elsewhere would need too. */
  readonly special?: boolean;
  /** Where the request was sent to, before any translation. */
  readonly remote?: Endpoint;
  /** Payload bytes that came back. */
  readonly bytes: number;
}

const BY_ERRNO: Partial<Record<SockErrno, ClientResult>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ECONNABORTED: "reset",
  ETIMEDOUT: "timeout",
};

/** Every errno that is neither an answer nor silence tells that the other side cannot be reached. */
export function resultOfErrno(errno: SockErrno): ClientResult {
  return BY_ERRNO[errno] ?? "unreachable";
}
