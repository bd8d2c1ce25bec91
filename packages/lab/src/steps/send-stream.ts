// Datagrams of one socket, one after the other: a UDP client that keeps its source port. Each is a request of its own, and its number at
// its end tells its answer from the others'.

import { type ClientOutcome, resultOfErrno } from "@kubehop/commands";
import { INADDR_ANY, parseIpv4, SockError, udpOpen } from "@kubehop/netstack";
import type { NetNamespace, SockErrno, UdpSock } from "@kubehop/netstack";
import { encodeUtf8 } from "@kubehop/sim";
import type { Timer } from "@kubehop/sim";
import type { SendAction } from "../model/step-spec.ts";

type Done = (outcome: ClientOutcome & { readonly data: Uint8Array }) => void;

/** A datagram that has no answer yet. */
interface Asked {
  readonly data: Uint8Array;
  readonly timer: Timer;
  readonly end: (result: ClientOutcome["result"], bytes?: number) => void;
}

export class SendStream {
  readonly #ns: NetNamespace;
  readonly #action: SendAction;
  readonly #remote: NonNullable<ClientOutcome["remote"]>;
  readonly #asked: Asked[] = [];
  #sock: UdpSock | undefined;
  #refused: SockErrno | undefined;

  /** `dst`: dotted text. */
  constructor(ns: NetNamespace, action: SendAction, dst: string) {
    this.#ns = ns;
    this.#action = action;
    const { from, to } = action.flow;
    this.#remote = { addr: parseIpv4(dst) ?? INADDR_ANY, port: to.port ?? 0 };
    try {
      this.#sock = udpOpen(ns, {
        ...(from.port === undefined ? {} : { port: from.port }),
        connectTo: { addr: dst, port: this.#remote.port },
        onData: (bytes) => this.#answered(bytes),
        // An error names no datagram: it is most likely the newest one's.
        onError: (errno) => this.#asked.at(-1)?.end(resultOfErrno(errno)),
      });
    } catch (error) {
      if (!(error instanceof SockError)) throw error;
      this.#refused = error.errno;
    }
  }

  /** Only a socket that is bound by hand is one for all. */
  static isFor({ flow }: SendAction): boolean {
    return flow.protocol === "udp" && flow.from.port !== undefined;
  }

  /** Calls `done` once, at the latest after the action's timeout. */
  send(number: number, done: Done): void {
    const { clock } = this.#ns.world;
    const data = encodeUtf8(`${this.#action.payload ?? "hello"} ${number}`);
    const asked: Asked = {
      data,
      timer: clock.schedule(this.#action.timeout, () => asked.end("timeout")),
      end: (result, bytes = 0) => {
        const at = this.#asked.indexOf(asked);
        if (at < 0) return;
        this.#asked.splice(at, 1);
        clock.cancel(asked.timer);
        done({ result, protocol: "udp", bytes, remote: this.#remote, ...this.#local(), data });
      },
    };
    this.#asked.push(asked);
    const errno = this.#refused ?? this.#sock?.send(data);
    if (errno !== undefined) asked.end(resultOfErrno(errno));
  }

  close(): void {
    this.#sock?.close();
  }

  #local(): Pick<ClientOutcome, "local"> {
    return this.#sock === undefined ? {} : { local: { addr: this.#sock.saddr, port: this.#sock.sport } };
  }

  /** An echo says which one it answers; another answer is taken for that of the newest. */
  #answered(bytes: Uint8Array): void {
    const echoed = this.#asked.find(({ data }) => isSame(data, bytes));
    (echoed ?? this.#asked.at(-1))?.end("ok", bytes.length);
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
