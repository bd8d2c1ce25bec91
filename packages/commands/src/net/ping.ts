// ping with the text of iputils 20221126. Answers of a virtual network take no time unless something waits, so round trips
// often read 0.000 ms.

import type { Ipv4, PingError, PingReply, PingSock, SockErrno } from "@kubehop/netstack";
import { formatIpv4, INADDR_ANY, pingOpen, SockError, strerror } from "@kubehop/netstack";
import type { ShellCommand, ShellContext } from "../context.ts";
import type { ClientOutcome } from "../outcome.ts";
import { ended, Task } from "../process.ts";
import { complain } from "../refuse.ts";
import { icmpErrorText } from "./icmp-text.ts";
import type { PingRequest } from "./ping-options.ts";
import { DEFAULT_SIZE, pingRequest } from "./ping-options.ts";
import { probeRoute } from "./probe-route.ts";

const HEADERS = 28;
/** From this payload size on there is room for the time stamp that round trips are measured by. */
const TIMED_SIZE = 16;

export const ping: ShellCommand = {
  name: "ping",
  summary: "echo requests",
  start(ctx, args) {
    const request = pingRequest(ctx, args);
    if (typeof request === "number") return ended(request);
    return new PingRun(ctx, request).begin();
  },
};

class PingRun {
  private readonly ctx: ShellContext;
  private readonly request: PingRequest;
  private readonly task = new Task();
  private sock: PingSock | undefined;
  private source: Ipv4 = INADDR_ANY;
  private readonly startedAt: number;
  /** Of the last request or answer. */
  private lastAt: number;
  private sent = 0;
  private errors = 0;
  private duplicates = 0;
  private pipe = 0;
  private readonly answered = new Set<number>();
  private readonly rtts: number[] = [];
  private unreachable = false;
  /** Why the last send failed, while its ICMP error (a local REJECT) may still come up. */
  private sendError: SockErrno | undefined;

  constructor(ctx: ShellContext, request: PingRequest) {
    this.ctx = ctx;
    this.request = request;
    this.startedAt = ctx.ns.world.now;
    this.lastAt = this.startedAt;
  }

  begin(): Task {
    const { ctx, request, task } = this;
    const refused = this.open();
    if (refused !== undefined) {
      task.exit(complain(ctx, refused, 2), {
        result: "unreachable",
        protocol: "icmp",
        remote: { addr: request.dst, port: 0 },
        bytes: 0,
      });
      return task;
    }
    const from =
      request.src === undefined && request.device === undefined
        ? ""
        : ` from ${formatIpv4(this.source)}${request.device === undefined ? " " : ` ${request.device}`}:`;
    ctx.stdout(
      `PING ${request.host} (${formatIpv4(request.dst === INADDR_ANY ? this.source : request.dst)})${from} ${request.size}(${request.size + HEADERS}) bytes of data.\n`,
    );
    task.onInterrupt = () => this.finish();
    if (request.deadline !== undefined) this.later(request.deadline, () => this.finish());
    this.sendNext();
    return task;
  }

  /** The complaint when ping cannot start. */
  private open(): string | undefined {
    const { ctx, request } = this;
    const { dst, device, src, size, ttl, tos, mark, pmtuDisc, broadcast } = request;
    if (device !== undefined && ctx.ns.devices.byName(device) === undefined)
      return `ping: SO_BINDTODEVICE ${device}: No such device`;
    try {
      this.sock = pingOpen(ctx.ns, {
        dst,
        size,
        tos,
        mark,
        pmtuDisc,
        broadcast,
        owner: "ping",
        ...(device === undefined ? {} : { device }),
        ...(src === undefined ? {} : { src }),
        ...(ttl === undefined ? {} : { ttl }),
        onReply: (reply) => this.reply(reply),
        onError: (error) => this.icmpError(error),
      });
    } catch (error) {
      if (error instanceof SockError) return `ping: ${error.message}`;
      throw error;
    }
    const errno = this.probe();
    if (errno === undefined) return undefined;
    this.sock.close();
    return errno === "EACCES"
      ? "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules"
      : `ping: connect: ${strerror(errno)}`;
  }

  /** ping first connects a UDP socket, to learn its source address. */
  private probe(): SockErrno | undefined {
    const path = probeRoute(this.ctx.ns, this.request);
    if (typeof path === "string") return path;
    this.source = path.saddr;
    return path.broadcast && !this.request.broadcast ? "EACCES" : undefined;
  }

  private sendNext(): void {
    const { request, sock, ctx } = this;
    if (this.task.exitCode !== undefined || sock === undefined) return;
    this.sent++;
    this.lastAt = ctx.ns.world.now;
    const errno = sock.send(this.sent & 0xffff);
    this.sendError = errno;
    if (errno !== undefined) this.localError(errno);
    if (request.count !== undefined && this.sent >= request.count) this.waitForLast();
    else this.later(request.interval, () => this.sendNext());
  }

  /** Only what lies in the error queue is printed and counted: a packet dropped by OUTPUT is missing without a word. */
  private localError(errno: SockErrno): void {
    const { ctx, request } = this;
    this.unreachable = true;
    if (errno !== "EMSGSIZE") return;
    this.errors++;
    const path = probeRoute(ctx.ns, request);
    ctx.stderr(`ping: local error: message too long, mtu=${typeof path === "string" ? "0" : path.mtu}\n`);
  }

