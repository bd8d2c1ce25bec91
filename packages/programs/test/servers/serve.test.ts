import { applyBatch, NetNamespace, SockError, tcpConnect, udpOpen, World } from "@kubehop/netstack";
import type { TcpSock } from "@kubehop/netstack";
import { decodeUtf8, encodeUtf8 } from "@kubehop/sim";
import { expect, test } from "vitest";
import { serve } from "../../src/servers/serve.ts";
import type { Served, ServerSpec } from "../../src/servers/serving.ts";

/** One machine that asks itself. */
function machine(): NetNamespace {
  const ns = new NetNamespace(new World(1), "m");
  expect(applyBatch(ns, { agent: "test", ops: [{ op: "link-set", dev: "lo", up: true }] })).toBeNull();
  return ns;
}

interface Talk {
  readonly sk: TcpSock;
  text: string;
  end: string;
}

function connect(ns: NetNamespace, dport: number, payload: string): Talk {
  const talk: Talk = {
    sk: tcpConnect(ns, {
      dst: "127.0.0.1",
      dport,
      on: {
        connected: (sk) => void sk.send(encodeUtf8(payload)),
        data: (bytes) => (talk.text += decodeUtf8(bytes)),
        closed: () => (talk.end = "closed"),
        error: (errno) => (talk.end = errno),
      },
    }),
    text: "",
    end: "",
  };
  ns.world.clock.runUntil(ns.world.now + 100);
  return talk;
}

const ECHO: ServerSpec = { kind: "echo", protocol: "tcp", port: 7 };
const NAME: ServerSpec = { kind: "hostname", protocol: "tcp", port: 80 };

test("echo gives back what it gets, for as long as the client wants", () => {
  const ns = machine();
  serve({ ns, hostname: "h", servers: [ECHO], onServed: () => undefined });
  const talk = connect(ns, 7, "one ");
  talk.sk.send(encodeUtf8("two"));
  ns.world.clock.runUntil(ns.world.now + 100);
  expect([talk.text, talk.end]).toEqual(["one two", ""]);
});

test("hostname says its name over http, and who asked is told once for each connection", () => {
  const ns = machine();
  const served: Served[] = [];
  serve({ ns, hostname: "web-1", servers: [NAME], onServed: (s) => void served.push(s) });
  const talk = connect(ns, 80, "GET / HTTP/1.0\r\n\r\n");
  expect([talk.text.split("\r\n\r\n")[1], talk.end]).toEqual(["web-1\n", "closed"]);
  expect(served).toMatchObject([
    { ns: "m", protocol: "tcp", client: "127.0.0.1", clientPort: talk.sk.sport, port: 80 },
  ]);
});

test.each([
  { kind: "echo" as const, wanted: "ping" },
  { kind: "hostname" as const, wanted: "web-1\n" },
])("$kind over udp answers from the address it was asked on", ({ kind, wanted }) => {
  const ns = machine();
  const served: Served[] = [];
  const servers: ServerSpec[] = [{ kind, protocol: "udp", port: 53 }];
  serve({ ns, hostname: "web-1", servers, onServed: (s) => void served.push(s) });
  let heard = "";
  const sk = udpOpen(ns, {
    connectTo: { addr: "127.0.0.9", port: 53 },
    onData: (bytes) => (heard = decodeUtf8(bytes)),
  });
  sk.send(encodeUtf8("ping"));
  ns.world.clock.runUntil(100);
  expect([heard, served.length, served[0]?.clientPort]).toEqual([wanted, 1, sk.sport]);
});

test("its end closes ports and connections", () => {
  const ns = machine();
  const servers: ServerSpec[] = [ECHO, { kind: "echo", protocol: "udp", port: 7 }];
  const stop = serve({ ns, hostname: "h", servers, onServed: () => undefined });
  const talk = connect(ns, 7, "x");
  stop();
  ns.world.clock.runUntil(ns.world.now + 100);
  expect(talk.end).toBe("closed");
  expect(connect(ns, 7, "x").end).toBe("ECONNREFUSED");
  expect([...ns.sockets.udp.list()]).toEqual([]);
});

test("a taken port refuses all of it", () => {
  const ns = machine();
  serve({ ns, hostname: "first", servers: [NAME], onServed: () => undefined });
  const twice = (): void => void serve({ ns, hostname: "second", servers: [ECHO, NAME], onServed: () => undefined });
  expect(twice).toThrow(SockError);
  expect(twice).toThrow("bind: Address already in use");
  expect(connect(ns, 7, "x").end).toBe("ECONNREFUSED");
});
