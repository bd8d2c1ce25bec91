// `ip rule show|add|del`.

import type { RuleSpec } from "@kubehop/netstack";
import { dumpRules, printRules } from "@kubehop/netstack";
import type { IpRun } from "./ip-context.ts";
import { change, printJson } from "./ip-context.ts";
import { ipProto } from "./route.ts";
import type { Words } from "./words.ts";
import { invalidArgument, IpUsageError, notModelled } from "./words.ts";

export function ruleShow(run: IpRun, words: Words): number {
  if (!words.done) throw notModelled(`the rule selector "${words.value()}"`);
  if (run.options.json) return printJson(run, dumpRules(run.ctx.ns));
  run.ctx.stdout(printRules(run.ctx.ns));
  return 0;
}

type Draft = { -readonly [K in keyof RuleSpec]: RuleSpec[K] };
type Setter = (draft: Draft, words: Words) => void;

const priority: Setter = (d, w) => (d.priority = w.number("preference"));
const table: Setter = (d, w) => (d.table = w.value());

const SETTERS: Readonly<Record<string, Setter>> = {
  not: (d) => (d.not = true),
  from: (d, w) => (d.from = w.value()),
  to: (d, w) => (d.to = w.value()),
  iif: (d, w) => (d.iif = w.value()),
  dev: (d, w) => (d.iif = w.value()),
  oif: (d, w) => (d.oif = w.value()),
  fwmark: markWords,
  tos: (d, w) => (d.tos = w.number("tos")),
  dsfield: (d, w) => (d.tos = w.number("tos")),
  ipproto: (d, w) => (d.ipproto = ipProto(w.value())),
  sport: (d, w) => (d.sport = portRange(w.value())),
  dport: (d, w) => (d.dport = portRange(w.value())),
  preference: priority,
  order: priority,
  pref: priority,
  priority,
  prio: priority,
  table,
  lookup: table,
  goto: (d, w) => {
    d.action = "goto";
    d.goto = w.number("goto");
  },
  nop: (d) => (d.action = "nop"),
  blackhole: (d) => (d.action = "blackhole"),
  unreachable: (d) => (d.action = "unreachable"),
  prohibit: (d) => (d.action = "prohibit"),
  suppress_prefixlength: (d, w) => (d.suppressPrefixlength = w.number("suppress_prefixlength")),
  sup_pl: (d, w) => (d.suppressPrefixlength = w.number("suppress_prefixlength")),
};

function markWords(draft: Draft, words: Words): void {
  const word = words.value();
  const match = /^(0x[0-9a-f]+|\d+)(?:\/(0x[0-9a-f]+|\d+))?$/i.exec(word);
  if (match === null) throw invalidArgument(word, "fwmark value is invalid");
  draft.fwmark = Number(match[1]);
  if (match[2] !== undefined) draft.fwmask = Number(match[2]);
}

function portRange(word: string): readonly [number, number] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(word);
  if (match === null) throw invalidArgument(word, "invalid port range");
  return [Number(match[1]), Number(match[2] ?? match[1])];
}

export function ruleChange(run: IpRun, op: "rule-add" | "rule-del", words: Words): number {
  const draft: Draft = {};
  if (words.done && op === "rule-del") throw new IpUsageError('"ip rule del" requires arguments.');
  while (!words.done) {
    const word = words.value();
    const set = Object.hasOwn(SETTERS, word) ? SETTERS[word] : undefined;
    if (set === undefined) throw notModelled(`the rule selector "${word}"`);
    set(draft, words);
  }
  return change(run, [{ op, ...draft }]);
}