  /** Everything is sent: done when all is answered, else after the waiting time (twice the longest round trip, at least an interval, once something came back). */
  private waitForLast(): void {
    const { request } = this;
    if (this.isSettled() && this.sendError !== undefined) return this.finish();
    const wait = this.rtts.length > 0 ? Math.max(2 * Math.max(...this.rtts), request.interval) : request.linger;
    this.later(wait, () => this.finish());
  }

  private isSettled(): boolean {
    return (
      this.request.count !== undefined &&
      this.sent >= this.request.count &&
      this.answered.size + this.errors >= this.request.count
    );
  }

  private reply({ seq, ttl, from, bytes, rtt }: PingReply): void {
    const { ctx, request } = this;
    const duplicate = this.answered.has(seq);
    this.acknowledge(seq);
    this.lastAt = ctx.ns.world.now;
    if (duplicate) this.duplicates++;
    else this.answered.add(seq);
    const timed = request.size >= TIMED_SIZE;
    if (timed) this.rtts.push(rtt);
    const time = timed ? ` time=${rttText(rtt)} ms` : "";
    if (!request.quiet)
      ctx.stdout(
        `${bytes.length + 8} bytes from ${formatIpv4(from)}: icmp_seq=${seq} ttl=${ttl}${time}${duplicate ? " (DUP!)" : ""}\n`,
      );
    if (this.isSettled()) this.finish();
  }

  private icmpError({ from, seq, type, code, info }: PingError): void {
    const { ctx, request } = this;
    this.acknowledge(seq);
    this.lastAt = ctx.ns.world.now;
    if (type === 5) {
      if (!request.quiet) ctx.stdout(`From ${formatIpv4(from)}: icmp_seq=${seq} ${icmpErrorText(type, code, info)}\n`);
      return;
    }
    this.errors++;
    this.unreachable = true;
    if (!request.quiet) ctx.stdout(`From ${formatIpv4(from)} icmp_seq=${seq} ${icmpErrorText(type, code, info)}\n`);
    if (!request.quiet && this.sendError !== undefined && seq === (this.sent & 0xffff))
      ctx.stderr(`ping: sendmsg: ${strerror(this.sendError)}\n`);
    if (this.isSettled()) this.finish();
  }

  /** Requests under way at once, as iputils counts its pipe. */
  private acknowledge(seq: number): void {
    this.pipe = Math.max(this.pipe, ((this.sent - seq) & 0xffff) + 1);
  }

  private later(ms: number, fn: () => void): void {
    const { clock } = this.ctx.ns.world;
    const timer = clock.schedule(ms, fn);
    this.task.onExit(() => clock.cancel(timer));
  }

  private finish(): void {
    const { ctx, request, sock } = this;
    const received = this.answered.size;
    const outcome: ClientOutcome = {
      result: received > 0 ? "ok" : this.unreachable ? "unreachable" : "timeout",
      protocol: "icmp",
      local: { addr: this.source, port: 0 },
      remote: { addr: request.dst, port: 0 },
      bytes: received * request.size,
      ...(isSpecial(request) ? { special: true } : {}),
    };
    ctx.stdout(this.statistics(received));
    sock?.close();
    const short = request.deadline !== undefined && request.count !== undefined && received < request.count;
    this.task.exit(received === 0 || short ? 1 : 0, outcome);
  }

  private statistics(received: number): string {
    const extra = `${this.duplicates > 0 ? `, +${this.duplicates} duplicates` : ""}${this.errors > 0 ? `, +${this.errors} errors` : ""}`;
    const loss = this.sent === 0 ? 0 : ((this.sent - received) * 100) / this.sent;
    const counts = `${this.sent} packets transmitted, ${received} received${extra}, ${Number(loss.toPrecision(6))}% packet loss, time ${Math.round(this.lastAt - this.startedAt)}ms`;
    const tail = [
      ...(this.rtts.length > 0 ? [`rtt min/avg/max/mdev = ${summary(this.rtts)} ms`] : []),
      ...(this.pipe > 1 ? [`pipe ${this.pipe}`] : []),
    ];
    return `\n--- ${this.request.host} ping statistics ---\n${counts}\n${tail.join(", ")}\n`;
  }
}

/** Milliseconds with three significant places behind the point, fewer for long times. */
function rttText(ms: number): string {
  if (ms >= 100) return String(Math.floor(ms));
  return ms.toFixed(ms >= 10 ? 1 : ms >= 1 ? 2 : 3);
}

function summary(rtts: readonly number[]): string {
  const mean = rtts.reduce((a, b) => a + b, 0) / rtts.length;
  const deviation = Math.sqrt(Math.max(0, rtts.reduce((sum, rtt) => sum + (rtt - mean) ** 2, 0) / rtts.length));
  return [Math.min(...rtts), mean, Math.max(...rtts), deviation].map((ms) => ms.toFixed(3)).join("/");
}

function isSpecial({ ttl, size, tos, mark, pmtuDisc, device }: PingRequest): boolean {
  return (
    ttl !== undefined || size !== DEFAULT_SIZE || tos !== 0 || mark !== 0 || pmtuDisc !== "want" || device !== undefined
  );
}
