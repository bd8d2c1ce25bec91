// -j LOG (net/netfilter/xt_LOG.c): a line in the kernel log.

import type { TargetExtension } from "../extension.ts";
import { logLine } from "../log-line.ts";
import { parseUint, saveString, truncateBytes } from "../syntax.ts";
import { XT_CONTINUE } from "../verdict.ts";
import { parameterError } from "../xt-error.ts";

/** Option, bit, in the order in which they are saved (XT_LOG_*). */
const FLAGS: readonly (readonly [string, number])[] = [
  ["log-tcp-sequence", 1],
  ["log-tcp-options", 2],
  ["log-ip-options", 4],
  ["log-uid", 8],
  ["log-macdecode", 32],
];
/** Words that --log-level takes, and those that a listing without -n prints. */
const LEVELS = ["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"];
const LISTED_LEVELS = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];
const DEFAULT_LEVEL = 4;
/** sizeof(prefix) without the final zero. */
const MAX_PREFIX = 29;

function parseLevel(text: string): number {
  const number = parseUint(text, 7);
  if (number !== undefined) return number;
  const at = LEVELS.indexOf(text === "panic" ? "emerg" : text);
  if (at < 0) throw parameterError(`log level "${text}" unknown\n`);
  return at;
}

export const logTarget: TargetExtension<{ readonly prefix: string; readonly level: number; readonly flags: number }> = {
  name: "LOG",
  options: [{ name: "log-prefix" }, { name: "log-level" }, ...FLAGS.map(([name]) => ({ name, args: 0 as const }))],
  parse(o) {
    if (o.value("log-prefix") === "") throw parameterError("Argument must have a minimum length of 1 characters\n");
    const level = o.value("log-level");
    return {
      prefix: truncateBytes(o.value("log-prefix") ?? "", MAX_PREFIX),
      level: level === undefined ? DEFAULT_LEVEL : parseLevel(level),
      flags: FLAGS.reduce((bits, [name, bit]) => (o.has(name) ? bits | bit : bits), 0),
    };
  },
  save(p) {
    const flags = FLAGS.filter(([, bit]) => (p.flags & bit) !== 0).map(([name]) => ` --${name}`);
    return `${p.prefix === "" ? "" : ` --log-prefix ${saveString(p.prefix)}`}${p.level === DEFAULT_LEVEL ? "" : ` --log-level ${p.level}`}${flags.join("")}`;
  },
  list(p, numeric) {
    const flags = FLAGS.filter(([, bit]) => (p.flags & bit) !== 0).map(([name]) => ` ${name.slice("log-".length)}`);
    const what = numeric ? `flags ${p.flags} level ${p.level}` : `level ${LISTED_LEVELS[p.level]}${flags.join("")}`;
    return `LOG ${what}${p.prefix === "" ? "" : ` prefix "${p.prefix}"`}`;
  },
  run(p, c) {
    c.ns.printk(p.prefix + logLine(c, p.flags));
    return XT_CONTINUE;
  },
};
