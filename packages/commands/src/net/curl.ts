// curl for http:// URLs. Wording of curl 7.61 to 7.83 (`Failed to connect to A port P: Connection refused`). Output stands for a
// terminal's: no progress meter. Exit codes: 6 name, 7 refused or unreachable, 18 cut off, 22 -f, 28 timeout, 52 empty, 56 reset.

import type { Endpoint, Ipv4, SockErrno, TcpSock } from "@kubehop/netstack";
import { formatIpv4, parseIpv4, strerror, tcpConnect } from "@kubehop/netstack";
import { encodeUtf8 } from "@kubehop/sim";
import type { ShellCommand, ShellContext } from "../context.ts";
import type { ClientOutcome, ClientResult } from "../outcome.ts";
import { resultOfErrno } from "../outcome.ts";
import type { RunningCommand } from "../process.ts";
import { ended, EXIT_INTERRUPTED, Task } from "../process.ts";
import { writeFile } from "../shell/files.ts";
import type { CurlRequest } from "./curl-options.ts";
import { curlRequest } from "./curl-options.ts";
import { writeOutText } from "./curl-write-out.ts";
import { HttpResponse } from "./http-response.ts";
import { lookup } from "./names.ts";

/** libcurl's own limit for connecting, ms. */
const DEFAULT_CONNECT_TIMEOUT = 300_000;

export const curl: ShellCommand = {
  name: "curl",
  summary: "fetch an http:// URL",
  start(ctx, args): RunningCommand {
    const request = curlRequest(ctx, args);
    if (typeof request === "number") return ended(request);
    const addr = lookup(ctx, request.host);
    const transfer = new Transfer(ctx, request, addr ?? (0 as Ipv4));
    if (addr === undefined) transfer.fail(6, `Could not resolve host: ${request.host}`, undefined);
    else transfer.connect();
    return transfer.task;
  },
};

class Transfer {
  readonly task = new Task();
  private readonly ctx: ShellContext;
  private readonly request: CurlRequest;
  private readonly remote: Endpoint;
  private readonly response: HttpResponse;
  private readonly startedAt: number;
  private connectedAt = 0;
  private sock: TcpSock | undefined;
  private printed = false;
  private isConnected = false;
  /** For -o: written when the transfer has succeeded. */
  private outputText = "";

  constructor(ctx: ShellContext, request: CurlRequest, addr: Ipv4) {
    this.ctx = ctx;
    this.request = request;
    this.remote = { addr, port: request.port };
    this.response = new HttpResponse(request.head);
    this.startedAt = ctx.ns.world.now;
    this.task.onInterrupt = () => this.end(EXIT_INTERRUPTED, "timeout");
  }

  connect(): void {
    const { ctx, request, remote } = this;
    this.info(`  Trying ${formatIpv4(remote.addr)}:${remote.port}...`);
    this.startTimers();
    const source =
      request.source === undefined
        ? {}
        : parseIpv4(request.source) === undefined
          ? { device: request.source }
          : { src: request.source };
    if ("device" in source && ctx.ns.devices.byName(source.device) === undefined)
      return this.fail(45, `Couldn't bind to '${source.device}'`, undefined);
    this.sock = tcpConnect(ctx.ns, {
      dst: remote.addr,
      dport: remote.port,
      nodelay: true,
      owner: "curl",
      ...source,
      ...(request.sourcePort === undefined ? {} : { sport: request.sourcePort }),
      on: {
        connected: (sk) => this.connected(sk),
        data: (bytes) => this.data(bytes),
        closed: () => this.closed(),
        error: (errno) => this.failed(errno),
      },
    });
  }

  /** A failure with curl's number and text. Without a result: no request was made. */
  fail(code: number, text: string, result: ClientResult | undefined): void {
    if (this.task.exitCode !== undefined) return;
    this.printBody();
    this.info(text);
    if (this.sock !== undefined || code === 7) this.info("Closing connection 0");
    if (this.request.tells) this.ctx.stderr(`curl: (${code}) ${text}\n`);
    this.end(code, result);
  }

  private startTimers(): void {
    const { clock } = this.ctx.ns.world;
    const { maxTime, connectTimeout = DEFAULT_CONNECT_TIMEOUT } = this.request;
    const timers = [
      clock.schedule(connectTimeout, () => this.connectTimedOut()),
      ...(maxTime === undefined ? [] : [clock.schedule(maxTime, () => this.timedOut())]),
    ];
    this.task.onExit(() => {
      for (const timer of timers) clock.cancel(timer);
    });
  }

  private get elapsed(): number {
    return Math.round(this.ctx.ns.world.now - this.startedAt);
  }

  private connectTimedOut(): void {
    if (!this.isConnected) this.fail(28, `Connection timed out after ${this.elapsed} milliseconds`, "timeout");
  }

