// Random rule sets in the text of iptables-restore, from the samples that both kernels have.

import type { Kernel } from "../live/kernel.ts";
import type { Chooser } from "./choose.ts";
import { MATCHES, PROTOCOL_WORDS, PROTOCOLS, TABLE_HOOKS, TARGETS } from "./rule-samples.ts";
import type { Hook, MatchSample, Table, TargetSample } from "./rule-samples.ts";
import { setReference } from "./sets.ts";
import type { DrawnSet } from "./sets.ts";
import type { FuzzLab } from "./topology.ts";

/** Samples that survived the look at what the kernels have, each text repeated by its weight. */
export interface RuleKit {
  readonly matches: readonly MatchSample[];
  readonly targets: readonly TargetSample[];
  /** Words that were left out, with the refusal. */
  readonly refused: readonly string[];
}

const PROBE = "probe";
const PROBE_SET = { name: "probe", type: "hash:ip", dimension: 1 } as const;

/** Ask both kernels for each sample once; a namespace `probe` is made and taken down again. */
export function ruleKit(kernels: readonly Kernel[]): RuleKit {
  const refused: string[] = [];
  for (const kernel of kernels) {
    kernel.addNamespaces([PROBE]);
    // A kernel without sets says so when rules with them are tried.
    kernel.apply(PROBE, { agent: "verify", ops: [{ op: "ipset", args: ["create", PROBE_SET.name, PROBE_SET.type] }] });
  }
  const accepted = (sample: MatchSample | TargetSample, rule: (text: string) => string): string[] =>
    sample.texts.filter((text) => {
      const [table, hook] = placeOf(sample);
      const body = resolveNames(rule(text), PROBE_NAMES);
      const error = refusal(kernels, `*${table}\n-A ${hook} ${protocolOf(sample)} ${body}\nCOMMIT\n`);
      if (error !== null) refused.push(`${text}: ${error}`);
      return error === null;
    });
  const matches = MATCHES.map((m) => ({ ...m, texts: accepted(m, (text) => text) }));
  const targets = TARGETS.map((t) => ({ ...t, texts: accepted(t, (text) => text) }));
  for (const kernel of kernels) kernel.clear();
  return { matches: weighted(matches), targets: weighted(targets), refused };
}

const PROBE_NAMES = {
  hosts: ["10.1.0.2"],
  routers: ["10.1.0.1"],
  any: ["10.9.9.9"],
  devices: ["eth0"],
  sets: [PROBE_SET],
};

function placeOf(sample: MatchSample): [Table, Hook] {
  const tables: readonly Table[] = sample.tables ?? ["filter", "mangle"];
  for (const table of tables)
    for (const hook of TABLE_HOOKS[table]) if (sample.hooks?.includes(hook) !== false) return [table, hook];
  throw new Error(`no place for ${sample.texts.join(" or ")}`);
}

function protocolOf(sample: MatchSample): string {
  const first = sample.protocols?.[0];
  return first === undefined ? "" : (PROTOCOL_WORDS[first] ?? `-p ${first}`);
}

function refusal(kernels: readonly Kernel[], text: string): string | null {
  for (const kernel of kernels) {
    const op = { op: "iptables-restore", text, test: true, backend: "legacy" } as const;
    const error = kernel.apply(PROBE, { agent: "verify", ops: [op] });
    if (error !== null) return `${kernel.title}: ${error.message.split("\n", 1)[0]}`;
  }
  return null;
}

function weighted<T extends MatchSample>(samples: readonly T[]): T[] {
  return samples.filter((s) => s.texts.length > 0).flatMap((s) => Array.from({ length: s.weight ?? 1 }, () => s));
}

interface Names {
  readonly hosts: readonly string[];
  readonly routers: readonly string[];
  readonly any: readonly string[];
  readonly devices: readonly string[];
  readonly sets: readonly DrawnSet[];
}

function resolveNames(
  text: string,
  names: Names,
  pick: <T>(items: readonly T[]) => T = (items) => items[0] as never,
): string {
  return text
    .replaceAll("@host", () => pick(names.hosts))
    .replaceAll("@router", () => pick(names.routers))
    .replaceAll("@any", () => pick(names.any))
    .replaceAll("@dev", () => pick(names.devices))
    .replaceAll("@set", () => setReference(names.sets, pick));
}

