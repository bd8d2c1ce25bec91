// What kinds of changes were tried: a search that finds nothing says where it has looked.

import type { Candidate } from "./candidate.ts";

/** Words for one and for several. */
type Words = readonly [one: string, several: string];

/** How a typed command begins; the first that fits counts. */
const COMMANDS: readonly (readonly [RegExp, Words])[] = [
  [/^iptables\S* (?:-t \S+ )?-P /, ["policy", "policies"]],
  [/^iptables/, ["rule", "rules"]],
  [/^ip route /, ["route", "routes"]],
  [/^ip neigh /, ["neighbour", "neighbours"]],
  [/^bridge fdb /, ["FDB entry", "FDB entries"]],
  [/^conntrack /, ["connection entry", "connection entries"]],
  [/^sysctl /, ["sysctl", "sysctls"]],
  [/^modprobe /, ["kernel module", "kernel modules"]],
  [/^bridge link /, ["bridge port", "bridge ports"]],
  [/^ip link /, ["MTU", "MTUs"]],
];

function wordsOf({ change, touches }: Candidate): Words {
  switch (change.kind) {
    case "typed":
      return COMMANDS.find(([begin]) => begin.test(change.command))?.[1] ?? ["other command", "other commands"];
    case "start":
      return ["agent", "agents"];
    case "field":
      return ["field of a manifest", "fields of manifests"];
    case "setting":
      return touches === "release" ? ["release", "releases"] : ["setting of the cluster", "settings of the cluster"];
  }
}

/** `12 rules, 1 route`, in the order in which they were first tried. */
export function sayKinds(tried: readonly Candidate[]): string {
  const counts = new Map<string, { readonly words: Words; readonly number: number }>();
  for (const candidate of tried) {
    const words = wordsOf(candidate);
    counts.set(words[1], { words, number: (counts.get(words[1])?.number ?? 0) + 1 });
  }
  return [...counts.values()]
    .map(({ words: [one, several], number }) => `${number} ${number === 1 ? one : several}`)
    .join(", ");
}
