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

/** What a server does with the bytes of one connection: the answer, write by write, or undefined while the request is incomplete. */
export type Responder = (
  bytes: Uint8Array,
) => { readonly answer: readonly Uint8Array[]; readonly close: boolean } | undefined;

/** Opens all ports; the function returned closes them. */
export function serve(options: ServeOptions): () => void {
  const stops = options.servers.map((server) =>
    server.protocol === "tcp" ? serveTcp(options, server) : serveUdp(options, server),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

function serveTcp({ ns, hostname, onServed }: ServeOptions, server: ServerSpec): () => void {
  const listener = tcpListen(ns, {
    port: server.port,
    owner: hostname,
    onConnection: (sk: TcpSock) => {
      onServed({
        at: ns.world.now,
        ns: ns.name,
        protocol: "tcp",
        client: formatIpv4(sk.daddr),
        clientPort: sk.dport,
        port: sk.sport,
      });
      const respond = responderOf(server, hostname, ns);
      return {
        data: (bytes: Uint8Array) => {
          const reply = respond(bytes);
          if (reply === undefined) return;
          for (const piece of reply.answer) sk.send(piece);
          if (reply.close) sk.close();
        },
        closed: () => sk.close(),
      };
    },
  });
  return () => listener.close();
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
        port: server.port,
      });
      // A program bound to any address answers from the one it was asked on only when it looks (IP_PKTINFO), as good servers do.
      sock.sendTo(server.kind === "echo" ? bytes : encodeUtf8(`${hostname}\n`), from.addr, from.port, to);
    },
  });
  return () => sock.close();
}

function responderOf(server: ServerSpec, hostname: string, ns: NetNamespace): Responder {
  if (server.kind === "echo") return (bytes) => ({ answer: [bytes], close: false });
  const body = server.kind === "hostname" ? undefined : server.body;
  return httpResponder({ body: body ?? `${hostname}\n`, site: server.site, now: () => ns.world.now });
}
