// tcpdump: frames of a device as text, until interrupted or -c is reached. Addresses and ports are always numeric (-n); virtual
// time 0 is midnight.

import type { NetDevice, Tap } from "@kubehop/netstack";
import { packetTap, TcpdumpPrinter, tcpdumpTap } from "@kubehop/netstack";
import type { ShellCommand, ShellContext } from "../context.ts";
import { lookup } from "../net/names.ts";
import type { Options } from "../options.ts";
import { isOptionError, lastValue, parseOptions } from "../options.ts";
import { ended, Task } from "../process.ts";
import { complain, refuse } from "../refuse.ts";
import { compileFilter } from "./filter.ts";
import type { FrameFilter } from "./filter.ts";
import { FilterError, FilterNotModelled } from "./filter-lex.ts";

export const TCPDUMP_SPEC = {
  short: "i:nevqc:tlUpSs:Q:",
  long: { "interface=": "i", "direction=": "Q" },
  refusedShort: "AbBCdDEfFGHIjJKLmMNOrRTuVwWxXyYzZ#",
  stopAtOperand: true,
};
const SNAPLEN = 262144;
const TIME_FORMS = ["clock", "none", "epoch", "none", "date"] as const;

export const tcpdump: ShellCommand = {
  name: "tcpdump",
  summary: "frames of a device as text",
  start(ctx, args) {
    const options = parseOptions(TCPDUMP_SPEC, args);
    if (isOptionError(options)) {
      if (options.error === "refused") return ended(refuse(ctx, "tcpdump", `option ${options.option}`));
      const what = options.error === "value" ? "option requires an argument" : "invalid option";
      return ended(complain(ctx, `tcpdump: ${what} -- '${options.option.replace(/^-+/, "")}'`, 1));
    }
    const devices = chosenDevices(ctx, lastValue(options, "i"));
    if (typeof devices === "number") return ended(devices);
    const count = Number(lastValue(options, "c") ?? Number.POSITIVE_INFINITY);
    if (!(count > 0)) return ended(complain(ctx, `tcpdump: invalid packet count ${lastValue(options, "c") ?? ""}`, 1));
    try {
      const filter = compileFilter(options.operands.join(" "), (name) => lookup(ctx, name));
      return capture(ctx, options, devices, filter, count);
    } catch (error) {
      if (error instanceof FilterNotModelled) ctx.refuse(`tcpdump: ${error.message}`);
      if (error instanceof FilterError) return ended(complain(ctx, `tcpdump: ${error.message}`, 1));
      throw error;
    }
  },
};

/** The devices to listen on, or the exit code after a complaint. */
function chosenDevices(ctx: ShellContext, name: string | undefined): NetDevice[] | number {
  const all = ctx.ns.devices.list();
  if (name === "any") return [...all];
  const dev =
    name === undefined ? (all.find((d) => d.up && d.kind !== "loopback") ?? ctx.ns.lo) : ctx.ns.devices.byName(name);
  if (dev === undefined)
    return complain(ctx, `tcpdump: ${name ?? ""}: No such device exists\n(No such device exists)`, 1);
  if (!dev.up) return complain(ctx, `tcpdump: ${dev.name}: That device is not up`, 1);
  return [dev];
}

function capture(
  ctx: ShellContext,
  options: Options,
  devices: readonly NetDevice[],
  filter: FrameFilter,
  count: number,
): Task {
  const has = (key: string): boolean => options.values.has(key);
  const times = (key: string): number => options.values.get(key)?.length ?? 0;
  const any = lastValue(options, "i") === "any";
  const task = new Task();
  let seen = 0;
  const finish = (interrupted: boolean): void => {
    ctx.stderr(
      `${interrupted ? "\n" : ""}${packets(seen)} captured\n${packets(seen)} received by filter\n0 packets dropped by kernel\n`,
    );
    task.exit(0);
  };
  const printer = new TcpdumpPrinter({
    e: has("e"),
    v: times("v"),
    q: has("q"),
    S: has("S"),
    time: TIME_FORMS[times("t")] ?? "clock",
  });
  const print = tcpdumpTap(printer, any, (text) => ctx.stdout(`${text}\n`));
  const direction = lastValue(options, "Q") ?? "inout";
  const tap: Tap = (frame) => {
    if (task.exitCode !== undefined || (direction !== "inout" && frame.out !== (direction === "out"))) return;
    if (!filter(frame.pkt.bytes(frame.pkt.mac))) return;
    seen++;
    print(frame);
    if (seen >= count) finish(false);
  };
  announce(ctx, times("v"), any ? "any" : (devices[0]?.name ?? ""), any);
  for (const dev of devices) task.onExit(packetTap(dev, tap, !any && !has("p")));
  task.onInterrupt = () => finish(true);
  return task;
}

function announce(ctx: ShellContext, verbosity: number, name: string, any: boolean): void {
  if (any) ctx.stderr("tcpdump: data link type LINUX_SLL2\n");
  const type = any ? "LINUX_SLL2 (Linux cooked v2)" : "EN10MB (Ethernet)";
  const listening = `listening on ${name}, link-type ${type}, snapshot length ${SNAPLEN} bytes\n`;
  const hint = "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n";
  ctx.stderr(verbosity === 0 ? hint + listening : `tcpdump: ${listening}`);
}

function packets(n: number): string {
  return `${n} packet${n === 1 ? "" : "s"}`;
}
