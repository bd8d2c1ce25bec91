// The end of a namespace's sockets: nobody is told, nothing is sent, no timer stays (net/ipv4/tcp_ipv4.c: tcp_sk_exit_batch,
// net/ipv4/tcp_minisocks.c: tcp_twsk_purge).

import type { NetNamespace } from "../netns/net-namespace.ts";
import { tcpDone } from "./tcp-close.ts";
import { reqskDrop, TcpListener, TcpRequestSock } from "./tcp-listen.ts";
import { tcpTimewaitKill, TcpTimewaitSock } from "./tcp-timewait.ts";
import type { TcpEntry } from "./tcp-table.ts";
import type { TcpSock } from "./tcp-sock.ts";

/** Forget all sockets of a namespace. Programs that hold one get EPIPE from it and hear nothing more. */
export function sockNetExit(ns: NetNamespace): void {
  const { tcp, udp, ping } = ns.sockets;
  for (const sk of tcp.list()) endTcp(sk);
  for (const sk of udp.list()) sk.close();
  for (const sk of ping.values()) sk.close();
  udp.encap.clear();
}

function endTcp(sk: TcpListener | TcpEntry): void {
  if (sk instanceof TcpListener) endListener(sk);
  else if (sk instanceof TcpRequestSock) reqskDrop(sk);
  else if (sk instanceof TcpTimewaitSock) tcpTimewaitKill(sk);
  else endConnection(sk);
}

/** Connections that wait to be accepted are in the table of connections too. */
function endListener(sk: TcpListener): void {
  sk.closed = true;
  sk.acceptQueue = [];
  sk.ns.sockets.tcp.unlisten(sk);
}

function endConnection(sk: TcpSock): void {
  sk.dead = true;
  tcpDone(sk);
}
