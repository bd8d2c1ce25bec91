// nc with the text of OpenBSD netcat (Debian 1.219): connect and send standard input, listen, and port scans (-z).

import type { Endpoint, Ipv4, SockErrno, TcpSock, UdpSock } from "@kubehop/netstack";
import { formatIpv4, SockError, strerror, tcpConnect, tcpListen, udpOpen } from "@kubehop/netstack";
import { decodeUtf8, encodeUtf8 } from "@kubehop/sim";
import type { ShellCommand, ShellContext } from "../context.ts";
import type { ClientOutcome, ClientResult } from "../outcome.ts";
import { resultOfErrno } from "../outcome.ts";
import { ended, Task } from "../process.ts";
import { complain } from "../refuse.ts";
import type { NcRequest } from "./nc-options.ts";
import { ncRequest, serviceName } from "./nc-options.ts";

/** A UDP scan without -w looks for an error this many seconds. */
const UDP_SCAN_SECONDS = 3;

export const nc: ShellCommand = {
  name: "nc",
  summary: "TCP and UDP connections, listening, port scans",
  start(ctx, args) {
    const request = ncRequest(ctx, args);
    if (typeof request === "number") return ended(request);
    const run = new NcRun(ctx, request);
    if (request.listen) return run.listen();
    return request.udp ? run.udp() : run.tcp();
  },
};

class NcRun {
  private readonly ctx: ShellContext;
  private readonly request: NcRequest;
  private readonly task = new Task();
  private bytes = 0;
  private idle: { cancel(): void } | undefined;
  private onIdle: (() => void) | undefined;

  constructor(ctx: ShellContext, request: NcRequest) {
    this.ctx = ctx;
    this.request = request;
    this.task.onExit(() => this.idle?.cancel());
  }

  /** Ports one after the other; the last success decides the exit code. */
  tcp(): Task {
    this.tcpPort(0, 1, undefined);
    return this.task;
  }

  private tcpPort(index: number, code: number, outcome: ClientOutcome | undefined): void {
    const { ctx, request, task } = this;
    const port = request.ports[index];
    if (port === undefined) return task.exit(code, outcome);
    const remote = { addr: request.dst, port };
    const next = (ok: boolean, result: ClientResult, sk: TcpSock): void => {
      limit?.cancel();
      const done = this.outcome(result, sk, remote);
      sk.close();
      if (ok && !request.scan) return task.exit(0, done);
      this.tcpPort(index + 1, ok ? 0 : code, done);
    };
    let connected = false;
    const sk = tcpConnect(ctx.ns, {
      dst: request.dst,
      dport: port,
      owner: "nc",
      ...this.source(),
      on: {
        connected: () => {
          connected = true;
          limit?.cancel();
          this.say(`Connection to ${request.host} ${port} port [tcp/${serviceName(request, port, "tcp")}] succeeded!`);
          if (request.scan) return next(true, "ok", sk);
          this.stream(sk, () => next(true, "ok", sk));
        },
        data: (bytes) => this.received(bytes),
        closed: () => next(true, "ok", sk),
        error: (errno) => {
          if (!connected)
            this.say(
              `nc: connect to ${request.host} port ${port} (tcp) failed: ${strerror(errno)}`,
              request.verbose || !request.scan,
            );
          else this.say(`nc: read failed: ${strerror(errno)}`, true);
          next(connected, resultOfErrno(errno), sk);
        },
      },
    });
    const limit = this.after(request.timeout, () => {
      if (connected) return;
      this.say(`nc: connect to ${request.host} port ${port} (tcp) timed out: Operation now in progress`);
      next(false, "timeout", sk);
    });
    task.onInterrupt = () => {
      limit?.cancel();
      const done = this.outcome("timeout", sk, remote);
      sk.close();
      task.exit(130, done);
    };
  }

  /** Standard input goes out; -N shuts down behind it; -w ends a silence. */
  private stream(sk: TcpSock, done: () => void): void {
    const { ctx, request } = this;
    if (ctx.stdin !== "" && !request.noInput) sk.send(encodeUtf8(ctx.stdin));
    if (request.shutdown) sk.shutdown();
    this.restartIdle(done);
    if (request.quit !== undefined) this.after(request.quit, done);
  }

  private restartIdle(done: () => void): void {
    this.onIdle = done;
    this.idle?.cancel();
    this.idle = this.after(this.request.timeout, done);
  }

  private received(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.ctx.stdout(decodeUtf8(bytes));
    if (this.onIdle !== undefined) this.restartIdle(this.onIdle);
  }

  udp(): Task {
    const { ctx, request, task } = this;
    const port = request.ports[0] ?? 0;
    const remote = { addr: request.dst, port };
    let error: SockErrno | undefined;
    let sk: UdpSock;
    const finish = (code: number, result: ClientResult): void => {
      const outcome = this.outcome(result, sk, remote);
      sk.close();
      task.exit(code, outcome);
    };
    try {
      sk = udpOpen(ctx.ns, {
        owner: "nc",
        ...(request.src === undefined ? {} : { addr: request.src }),
        ...(request.sourcePort === undefined ? {} : { port: request.sourcePort }),
        connectTo: remote,
        onData: (bytes) => {
          if (!request.scan) this.received(bytes);
        },
        onError: (errno) => {
          error = errno;
          if (!request.scan) finish(1, resultOfErrno(errno));
        },
      });
    } catch (failure) {
      if (!(failure instanceof SockError)) throw failure;
      this.say(
        `nc: connect to ${request.host} port ${port} (udp) failed: ${strerror(failure.errno)}`,
        request.verbose || !request.scan,
      );
      task.exit(1, { result: resultOfErrno(failure.errno), protocol: "udp", remote, bytes: 0 });
      return task;
    }
    task.onInterrupt = () => finish(130, this.bytes > 0 ? "ok" : "timeout");
    if (request.scan) this.udpScan(sk, () => error, finish);
    else this.udpStream(sk, finish);
    return task;
  }

