// Golden text: blanks collapse, masks hide what no two runs share, rows compare as sets. What is hidden is named in the scenario.
import type { IgnoreName } from "../model/expect-spec.ts";

/** A mask: lines it takes out whole, and texts it replaces by a star. */
interface Mask {
  readonly dropLine?: RegExp;
  readonly replace?: readonly (readonly [pattern: RegExp, by: string])[];
}

/** `iptables -vnL` begins a rule's row with two counters; 1234K and 12M are counters too. */
const COUNTER = String.raw`\d+[KMGT]?`;

const MASKS: Readonly<Record<IgnoreName, Mask>> = {
  pkts: {
    replace: [
      [new RegExp(`^(\\s*)${COUNTER}(?=\\s+(?:${COUNTER}|\\*)\\s+\\S)`), "$1*"],
      [/\b\d+[KMGT]? packets/g, "* packets"],
    ],
  },
  bytes: {
    replace: [
      [new RegExp(`^(\\s*(?:${COUNTER}|\\*)\\s+)${COUNTER}(?=\\s+\\S)`), "$1*"],
      [/\b\d+[KMGT]? bytes/g, "* bytes"],
    ],
  },
  age: { replace: [[/\b(?:\d+[dhms])+\b/g, "*"]] },
  timers: {
    replace: [
      [/\b(\w+_timer)\s+-?\d+(?:\.\d+)?/g, "$1 *"],
      [/\b(valid_lft|preferred_lft) \S+/g, "$1 *"],
      [/^((?:tcp|udp|icmp|sctp|gre|unknown)\s+\d+\s+)\d+/, "$1*"],
      [/\bused \d+(?:\/\d+)*/g, "used *"],
    ],
  },
  inet6: { dropLine: /^\s*inet6\b/ },
  nud: { replace: [[/\b(?:INCOMPLETE|REACHABLE|STALE|DELAY|PROBE|FAILED)\b/g, "*"]] },
  ids: {
    replace: [
      [/\b(sport|dport|id)=\d+/g, "$1=*"],
      [/\b(id|seq|ack|ecr|val) \d+(?::\d+)?/g, "$1 *"],
      [/\b(use|zone)=\d+/g, "$1=*"],
      [/(\d+\.\d+\.\d+\.\d+\.)(?:3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[4-6]\d{4})\b/g, "$1*"],
    ],
  },
};

/** Lines ready to compare: masked, runs of blanks as one, ends trimmed, empty lines left out. */
export function normaliseLines(text: string, ignore: readonly IgnoreName[]): string[] {
  return text.split("\n").flatMap((line) => {
    const masked = maskLine(line, ignore);
    const plain = masked?.replaceAll(/\s+/g, " ").trim();
    return plain === undefined || plain === "" ? [] : [plain];
  });
}

function maskLine(line: string, ignore: readonly IgnoreName[]): string | undefined {
  let out = line;
  for (const name of ignore) {
    const { dropLine, replace = [] } = MASKS[name];
    if (dropLine?.test(out) === true) return undefined;
    for (const [pattern, by] of replace) out = out.replace(pattern, by);
  }
  return out;
}

/** Rows one side has and the other lacks, counting repeats. */
export function diffRows(wanted: readonly string[], found: readonly string[]): { missing: string[]; extra: string[] } {
  const left = new Map<string, number>();
  for (const row of found) left.set(row, (left.get(row) ?? 0) + 1);
  const missing = wanted.filter((row) => !take(left, row));
  const extra = [...left].flatMap(([row, count]) => Array.from({ length: count }, () => row));
  return { missing, extra };
}

function take(left: Map<string, number>, row: string): boolean {
  const count = left.get(row) ?? 0;
  if (count === 0) return false;
  if (count === 1) left.delete(row);
  else left.set(row, count - 1);
  return true;
}

/** The first line at which two texts part, as `expected`/`found` lines for a report; empty when they are equal. */
export function firstDifference(wanted: readonly string[], found: readonly string[]): string[] {
  const length = Math.max(wanted.length, found.length);
  for (let i = 0; i < length; i++) {
    if (wanted[i] === found[i]) continue;
    return [`line ${i + 1}`, `  expected  ${wanted[i] ?? "(nothing)"}`, `  found     ${found[i] ?? "(nothing)"}`];
  }
  return [];
}
