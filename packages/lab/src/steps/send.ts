// A request without a tool: connect or send, wait for the answer, say how it ended.

import { type ClientOutcome, type ClientResult, resultOfErrno } from "@kubehop/commands";
import { INADDR_ANY, parseIpv4, pingOpen, SockError, tcpConnect, udpOpen } from "@kubehop/netstack";
import type { Ipv4, NetNamespace, SockErrno } from "@kubehop/netstack";
import { encodeUtf8 } from "@kubehop/sim";
import type { SendAction, SendProtocol } from "../model/step-spec.ts";

/** What a request is sent through. */
interface Channel {
  readonly saddr: Ipv4;
  readonly sport: number;
  close(): void;
}

type End = (result: ClientResult, bytes?: number) => void;

/** Opens the channel, and says how to begin: an errno ends the request. */
interface Opened {
  readonly channel: Channel;
  readonly begin?: () => SockErrno | undefined;
}

type Opener = (ns: NetNamespace, action: SendAction, dst: string, end: End) => Opened;

const OPENERS: Readonly<Record<SendProtocol, Opener>> = { tcp: openTcp, udp: openUdp, icmp: openPing };

/** Calls `done` once, at the latest after the action's timeout. `dst` is dotted text. */
export function startSend(
  ns: NetNamespace,
  action: SendAction,
  dst: string,
  done: (outcome: ClientOutcome) => void,
): void {
  const { clock } = ns.world;
  const { protocol, to } = action.flow;
  let channel: Channel | undefined;
  let over = false;
  const end: End = (result, bytes = 0) => {
    if (over) return;
    over = true;
    clock.cancel(timer);
    // Without a way to go it has no address of its own.
    const local =
      channel === undefined || channel.saddr === INADDR_ANY
        ? {}
        : { local: { addr: channel.saddr, port: channel.sport } };
    channel?.close();
    const remote = { addr: parseIpv4(dst) ?? INADDR_ANY, port: to.port ?? DEFAULT_PORTS[protocol] };
    done({ result, protocol, bytes, remote, ...local });
  };
  const timer = clock.schedule(action.timeout, () => end("timeout"));
  try {
    const opened = OPENERS[protocol](ns, action, dst, end);
    channel = opened.channel;
    // What ended while it was opened is not begun.
    if (over) channel.close();
    const errno = over ? undefined : opened.begin?.();
    if (errno !== undefined) end(resultOfErrno(errno));
  } catch (error) {
    if (!(error instanceof SockError)) throw error;
    end(resultOfErrno(error.errno));
  }
}

/** include/uapi/linux/icmp.h. */
const ICMP_REDIRECT = 5;

const DEFAULT_PORTS: Readonly<Record<SendProtocol, number>> = { tcp: 80, udp: 53, icmp: 0 };

function openTcp(ns: NetNamespace, { flow: { from, to }, payload }: SendAction, dst: string, end: End): Opened {
  const channel = tcpConnect(ns, {
    dst,
    dport: to.port ?? DEFAULT_PORTS.tcp,
    ...(from.port === undefined ? {} : { sport: from.port }),
    on: {
      connected: (s) => void s.send(encodeUtf8(payload ?? `GET / HTTP/1.0\r\nHost: ${dst}\r\n\r\n`)),
      data: (bytes) => end("ok", bytes.length),
      closed: () => end("reset"),
      error: (errno) => end(resultOfErrno(errno)),
    },
  });
  return { channel };
}

function openUdp(ns: NetNamespace, { flow: { from, to }, payload }: SendAction, dst: string, end: End): Opened {
  const channel = udpOpen(ns, {
    ...(from.port === undefined ? {} : { port: from.port }),
    connectTo: { addr: dst, port: to.port ?? DEFAULT_PORTS.udp },
    onData: (bytes) => end("ok", bytes.length),
    onError: (errno) => end(resultOfErrno(errno)),
  });
  return { channel, begin: () => channel.send(encodeUtf8(payload ?? "hello")) };
}

function openPing(ns: NetNamespace, _action: SendAction, dst: string, end: End): Opened {
  const channel = pingOpen(ns, {
    dst,
    onReply: (reply) => end("ok", reply.bytes.length),
    // A redirect says how to go, not that one cannot.
    onError: ({ type }) => (type === ICMP_REDIRECT ? undefined : end("unreachable")),
  });
  return { channel, begin: () => channel.send(1) };
}