/** One rule set: every table, user chains below the hooks, jumps only downwards. */
export class RuleWriter {
  readonly #c: Chooser;
  readonly #kit: RuleKit;
  readonly #names: Names;

  constructor(chooser: Chooser, kit: RuleKit, lab: FuzzLab, sets: readonly DrawnSet[]) {
    this.#c = chooser;
    const possible = ({ texts }: MatchSample): boolean => sets.length > 0 || texts[0]?.includes("@set") !== true;
    this.#kit = { ...kit, matches: kit.matches.filter(possible), targets: kit.targets.filter(possible) };
    const routers = lab.routerIps;
    const hosts = lab.hosts.map((h) => h.ip);
    this.#names = { hosts, routers, any: [...routers, ...hosts, ...lab.emptyIps], devices: lab.devices, sets };
  }

  text(): string {
    return (Object.keys(TABLE_HOOKS) as Table[]).map((table) => this.#table(table)).join("");
  }

  #table(table: Table): string {
    const hooks = TABLE_HOOKS[table];
    const lines = hooks.map((hook) => `:${hook} ${this.#policy(table)} [0:0]`);
    const rules: string[] = [];
    for (const hook of hooks) {
      const users = Array.from({ length: this.#c.below(3) }, (_, i) => `${hook.slice(0, 3)}${i}`);
      lines.push(...users.map((user) => `:${user} - [0:0]`));
      [hook, ...users].forEach((chain, depth) => {
        const count = depth === 0 ? this.#c.pick([0, 0, 1, 2, 3]) : this.#c.pick([1, 2]);
        for (let i = 0; i < count; i++) rules.push(`-A ${chain} ${this.#rule(table, hook, users.slice(depth))}`);
      });
    }
    return `*${table}\n${[...lines, ...rules].join("\n")}\nCOMMIT\n`;
  }

  #policy(table: Table): string {
    return table === "filter" && this.#c.chance(0.08) ? "DROP" : "ACCEPT";
  }

  #rule(table: Table, hook: Hook, users: readonly string[]): string {
    if (users.length > 0 && this.#c.chance(0.35))
      return `${this.#conditions(table, hook, null)} ${this.#c.pick(["-j", "-j", "-g"])} ${this.#c.pick(users)}`.trim();
    const target = this.#c.pick(this.#kit.targets.filter((t) => fits(t, table, hook)));
    const protocol = target.protocols === undefined ? null : this.#c.pick(target.protocols);
    return `${this.#conditions(table, hook, protocol)} ${this.#resolved(this.#c.pick(target.texts))}`.trim();
  }

  /** Conditions; `protocol` is what the target insists on. */
  #conditions(table: Table, hook: Hook, protocol: string | null): string {
    const chosen = protocol ?? (this.#c.chance(0.5) ? this.#c.pick(PROTOCOLS) : null);
    const words = this.#protocolWords(chosen, protocol !== null);
    const plain = words.startsWith("!") || chosen === null ? null : chosen;
    const count = this.#c.pick([0, 0, 1, 1, 2]);
    const fitting = this.#kit.matches.filter((m) => fits(m, table, hook) && goesWith(m, plain));
    // -s, -d, -i and -o come first in the text, as iptables-save has them; they may also come anywhere, but once only.
    const picked: MatchSample[] = [];
    for (let i = 0; i < count; i++) {
      const sample = this.#c.pick(fitting);
      if (sample.texts[0]?.startsWith("-m ") === true || !picked.includes(sample)) picked.push(sample);
    }
    const texts = picked.map((m) => this.#resolved(this.#c.pick(m.texts)));
    return [words, ...texts].filter((text) => text !== "").join(" ");
  }

  #protocolWords(protocol: string | null, needed: boolean): string {
    if (protocol === null) return "";
    const special = PROTOCOL_WORDS[protocol];
    if (special !== undefined) return special;
    return !needed && this.#c.chance(0.1) ? `! -p ${protocol}` : `-p ${protocol}`;
  }

  #resolved(text: string): string {
    return resolveNames(text, this.#names, (items) => this.#c.pick(items));
  }
}

function fits(sample: MatchSample, table: Table, hook: Hook): boolean {
  return sample.tables?.includes(table) !== false && sample.hooks?.includes(hook) !== false;
}

function goesWith(match: MatchSample, protocol: string | null): boolean {
  return match.protocols === undefined || (protocol !== null && match.protocols.includes(protocol));
}
