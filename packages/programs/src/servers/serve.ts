// Starts what a pod or host serves and tells who asked.

import { formatIpv4, tcpListen, udpOpen } from "@kubehop/netstack";
import type { NetNamespace, TcpSock } from "@kubehop/netstack";
import { encodeUtf8 } from "@kubehop/sim";
import { httpResponder } from "./http.ts";
import type { ServedListener, ServerSpec } from "./serving.ts";

export interface ServeOptions {
  readonly ns: NetNamespace;
  /** What `hostname` answers say. */
  readonly hostname: string;
  readonly servers: readonly ServerSpec[];
  readonly onServed: ServedListener;
}

/** One answer of a server, write by write; `close`: the server ends the connection behind it. */
export interface Reply {
  readonly answer: readonly Uint8Array[];
  readonly close: boolean;
}

/** What a server does with the bytes of one connection: the answers that are due, none while a request is incomplete. */
export type Responder = (bytes: Uint8Array) => readonly Reply[];

/**
 * Opens all ports, or none. The function returned ends the program: ports and connections are closed.
 * @throws SockError EADDRINUSE when a port is taken
 */
export function serve(options: ServeOptions): () => void {
  const stops: (() => void)[] = [];
  const stop = (): void => {
    for (const end of stops) end();
  };
  try {
    for (const server of options.servers)
      stops.push(server.protocol === "tcp" ? serveTcp(options, server) : serveUdp(options, server));
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}

function serveTcp({ ns, hostname, onServed }: ServeOptions, server: ServerSpec): () => void {
  const open = new Set<TcpSock>();
  const end = (sk: TcpSock): void => {
    open.delete(sk);
    sk.close();
  };
  const listener = tcpListen(ns, {
    port: server.port,
    owner: hostname,
    onConnection: (sk: TcpSock) => {
      open.add(sk);
      onServed({
        at: ns.world.now,
        ns: ns.name,
        protocol: "tcp",
        client: formatIpv4(sk.daddr),
        clientPort: sk.dport,
        address: formatIpv4(sk.saddr),
        port: sk.sport,
      });
      const respond = responderOf(server, hostname, ns);
      return {
        data: (bytes: Uint8Array) => {
          for (const { answer, close } of respond(bytes)) {
            for (const piece of answer) sk.send(piece);
            if (close) end(sk);
          }
        },
        closed: () => end(sk),
        error: () => void open.delete(sk),
      };
    },
  });
  return () => {
    listener.close();
    for (const sk of open) end(sk);
  };
}

function serveUdp({ ns, hostname, onServed }: ServeOptions, server: ServerSpec): () => void {
  const sock = udpOpen(ns, {
    port: server.port,
    owner: hostname,
    onData: (bytes, from, to) => {
      onServed({
        at: ns.world.now,
        ns: ns.name,
        protocol: "udp",
        client: formatIpv4(from.addr),
        clientPort: from.port,
        address: formatIpv4(to),
        port: server.port,
        data: bytes,
      });
      // A program bound to any address answers from the one it was asked on only when it looks (IP_PKTINFO), as good servers do.
      sock.sendTo(server.kind === "echo" ? bytes : encodeUtf8(`${hostname}\n`), from.addr, from.port, to);
    },
  });
  return () => sock.close();
}

function responderOf(server: ServerSpec, hostname: string, ns: NetNamespace): Responder {
  if (server.kind === "echo") return (bytes) => [{ answer: [bytes], close: false }];
  const body = server.kind === "hostname" ? undefined : server.body;
  return httpResponder({ body: body ?? `${hostname}\n`, site: server.site, now: () => ns.world.now });
}
