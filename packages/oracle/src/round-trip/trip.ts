// The way of one state: our restore, our save, the real restore, the real save, and ours again.

import { ipsetCommand, NetNamespace, World } from "@kubehop/netstack";
import { TABLE_HOOKS } from "../fuzz/rule-samples.ts";
import type { AgentCommand, RealKernel } from "../live/real-kernel.ts";
import type { LinePair } from "./compare-text.ts";
import { compareLines, compareSets, ruleLines } from "./compare-text.ts";
import { RULE_SETS } from "./match-draws.ts";

export type StateKind = "legacy" | "nft" | "ipset";

export interface StateText {
  readonly kind: StateKind;
  /** What was drawn, as the restore programs take it. */
  readonly text: string;
}

export interface TextDifference extends LinePair {
  readonly step: "what was drawn" | "what ours saved" | "what the real one saved";
}

/** Neither kernel takes it: the words of the real program. */
export interface RefusedByBoth {
  readonly step: "refused by both";
  readonly real: string;
}

/** What a restore and a save behind it said. */
interface Loaded {
  /** Empty when it was refused. */
  readonly saved: string;
  readonly error: string;
}

/** Each kind has its own, so that none meets what another left behind; several, as nf_tables waits more than it works. */
const NAMESPACES: Readonly<Record<StateKind, readonly string[]>> = {
  // One lock is for all of legacy.
  legacy: ["legacy"],
  nft: ["nft1", "nft2", "nft3", "nft4"],
  ipset: ["sets1", "sets2"],
};
const TABLES = Object.keys(TABLE_HOOKS);
const EMPTY_TABLES = TABLES.map((table) => `*${table}\nCOMMIT\n`).join("");
const SETS_FOR_RULES = RULE_SETS.map((name) => `create ${name} hash:ip timeout 0 counters\n`).join("");

/** Namespaces of the real kernel; the order in which legacy tables are loaded is the order in which they are listed. */
export function prepare(real: RealKernel): void {
  real.addNamespaces(Object.values(NAMESPACES).flat());
  for (const kind of ["legacy", "nft"] as const)
    for (const ns of NAMESPACES[kind]) {
      real.run({ ns, argv: ["ipset", "restore"], stdin: SETS_FOR_RULES });
      real.run({ ns, argv: [`iptables-${kind}-restore`], stdin: EMPTY_TABLES });
    }
}

/** Restores a text, saves what became of it. */
function loadCommand({ kind, text }: StateText, index: number): AgentCommand {
  const script =
    kind === "ipset"
      ? "ipset flush; ipset destroy; ipset restore -exist && ipset save"
      : `iptables-${kind}-restore -c && iptables-${kind}-save -c`;
  const all = NAMESPACES[kind];
  return { ns: all[index % all.length] as string, argv: ["sh", "-c", script], stdin: text };
}

export function loadReal(real: RealKernel, states: readonly StateText[]): readonly Loaded[] {
  const counts = { legacy: 0, nft: 0, ipset: 0 };
  const commands = states.map((state) => loadCommand(state, counts[state.kind]++));
  return real
    .runApart(commands)
    .map(([exit, saved, error]) => (exit === 0 ? { saved, error: "" } : { saved: "", error: error.trim() }));
}

export function loadOurs({ kind, text }: StateText): Loaded {
  const ns = new NetNamespace(new World(1), "trip");
  if (kind === "ipset") {
    const { stderr, exit } = ipsetCommand(ns, ["restore", "-exist"], text);
    return exit === 0 ? { saved: ipsetCommand(ns, ["save"]).stdout, error: "" } : { saved: "", error: stderr.trim() };
  }
  ipsetCommand(ns, ["restore"], SETS_FOR_RULES);
  const backend = ns.xt.backend(kind);
  backend.restore(EMPTY_TABLES);
  const error = backend.restore(text, { counters: true });
  return error === null ? { saved: backend.save({ counters: true }), error: "" } : { saved: "", error: error.message };
}

/** Tables that nft does not have are not saved: named, they are taken away from the namespace, which had another state before. */
function withAllTables(kind: StateKind, text: string): string {
  if (kind === "ipset") return text;
  const absent = TABLES.filter((table) => !text.includes(`*${table}\n`));
  return absent.map((table) => `*${table}\nCOMMIT\n`).join("") + text;
}

/** For each state null when it came back as it went. */
export function tripAll(
  real: RealKernel,
  states: readonly StateText[],
): readonly (TextDifference | RefusedByBoth | null)[] {
  const ours = states.map(loadOurs);
  // Nothing is saved of what we refused: there the real programs are asked about what was drawn alone.
  const saved = states.map((state, i) => ({ ...state, text: withAllTables(state.kind, ours[i]?.saved ?? "") }));
  const loaded = loadReal(real, [...states, ...saved]);
  return states.map(({ kind }, i) => {
    const [mine, ofDrawn, ofSaved] = [ours[i], loaded[i], loaded[i + states.length]];
    if (mine === undefined || ofDrawn === undefined || ofSaved === undefined) throw new Error("an answer is missing");
    if (mine.error !== "" && ofDrawn.error !== "") return { step: "refused by both", real: ofDrawn.error };
    return (
      compareLoaded("what was drawn", kind, ofDrawn, mine) ??
      compareLoaded("what ours saved", kind, ofSaved, mine) ??
      compareLoaded("what the real one saved", kind, ofSaved, loadOurs({ kind, text: ofSaved.saved }))
    );
  });
}

function compareLoaded(
  step: TextDifference["step"],
  kind: StateKind,
  real: Loaded,
  ours: Loaded,
): TextDifference | null {
  if (real.error !== "" || ours.error !== "")
    return { step, real: real.error || "accepted", ours: ours.error || "accepted" };
  const pair =
    kind === "ipset"
      ? compareSets(real.saved, ours.saved, { initval: step !== "what was drawn" })
      : compareLines(ruleLines(real.saved), ruleLines(ours.saved));
  return pair === null ? null : { step, ...pair };
}