  private udpStream(sk: UdpSock, finish: (code: number, result: ClientResult) => void): void {
    const { ctx, request } = this;
    if (request.verbose) this.udpSucceeded();
    if (ctx.stdin !== "" && !request.noInput) sk.send(encodeUtf8(ctx.stdin));
    const done = (): void => finish(0, this.bytes > 0 ? "ok" : "timeout");
    this.restartIdle(done);
    if (request.quit !== undefined) this.after(request.quit, done);
  }

  /** One byte per second; a refusal that comes back shows a closed port, silence counts as open. */
  private udpScan(
    sk: UdpSock,
    error: () => SockErrno | undefined,
    finish: (code: number, result: ClientResult) => void,
  ): void {
    const { request } = this;
    const seconds = request.timeout === undefined ? UDP_SCAN_SECONDS : Math.floor(request.timeout / 1000);
    const probe = encodeUtf8("X");
    const write = (): boolean => (sk.send(probe) ?? error()) !== undefined;
    const round = (left: number): void => {
      if (write()) return finish(1, resultOfErrno(error() ?? "ECONNREFUSED"));
      if (left > 0) return void this.after(1000, () => round(left - 1));
      this.udpSucceeded();
      finish(0, "ok");
    };
    if (write()) return finish(1, resultOfErrno(error() ?? "ECONNREFUSED"));
    this.after(0, () => round(seconds));
  }

  private udpSucceeded(): void {
    const port = this.request.ports[0] ?? 0;
    this.say(
      `Connection to ${this.request.host} ${port} port [udp/${serviceName(this.request, port, "udp")}] succeeded!`,
    );
  }

  listen(): Task {
    try {
      if (this.request.udp) this.listenUdp();
      else this.listenTcp();
    } catch (failure) {
      if (!(failure instanceof SockError)) throw failure;
      this.task.exit(complain(this.ctx, `nc: ${strerror(failure.errno)}`, 1));
    }
    return this.task;
  }

  private listenTcp(): void {
    const { ctx, request, task } = this;
    const port = request.ports[0] ?? 0;
    let taken: TcpSock | undefined;
    const listener = tcpListen(ctx.ns, {
      port,
      owner: "nc",
      ...(request.src === undefined ? {} : { addr: request.src }),
      onConnection: (sk) => {
        if (taken !== undefined) {
          sk.abort();
          return {};
        }
        taken = sk;
        this.saidConnection({ addr: sk.daddr, port: sk.dport });
        if (ctx.stdin !== "" && !request.noInput) sk.send(encodeUtf8(ctx.stdin));
        const over = (): void => {
          sk.close();
          taken = undefined;
          if (!request.keep) task.exit(0);
        };
        return { data: (bytes) => this.received(bytes), closed: over, error: over };
      },
    });
    this.say(`Listening on ${formatIpv4(request.src ?? 0)} ${port}`);
    task.onInterrupt = () => task.exit(130);
    task.onExit(() => {
      taken?.close();
      listener.close();
    });
  }

  private listenUdp(): void {
    const { ctx, request, task } = this;
    const port = request.ports[0] ?? 0;
    let first = true;
    const sk = udpOpen(ctx.ns, {
      port,
      owner: "nc",
      ...(request.src === undefined ? {} : { addr: request.src }),
      onData: (bytes, from) => {
        if (first) this.saidConnection(from);
        if (first && ctx.stdin !== "") sk.sendTo(encodeUtf8(ctx.stdin), from.addr, from.port);
        first = false;
        this.received(bytes);
      },
    });
    this.say(`Bound on ${formatIpv4(request.src ?? 0)} ${port}`);
    task.onExit(() => sk.close());
  }

  private saidConnection(from: Endpoint): void {
    this.say(`Connection received on ${formatIpv4(from.addr)} ${from.port}`);
  }

  private source(): { src?: Ipv4; sport?: number } {
    const { src, sourcePort } = this.request;
    return { ...(src === undefined ? {} : { src }), ...(sourcePort === undefined ? {} : { sport: sourcePort }) };
  }

  private outcome(result: ClientResult, sk: TcpSock | UdpSock, remote: Endpoint): ClientOutcome {
    return {
      result,
      protocol: this.request.udp ? "udp" : "tcp",
      remote,
      bytes: this.bytes,
      ...(sk.sport === 0 ? {} : { local: { addr: sk.saddr, port: sk.sport } }),
      ...(this.request.src === undefined ? {} : { bound: true }),
    };
  }

  private say(text: string, when: boolean = this.request.verbose): void {
    if (when) this.ctx.stderr(`${text}\n`);
  }

  /** A timer that ends with the command; undefined time: never. */
  private after(ms: number | undefined, fn: () => void): { cancel(): void } | undefined {
    if (ms === undefined) return undefined;
    const { clock } = this.ctx.ns.world;
    const timer = clock.schedule(ms, fn);
    const cancel = (): void => clock.cancel(timer);
    this.task.onExit(cancel);
    return { cancel };
  }
}
