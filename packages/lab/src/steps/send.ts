// A request without a tool: connect or send, wait for the answer, say how it ended.

import { pingOpen, tcpConnect, udpOpen } from "@kubehop/netstack";
import type { NetNamespace, SockErrno } from "@kubehop/netstack";
import { encodeUtf8 } from "@kubehop/sim";
import type { FlowResult } from "../model/outcome.ts";
import type { SendAction } from "../model/step-spec.ts";

export interface SendResult {
  readonly result: FlowResult;
  readonly bytes: number;
}

/** Calls `done` once, at the latest after the action's timeout. `dst` is dotted text. */
export function startSend(ns: NetNamespace, action: SendAction, dst: string, done: (result: SendResult) => void): void {
  let open = true;
  const end = (result: FlowResult, bytes = 0): void => {
    if (!open) return;
    open = false;
    close();
    done({ result, bytes });
  };
  const timer = ns.world.clock.schedule(action.timeout, () => end("timeout"));
  const stop = STARTERS[action.flow.protocol](ns, action, dst, end);
  const close = (): void => {
    ns.world.clock.cancel(timer);
    stop();
  };
}

type Starter = (
  ns: NetNamespace,
  action: SendAction,
  dst: string,
  end: (result: FlowResult, bytes?: number) => void,
) => () => void;

const STARTERS: Readonly<Record<SendAction["flow"]["protocol"], Starter>> = {
  tcp: sendTcp,
  udp: sendUdp,
  icmp: sendPing,
  sctp: (_ns, _action, _dst, end) => {
    end("unreachable");
    return () => undefined;
  },
};

function sendTcp(
  ns: NetNamespace,
  action: SendAction,
  dst: string,
  end: (result: FlowResult, bytes?: number) => void,
): () => void {
  const { from, to } = action.flow;
  const sk = tcpConnect(ns, {
    dst,
    dport: to.port ?? 80,
    ...(from.port === undefined ? {} : { sport: from.port }),
    on: {
      connected: (s) => void s.send(encodeUtf8(action.payload ?? `GET / HTTP/1.0\r\nHost: ${dst}\r\n\r\n`)),
      data: (bytes) => end("ok", bytes.length),
      closed: () => end("reset"),
      error: (errno) => end(resultOf(errno)),
    },
  });
  return () => sk.close();
}

function sendUdp(
  ns: NetNamespace,
  action: SendAction,
  dst: string,
  end: (result: FlowResult, bytes?: number) => void,
): () => void {
  const { from, to } = action.flow;
  const sk = udpOpen(ns, {
    ...(from.port === undefined ? {} : { port: from.port }),
    connectTo: { addr: dst, port: to.port ?? 53 },
    onData: (bytes) => end("ok", bytes.length),
    onError: (errno) => end(resultOf(errno)),
  });
  const refused = sk.send(encodeUtf8(action.payload ?? "hello"));
  if (refused !== undefined) end(resultOf(refused));
  return () => sk.close();
}

function sendPing(
  ns: NetNamespace,
  _action: SendAction,
  dst: string,
  end: (result: FlowResult, bytes?: number) => void,
): () => void {
  const sk = pingOpen(ns, {
    dst,
    onReply: (reply) => end("ok", reply.bytes.length),
    onError: () => end("unreachable"),
  });
  const refused = sk.send(1);
  if (refused !== undefined) end(resultOf(refused));
  return () => sk.close();
}

const RESULTS: Partial<Record<SockErrno, FlowResult>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ETIMEDOUT: "timeout",
};

function resultOf(errno: SockErrno): FlowResult {
  return RESULTS[errno] ?? "unreachable";
}
