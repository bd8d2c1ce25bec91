// Columns of proofs: every thing of the page is asked of each check, and things that are proven alike share a row.
import { liveEvidence, RECORDED_DEVICES, RECORDED_SET_TYPES, RECORDED_SYSCTLS, XT_EVIDENCE } from "@kubehop/oracle";
import { codes, table } from "./markdown.ts";

/** A word of the page and what the checks call it: `matches tcp --dport`, `device vxlan ttl`, `sysctl net.ipv4.ip_forward`. */
export interface Word {
  readonly text: string;
  readonly thing: string;
}

export interface ProofColumn {
  readonly head: string;
  has(thing: string): boolean;
}

const RECORDED_THINGS: ReadonlySet<string> = new Set([
  ...recordedRules("packets"),
  ...RECORDED_DEVICES.map((kind) => `device ${kind}`),
  ...RECORDED_SET_TYPES.map((type) => `set ${type}`),
  ...RECORDED_SYSCTLS.map((name) => `sysctl ${name.replace(/(?<=\.(?:conf|neigh)\.)all(?=\.)/, "DEV")}`),
]);
const PRINTED_THINGS: ReadonlySet<string> = new Set(recordedRules("text"));

/** The recorded proofs of matches, targets and their options, under the names that live checks use. */
function recordedRules(proof: "packets" | "text"): string[] {
  return (["matches", "targets"] as const).flatMap((kind) =>
    Object.entries(XT_EVIDENCE[kind]).flatMap(([name, evidence]) => {
      const options = evidence[proof];
      return options === undefined ? [] : [`${kind} ${name}`, ...options.map((o) => `${kind} ${name} --${o}`)];
    }),
  );
}

export const RECORDED: ProofColumn = { head: "recorded", has: (thing) => RECORDED_THINGS.has(thing) };
export const LABS: ProofColumn = { head: "random labs", has: (thing) => liveEvidence("labs").has(thing) };
export const TOOL: ProofColumn = { head: "real tool", has: (thing) => PRINTED_THINGS.has(thing) };
export const ROUND_TRIP: ProofColumn = { head: "round trip", has: (thing) => liveEvidence("text").has(thing) };

/** Things of one owner, with a mark for each check that has them. */
export interface Owned {
  readonly owner: string;
  readonly words: readonly Word[];
}

function rowsOf({ owner, words }: Owned, columns: readonly ProofColumn[]): string[][] {
  const alike = new Map<string, { readonly texts: string[]; readonly marks: readonly string[] }>();
  for (const { text, thing } of words) {
    const marks = columns.map((column) => (column.has(thing) ? "✓" : "–"));
    const row = alike.get(marks.join()) ?? { texts: [], marks };
    row.texts.push(text);
    alike.set(marks.join(), row);
  }
  return [...alike.values()].map(({ texts, marks }) => [owner, texts.join(" "), ...marks]);
}

/** `names` are the heads of the two columns that say what is proven. */
export function proofTable(
  names: readonly [owner: string, words: string],
  owned: readonly Owned[],
  columns: readonly ProofColumn[],
): string {
  return table(
    [...names, ...columns.map(({ head }) => head)],
    owned.flatMap((one) => rowsOf(one, columns)),
  );
}

/** Words in code, each asked for under its own name behind `prefix`. */
export function wordsOf(prefix: string, names: readonly string[]): Word[] {
  return names.map((name) => ({ text: codes([name]), thing: `${prefix}${name}` }));
}
