// One random rule state in the text of iptables-restore: every table, policies, counters, user chains, rules of all kinds.

import { TABLE_HOOKS } from "../fuzz/rule-samples.ts";
import type { Hook, Table } from "../fuzz/rule-samples.ts";
import type { Draw, Place } from "./match-draws.ts";
import { MATCH_DRAWS } from "./match-draws.ts";
import { TARGET_DRAWS } from "./target-draws.ts";
import type { Words } from "./words.ts";

const PROTOCOLS = ["tcp", "tcp", "udp", "udp", "icmp", "sctp"];
const OTHER_PROTOCOLS = ["gre", "esp", "ah", "icmpv6", "ospf", "47", "255", "132", "253", "ipencap", "all", "udplite"];
/** What legacy demands in the same rule as TCPMSS. */
const SYN_MATCH = "-m tcp --tcp-flags SYN,RST SYN";
const CHAIN_NAMES = [
  "KUBE-SVC-NPX46M4PTMTKRN6Y",
  "a",
  "x.y_z",
  "DOCKER-USER",
  "twenty-eight-letters-exactly",
  "B:1",
  "0",
];

/** Both have an option --mark: behind the other one, no second use of the first can be written. */
function withoutClash(names: readonly string[]): readonly string[] {
  const first = names.find((name) => name === "mark" || name === "connmark");
  return names.filter((name) => name === first || (name !== "mark" && name !== "connmark"));
}

export interface RuleKit {
  /** Names that the tools of this machine take. */
  readonly matches: readonly string[];
  readonly targets: readonly string[];
}

interface UserChain {
  readonly name: string;
  readonly hooks: readonly Hook[];
}

function fits(draw: Draw | undefined, place: Place): boolean {
  if (draw === undefined) return false;
  if (draw.tables?.includes(place.table) === false) return false;
  if (draw.protocols !== undefined && !draw.protocols.includes(place.protocol ?? "")) return false;
  return place.hooks.every((hook) => draw.hooks?.includes(hook) !== false);
}

/** All tables, so that a restore of it leaves nothing of the state before. */
export function drawRuleState(w: Words, kit: RuleKit, kind: Place["kind"]): string {
  return (Object.keys(TABLE_HOOKS) as Table[]).map((table) => new TableWriter(w, kit, kind, table).text()).join("");
}

class TableWriter {
  readonly #w: Words;
  readonly #kit: RuleKit;
  readonly #kind: Place["kind"];
  readonly #table: Table;

  constructor(w: Words, kit: RuleKit, kind: Place["kind"], table: Table) {
    this.#kind = kind;
    this.#w = w;
    this.#kit = kit;
    this.#table = table;
  }

  text(): string {
    const w = this.#w;
    const hooks = TABLE_HOOKS[this.#table];
    const users = w
      .shuffled(CHAIN_NAMES)
      .slice(0, w.below(4))
      .map((name): UserChain => ({ name, hooks: w.several(hooks, 2) }));
    const bodies = [
      ...hooks.flatMap((hook) => this.#rules(hook, [hook], users, [0, 0, 1, 2, 3])),
      // Jumps lead to later chains only: no loops.
      ...users.flatMap((user, i) => this.#rules(user.name, user.hooks, users.slice(i + 1), [0, 1, 2])),
    ];
    // iptables-nft makes only the chains that it is told of.
    const isNamed = (hook: Hook): boolean =>
      this.#kind === "legacy" || w.chance(0.8) || bodies.some((line) => line.includes(` -A ${hook}`));
    const heads = hooks.filter(isNamed).map((hook) => `:${hook} ${this.#policy()} ${w.counters()}`);
    const names = users.map(({ name }) => `:${name} - [0:0]`);
    return `*${this.#table}\n${[...heads, ...names, ...bodies].join("\n")}\nCOMMIT\n`;
  }

  #policy(): string {
    return this.#table !== "nat" && this.#w.chance(0.2) ? "DROP" : "ACCEPT";
  }

  #rules(chain: string, hooks: readonly Hook[], below: readonly UserChain[], counts: readonly number[]): string[] {
    const reachable = below.filter((user) => hooks.every((hook) => user.hooks.includes(hook)));
    return Array.from({ length: this.#w.pick(counts) }, () => {
      const rule = this.#rule(hooks, reachable);
      return `${this.#w.counters()} -A ${chain}${rule === "" ? "" : ` ${rule}`}`;
    });
  }

  #rule(hooks: readonly Hook[], chains: readonly UserChain[]): string {
    const w = this.#w;
    const head = this.#protocol();
    const place: Place = { kind: this.#kind, table: this.#table, hooks, protocol: head.protocol };
    const target = w.chance(0.05) ? null : this.#target(place, chains);
    const matches = this.#matches(place, target?.needsSyn === true);
    // Conditions of the head may stand between matches.
    const front = [...this.#head(hooks), head.words].filter((word) => word !== "");
    return [...w.shuffled(front), ...matches, target?.words ?? ""].filter((word) => word !== "").join(" ");
  }

  #protocol(): { readonly protocol: string | null; readonly words: string } {
    const w = this.#w;
    if (w.chance(0.3)) return { protocol: null, words: "" };
    if (w.chance(0.75)) {
      const protocol = w.pick(PROTOCOLS);
      return { protocol, words: `-p ${protocol}` };
    }
    const other = w.pick([...OTHER_PROTOCOLS, ...PROTOCOLS]);
    return { protocol: null, words: `${other === "all" ? "" : w.bang()}-p ${other}` };
  }

  #head(hooks: readonly Hook[]): string[] {
    const w = this.#w;
    const words: string[] = [];
    if (w.chance(0.05)) words.push(`-s ${w.network()}`, `-d ${w.network()},${w.network()}`);
    else {
      if (w.chance(0.35)) words.push(`${w.bang()}-s ${w.network()}`);
      if (w.chance(0.35)) words.push(`${w.bang()}-d ${w.network()}`);
    }
    if (w.chance(0.2) && !hooks.some((h) => h === "OUTPUT" || h === "POSTROUTING")) words.push(w.devicePattern("-i"));
    if (w.chance(0.2) && !hooks.some((h) => h === "PREROUTING" || h === "INPUT")) words.push(w.devicePattern("-o"));
    if (w.chance(0.1)) words.push(`${w.bang()}-f`);
    return words;
  }

  #matches(place: Place, syn: boolean): string[] {
    const w = this.#w;
    const names = this.#kit.matches.filter((name) => fits(MATCH_DRAWS[name], place));
    const chosen = Array.from({ length: w.pick([0, 1, 1, 1, 2, 3]) }, () => w.pick(names));
    const words = withoutClash(chosen).map((name) => `-m ${name} ${MATCH_DRAWS[name]?.words(w, place) ?? ""}`);
    return syn ? [SYN_MATCH, ...words] : words;
  }

  #target(place: Place, chains: readonly UserChain[]): { readonly words: string; readonly needsSyn: boolean } {
    const w = this.#w;
    if (chains.length > 0 && w.chance(0.3))
      return { words: `${w.pick(["-j", "-j", "-g"])} ${w.pick(chains).name}`, needsSyn: false };
    const name = w.pick(this.#kit.targets.filter((one) => fits(TARGET_DRAWS[one], place)));
    const words = `-j ${name} ${TARGET_DRAWS[name]?.words(w, place) ?? ""}`.trim();
    return { words, needsSyn: name === "TCPMSS" };
  }
}