  private timedOut(): void {
    if (!this.isConnected) return this.fail(28, `Connection timed out after ${this.elapsed} milliseconds`, "timeout");
    const { length, received } = this.response;
    const outOf = length === undefined || length === 0 ? "" : ` out of ${length}`;
    this.fail(
      28,
      `Operation timed out after ${this.elapsed} milliseconds with ${received}${outOf} bytes received`,
      "timeout",
    );
  }

  private connected(sk: TcpSock): void {
    const { request, remote } = this;
    this.isConnected = true;
    this.connectedAt = this.ctx.ns.world.now;
    this.info(`Connected to ${request.host} (${formatIpv4(remote.addr)}) port ${remote.port} (#0)`);
    const text = requestText(request);
    if (request.verbose) this.ctx.stderr(quoted(text, ">"));
    sk.send(encodeUtf8(text));
  }

  private data(bytes: Uint8Array): void {
    this.response.push(bytes);
    if (this.response.state === "notHttp") return this.fail(1, "Received HTTP/0.9 when not allowed", "ok");
    this.print();
    if (this.response.state === "complete") this.complete();
  }

  private closed(): void {
    const { response } = this;
    if (response.state === "header" && response.header === "" && response.received === 0)
      return this.fail(52, "Empty reply from server", "reset");
    response.end();
    if (response.state === "complete") return this.complete();
    this.fail(
      18,
      `transfer closed with ${(response.length ?? 0) - response.received} bytes remaining to read`,
      "reset",
    );
  }

  private failed(errno: SockErrno): void {
    if (this.isConnected) return this.fail(56, `Recv failure: ${strerror(errno)}`, resultOfErrno(errno));
    const { remote, request } = this;
    this.info(`connect to ${formatIpv4(remote.addr)} port ${remote.port} failed: ${strerror(errno)}`);
    this.fail(
      errno === "ETIMEDOUT" ? 28 : 7,
      `Failed to connect to ${request.host} port ${remote.port}: ${strerror(errno)}`,
      resultOfErrno(errno),
    );
  }

  /** The header, once it is there. */
  private print(): void {
    const { response, request } = this;
    if (response.state === "header" || this.printed) return;
    this.printed = true;
    this.info("Mark bundle as not supporting multiuse");
    if (request.verbose) this.ctx.stderr(quoted(response.header, "<"));
    if (request.include) this.output(response.header);
  }

  private printBody(): void {
    const { response, request } = this;
    if (!request.fail || response.status < 400) this.output(response.takeBody());
  }

  private output(text: string): void {
    const { output } = this.request;
    if (output === undefined || output === "-") this.ctx.stdout(text);
    else this.outputText += text;
  }

  private complete(): void {
    const { response, request } = this;
    if (request.fail && response.status >= 400)
      return this.fail(22, `The requested URL returned error: ${response.status}`, "ok");
    this.printBody();
    this.info(response.closes ? "Closing connection 0" : `Connection #0 to host ${request.host} left intact`);
    this.end(0, "ok");
  }

  private end(code: number, result: ClientResult | undefined): void {
    const { ctx, request, sock, remote, response } = this;
    const local = sock === undefined || sock.sport === 0 ? undefined : { addr: sock.saddr, port: sock.sport };
    sock?.close();
    if (request.output !== undefined && request.output !== "-" && code === 0)
      writeFile(ctx, request.output, this.outputText, false);
    if (request.writeOut !== undefined) {
      ctx.stdout(
        writeOutText(request.writeOut, {
          code,
          status: response.status,
          received: response.received,
          total: ctx.ns.world.now - this.startedAt,
          connect: this.isConnected ? this.connectedAt - this.startedAt : 0,
          local,
          remote,
          stderr: (text) => ctx.stderr(text),
        }),
      );
    }
    if (result === undefined) return this.task.exit(code);
    const outcome: ClientOutcome = {
      result,
      protocol: "tcp",
      remote,
      bytes: response.received,
      ...(this.request.source === undefined ? {} : { special: true }),
      ...(local === undefined ? {} : { local }),
    };
    this.task.exit(code, outcome);
  }

  private info(text: string): void {
    if (this.request.verbose) this.ctx.stderr(`* ${text}\n`);
  }
}

/** Header lines as -v shows them. */
function quoted(header: string, mark: string): string {
  const lines = header.replaceAll("\r", "").split("\n").slice(0, -1);
  return lines.map((line) => `${mark} ${line}\n`).join("");
}

function requestText(request: CurlRequest): string {
  const own = new Set(request.headers.map((header) => header.slice(0, header.indexOf(":")).toLowerCase()));
  const standard = [`Host: ${request.authority}`, `User-Agent: ${request.agent}`, "Accept: */*"].filter(
    (header) => !own.has(header.slice(0, header.indexOf(":")).toLowerCase()),
  );
  const lines = [`${request.method} ${request.path} HTTP/1.${request.http10 ? 0 : 1}`, ...standard, ...request.headers];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
